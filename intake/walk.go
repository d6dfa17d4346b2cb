package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/internal/atomicfile"
)

// file is one that a scan has come across.
type file struct {
	path string // as it can be opened
	rel  string // relative to its input, with slashes
	err  error  // why it, or the folder, can't be looked at
	dir  bool   // a folder, or another thing whose error is said whatever its name claims
	said bool   // a user named it
}

// walk lists the files of the inputs, of archives and of a DICOMDIR among them, sorted by input and relative path. Links to files and folders are
// followed; a folder that was seen already is not entered again. Names that start with a dot, and
// unfinished writes, are passed over.
func walk(ctx context.Context, inputs, skip []string) ([]file, error) {
	w := walker{seen: map[string]bool{}}
	for _, s := range skip {
		if real, err := filepath.EvalSymlinks(s); err == nil {
			if abs, err := filepath.Abs(real); err == nil {
				w.seen[abs] = true
			}
		}
	}
	for _, in := range inputs {
		info, err := os.Stat(in)
		if err != nil && archive.Exists(in) { // a member of an archive
			w.add(in, filepath.Base(in))
			w.files[len(w.files)-1].said = true
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("intake: input: %w", err)
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("intake: input: %s: want a file or a folder, got a device or a pipe", in)
		}
		start := len(w.files)
		if !info.IsDir() && archive.Is(in) {
			w.archive(in, "")
		} else if !info.IsDir() {
			if !w.directory(in) {
				w.add(in, filepath.Base(in))
			}
			if len(w.files) == start+1 {
				w.files[start].said = true
			}
		} else if err := w.folder(ctx, in, ""); err != nil {
			return nil, err
		}
		slices.SortStableFunc(w.files[start:], func(a, b file) int { return strings.Compare(a.rel, b.rel) })
	}
	return w.files, nil
}

type walker struct {
	files []file
	seen  map[string]bool // real paths of folders and of files
}

func (w *walker) folder(ctx context.Context, dir, rel string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		w.files = append(w.files, file{path: dir, rel: rel, err: err, dir: true})
		return nil
	}
	if w.seen[real] {
		return nil
	}
	w.seen[real] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		w.files = append(w.files, file{path: dir, rel: rel, err: err, dir: true})
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || atomicfile.IsTemp(name) {
			continue
		}
		path := filepath.Join(dir, name)
		sub := name
		if rel != "" {
			sub = rel + "/" + name
		}
		mode := e.Type()
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(path)
			if err != nil {
				w.files = append(w.files, file{path: path, rel: sub, err: broken(err)})
				continue
			}
			mode = info.Mode().Type()
		}
		switch {
		case mode.IsDir():
			if err := w.folder(ctx, path, sub); err != nil {
				return err
			}
		case mode.IsRegular() && packed(name) && archive.Is(path):
			w.archive(path, sub)
		case mode.IsRegular():
			w.add(path, sub)
		}
	}
	return nil
}

// add takes a file once, even where two inputs or a link lead to it.
func (w *walker) add(path, rel string) {
	real := path
	if r, err := filepath.EvalSymlinks(path); err == nil {
		real = r
	}
	if abs, err := filepath.Abs(real); err == nil {
		real = abs
	}
	if w.seen[real] {
		return
	}
	w.seen[real] = true
	w.files = append(w.files, file{path: path, rel: rel})
}

func broken(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("a link that leads nowhere")
	}
	return err
}
