package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caliper-imaging/caliper/internal/inflate"
)

// Limits that an archive is held to before anything of it is unpacked. DEFLATE packs at most 1,032 bytes
// into one.
const (
	maxMembers  = 1 << 20
	maxRatio    = 1100
	maxUnpacked = 1 << 38 // of a member
)

// spoolable is how many bytes a gzipped tar of a length may unpack to on disk: more than images come to.
func spoolable(packed int64) int64 { return 64*packed + 1<<30 }

// Entry is a regular file in an archive.
type Entry struct {
	Name string // with slashes, relative
	Size int64
	Err  error // why it can't be read: a name that leads out of the archive, encryption …

	offset, packed int64 // where its bytes lie
	method         uint16
	crc            uint32
}

// index lists an archive.
type index struct {
	members map[string]Entry
	order   []Entry // by name
	spooled *os.File
	when    time.Time
	size    int64
}

// indices remembers the archives that were used last, so that opening one member after another does not read
// the list of all of them each time. What it holds never differs from what would be read anew.
var indices struct {
	sync.Mutex
	known map[string]*index
	order []string
}

const remembered = 8

// Is says whether a file is an archive that Members reads, by its name and first bytes.
func Is(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return false
	}
	kind, err := kind(f, name)
	return err == nil && kind != ""
}

// kind is zip, tar, tar.gz or "".
func kind(f io.ReaderAt, name string) (string, error) {
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = head[:n]
	lower := strings.ToLower(name)
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		if strings.HasSuffix(lower, ".npz") {
			return "", nil
		}
		return "zip", nil
	case len(head) == 512 && string(head[257:262]) == "ustar":
		return "tar", nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}) && (strings.HasSuffix(lower, ".tar.gz") || strings.HasSuffix(lower, ".tgz")):
		return "tar.gz", nil
	}
	return "", nil
}

// Members lists the regular files in an archive by name.
func Members(name string) ([]Entry, error) {
	x, err := indexOf(name)
	if err != nil {
		return nil, err
	}
	return x.order, nil
}

func indexOf(name string) (*index, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	indices.Lock()
	defer indices.Unlock()
	if x := indices.known[name]; x != nil && x.size == info.Size() && x.when.Equal(info.ModTime()) {
		return x, nil
	}
	x, err := read(name)
	if err != nil {
		return nil, err
	}
	x.when, x.size = info.ModTime(), info.Size()
	if indices.known == nil {
		indices.known = map[string]*index{}
	}
	if indices.known[name] == nil {
		indices.order = append(indices.order, name)
	}
	indices.known[name] = x
	if len(indices.order) > remembered {
		delete(indices.known, indices.order[0])
		indices.order = indices.order[1:]
	}
	return x, nil
}

