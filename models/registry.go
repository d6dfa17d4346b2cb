package models

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/internal/plainyaml"
)

// MaxFile caps the size of an ONNX file that is read.
const MaxFile = 2 << 30

//go:embed cards weights
var embedded embed.FS

// Registry finds models: those embedded in the binary, then those in folders. A card in a folder
// replaces an embedded one of the same name. Folders are searched three levels deep; beside a card or an
// .onnx file that is named by its path, only its own folder is.
type Registry struct {
	Dirs []string
}

// FromEnv is a registry over dirs and then the folders of CALIPER_MODELS (separated as PATH is).
func FromEnv(dirs ...string) Registry {
	r := Registry{Dirs: slices.Clone(dirs)}
	for _, dir := range filepath.SplitList(os.Getenv("CALIPER_MODELS")) {
		if dir != "" && !slices.Contains(r.Dirs, dir) {
			r.Dirs = append(r.Dirs, dir)
		}
	}
	return r
}

// Model is a network that can be run: its card and where its file is. Card.Task is "" for an ONNX file
// that no card knows.
type Model struct {
	Card   Card
	Path   string // of the ONNX file; "" where it is embedded
	inside string // path within embedded
}

// Entry is one line of a list of models. Model is nil where the file is not there; Err says why.
type Entry struct {
	Card   Card
	Origin string // embedded, or the card's path
	Model  *Model
	Err    error
}

type card struct {
	Card
	origin string // path of the card's file; "" where embedded
}