func read(name string) (*index, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	what, err := kind(f, name)
	if err != nil {
		return nil, err
	}
	x := &index{members: map[string]Entry{}}
	switch what {
	case "zip":
		err = x.zip(f)
	case "tar":
		err = x.tar(f)
	case "tar.gz":
		if x.spooled, err = spool(f); err == nil {
			err = x.tar(x.spooled)
		}
	default:
		err = errors.New("want a zip or tar archive, got another file")
	}
	if err != nil {
		return nil, err
	}
	for _, e := range x.members {
		x.order = append(x.order, e)
	}
	slices.SortFunc(x.order, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return x, nil
}

// add takes an entry; a name that leads out of the archive, or comes twice, is kept with an error.
func (x *index) add(e Entry) error {
	if len(x.members) >= maxMembers {
		return fmt.Errorf("archive: want at most %d members", maxMembers)
	}
	e.Name = strings.TrimPrefix(e.Name, "./")
	clean := path.Clean(e.Name)
	if clean != e.Name || !local(e.Name) {
		e.Err = errors.New("archive: its name leads out of the archive: refused")
	}
	if e.Size < 0 || e.Size > maxUnpacked {
		e.Err = fmt.Errorf("archive: want a member of at most %d bytes, got %d", int64(maxUnpacked), e.Size)
	}
	if _, twice := x.members[e.Name]; twice {
		e.Err = errors.New("archive: its name comes twice in the archive")
	}
	x.members[e.Name] = e
	return nil
}

// local says whether a name stays below the folder that it is taken in, on any system.
func local(name string) bool {
	if name == "" || name[0] == '/' || strings.ContainsAny(name, "\\\x00") || len(name) > 1 && name[1] == ':' {
		return false
	}
	for _, part := range strings.Split(name, "/") {
		if part == ".." {
			return false
		}
	}
	return true
}

func (x *index) zip(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fmt.Errorf("archive: zip: %w", err)
	}
	total := int64(0)
	for _, m := range z.File {
		if !m.Mode().IsRegular() {
			continue
		}
		e := Entry{Name: m.Name, Size: int64(m.UncompressedSize64), packed: int64(m.CompressedSize64), method: m.Method, crc: m.CRC32}
		if total += e.packed; e.packed < 0 || total > info.Size() {
			return errors.New("archive: zip: its members overlap: refused")
		}
		switch {
		case m.Flags&1 != 0:
			e.Err = errors.New("archive: it is encrypted")
		case m.Method != zip.Store && m.Method != zip.Deflate:
			e.Err = fmt.Errorf("archive: want it stored or deflated, got method %d", m.Method)
		case m.Method == zip.Store && e.Size != e.packed, e.Size > e.packed*maxRatio:
			e.Err = fmt.Errorf("archive: %d bytes can't hold the %d that are announced", e.packed, e.Size)
		default:
			if e.offset, err = m.DataOffset(); err != nil {
				e.Err = fmt.Errorf("archive: %w", err)
			} else if e.offset+e.packed > info.Size() {
				e.Err = errors.New("archive: it goes on past the end of the archive")
			}
		}
		if err := x.add(e); err != nil {
			return err
		}
	}
	return nil
}

func (x *index) tar(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s := io.NewSectionReader(f, 0, info.Size())
	t := tar.NewReader(s)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			if len(x.members) > 0 { // cut: what came before counts
				return x.add(Entry{Name: "(rest)", Err: fmt.Errorf("archive: tar: after %d members: %w", len(x.members), err)})
			}
			return fmt.Errorf("archive: tar: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		at, err := s.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		e := Entry{Name: h.Name, Size: h.Size, packed: h.Size, offset: at}
		for key := range h.PAXRecords {
			if strings.HasPrefix(key, "GNU.sparse") {
				e.Err = errors.New("archive: sparse members of tar are not read")
			}
		}
		if at+h.Size > info.Size() {
			e.Err = fmt.Errorf("archive: want %d bytes, got %d", h.Size, info.Size()-at)
		}
		if err := x.add(e); err != nil {
			return err
		}
	}
}

// spool unpacks a gzipped tar into a file without a name, which is gone when it is closed.
func spool(f *os.File) (*os.File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	z, err := inflate.NewGzip(f)
	if err != nil {
		return nil, fmt.Errorf("archive: gzip: %w", err)
	}
	most := spoolable(info.Size())
	out, err := unnamed(io.LimitReader(z, most+1))
	if err != nil {
		return nil, err
	}
	if whole, err := out.Stat(); err != nil || whole.Size() > most {
		out.Close()
		return nil, fmt.Errorf("archive: gzip: want at most %d bytes unpacked from %d, got more: refused", most, info.Size())
	}
	return out, nil
}

func unnamed(r io.Reader) (*os.File, error) {
	out, err := os.CreateTemp("", "caliper-archive-")
	if err != nil {
		return nil, err
	}
	os.Remove(out.Name())
	if _, err := io.Copy(out, r); err != nil {
		out.Close()
		return nil, fmt.Errorf("archive: %w", err)
	}
	return out, nil
}