// cards lists every card, sorted by name; cards of earlier folders hide those of later ones and of the binary.
func (r Registry) cards() ([]card, error) {
	byName := map[string]card{}
	for n := len(r.Dirs) - 1; n >= 0; n-- {
		if _, err := os.Stat(r.Dirs[n]); err != nil {
			return nil, fmt.Errorf("models: folder %s: %w", r.Dirs[n], errors.Unwrap(err))
		}
	}
	files, err := fs.Glob(embedded, "cards/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		data, err := embedded.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := ParseCard(data)
		if err != nil {
			return nil, fmt.Errorf("models: embedded %s: %w", name, err)
		}
		byName[c.Name] = card{Card: *c}
	}
	for n := len(r.Dirs) - 1; n >= 0; n-- {
		for _, name := range walk(r.Dirs[n], maxDepth, ".yaml", ".yml") {
			c, err := readCard(name)
			if err != nil {
				return nil, err
			}
			if c != nil {
				byName[c.Name] = card{Card: *c, origin: name}
			}
		}
	}
	var out []card
	for _, c := range byName {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b card) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// readCard reads a card of a folder; YAML of another kind (no key sha256 and no key task, or larger than
// any card) gives nil.
func readCard(name string) (*Card, error) {
	if info, err := os.Stat(name); err == nil && info.Size() > plainyaml.MaxBytes {
		return nil, nil
	}
	data, err := readFile(name, plainyaml.MaxBytes)
	if err != nil {
		return nil, err
	}
	if text := "\n" + string(data); !strings.Contains(text, "\nsha256:") && !strings.Contains(text, "\ntask:") {
		return nil, nil
	}
	c, err := ParseCard(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// Find gives the model of an argument: the name of a model, the path of a card (.yaml, .yml) or the
// path of an .onnx file, whose card is found by its SHA-256.
// The error is an *MissingError where the model or its file is not there, a *FormatError where the file
// is another one than its card says.
func (r Registry) Find(arg string) (*Model, error) {
	switch ext := strings.ToLower(path.Ext(arg)); {
	case ext == ".onnx":
		return r.byFile(arg)
	case ext == ".yaml" || ext == ".yml":
		data, err := readFile(arg, plainyaml.MaxBytes)
		if err != nil {
			return nil, err
		}
		c, err := ParseCard(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", arg, err)
		}
		return r.locate(card{Card: *c, origin: arg})
	}
	cards, err := r.cards()
	if err != nil {
		return nil, err
	}
	for _, c := range cards {
		if c.Name == arg {
			return r.locate(c)
		}
	}
	return nil, &MissingError{Name: arg, Dirs: r.Dirs}
}

// List gives every card, sorted by name, with its model where the file is there.
func (r Registry) List() ([]Entry, error) {
	cards, err := r.cards()
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(cards))
	for i, c := range cards {
		out[i] = Entry{Card: c.Card, Origin: cmp.Or(c.origin, "embedded")}
		out[i].Model, out[i].Err = r.locate(c)
	}
	return out, nil
}

func (r Registry) byFile(name string) (*Model, error) {
	sum, size, err := hashFile(name)
	if err != nil {
		return nil, err
	}
	m := &Model{Path: name}
	cards, err := r.cards()
	if err != nil {
		return nil, err
	}
	for _, yaml := range walk(filepath.Dir(name), 1, ".yaml", ".yml") {
		data, err := readFile(yaml, plainyaml.MaxBytes)
		if err != nil || !strings.Contains(string(data), sum) {
			continue
		}
		c, err := ParseCard(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", yaml, err)
		}
		cards = append([]card{{Card: *c, origin: yaml}}, cards...)
	}
	for _, c := range cards {
		if c.SHA256 == sum {
			m.Card = c.Card
			return m, nil
		}
	}
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	m.Card = Card{Schema: 1, Name: base, Version: "unknown", File: filepath.Base(name), Bytes: size, SHA256: sum}
	return m, nil
}

// locate finds the file of a card: beside the card, embedded, by its name in the folders, or by its
// size and hash in the folders.
func (r Registry) locate(c card) (*Model, error) {
	m := &Model{Card: c.Card}
	dirs := slices.Clone(r.Dirs)
	var files []string
	if c.origin != "" {
		dirs = append([]string{filepath.Dir(c.origin)}, dirs...)
		files = walk(dirs[0], 1, ".onnx")
	}
	for _, dir := range r.Dirs {
		files = append(files, walk(dir, maxDepth, ".onnx")...)
	}
	if c.origin == "" {
		inside := "weights/" + c.File
		if data, err := embedded.ReadFile(inside); err == nil {
			if sum := hash(data); sum != c.SHA256 {
				return nil, wrongHash(c, "embedded "+inside, sum)
			}
			m.inside = inside
			return m, nil
		}
	}
	var wrong error
	var others []string
	for _, name := range files {
		if filepath.Base(name) != c.File {
			others = append(others, name)
			continue
		}
		sum, _, err := hashFile(name)
		if err != nil {
			return nil, err
		}
		if sum == c.SHA256 {
			m.Path = name
			return m, nil
		}
		if wrong == nil {
			wrong = wrongHash(c, name, sum)
		}
	}
	if c.Bytes > 0 {
		for _, name := range others {
			if info, err := os.Stat(name); err != nil || info.Size() != c.Bytes {
				continue
			}
			if sum, _, err := hashFile(name); err == nil && sum == c.SHA256 {
				m.Path = name
				return m, nil
			}
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	return nil, &MissingError{Name: c.Name, File: c.File, Known: true, Dirs: dirs}
}

func wrongHash(c card, name, sum string) error {
	return &FormatError{Text: fmt.Sprintf("%s: %s: want the file of the card with SHA-256 %s, got %s", c.Name, name, c.SHA256, sum)}
}

// Bytes reads the ONNX file and checks that it is the card's.
func (m *Model) Bytes() ([]byte, error) {
	var data []byte
	var err error
	if m.inside != "" {
		data, err = embedded.ReadFile(m.inside)
	} else {
		data, err = readFile(m.Path, MaxFile)
	}
	if err != nil {
		return nil, err
	}
	if sum := hash(data); sum != m.Card.SHA256 {
		return nil, wrongHash(card{Card: m.Card}, cmp.Or(m.Path, m.inside), sum)
	}
	return data, nil
}

// Want is an error where the model is not of the task, or no card says what it is.
func (m *Model) Want(task Task) error {
	if m.Card.Task == task {
		return nil
	}
	if m.Card.Task == "" {
		return &FormatError{Text: fmt.Sprintf("%s: want a card for task %s, got a file that no card knows (sha256 %s; put a card beside it)", m.Card.Name, task, m.Card.SHA256)}
	}
	return &FormatError{Text: fmt.Sprintf("%s: want a model for task %s, got one for %s", m.Card.Name, task, m.Card.Task)}
}

// maxDepth is how many levels of a folder are searched.
const maxDepth = 3

// walk lists the files of a folder with one of the extensions, sorted, down to a depth of levels.
func walk(dir string, depth int, exts ...string) []string {
	var out []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir() && depth > 1:
			out = append(out, walk(name, depth-1, exts...)...)
		case !e.IsDir() && slices.Contains(exts, strings.ToLower(filepath.Ext(name))):
			out = append(out, name)
		}
	}
	return out
}

func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, &FormatError{Text: fmt.Sprintf("%s: want a file, got a folder or device", name)}
	}
	if info.Size() > limit {
		return nil, &FormatError{Text: fmt.Sprintf("%s: want at most %d bytes, got %d", name, limit, info.Size())}
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("models: %s: %w", name, err)
	}
	return data, nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func hashFile(name string) (sum string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, fmt.Errorf("models: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, fmt.Errorf("models: %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
