package models

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
)

func TestEmbeddedCards(t *testing.T) {
	entries, err := Registry{}.List()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, e := range entries {
		if other, ok := seen[e.Card.SHA256]; ok {
			t.Errorf("%s and %s have one SHA-256", e.Card.Name, other)
		}
		seen[e.Card.SHA256] = e.Card.Name
		var missing *MissingError
		if e.Err != nil && !errors.As(e.Err, &missing) {
			t.Errorf("%s: %v", e.Card.Name, e.Err)
		}
	}
	weights, _ := fs.Glob(embedded, "weights/*.onnx")
	for _, w := range weights {
		data, _ := embedded.ReadFile(w)
		if _, ok := seen[hash(data)]; !ok {
			t.Errorf("%s: no card has its SHA-256 %s", w, hash(data))
		}
	}
}

// The folders of real models work as they are: each file has a card, and each card's file is found by name.
func TestSharedFolders(t *testing.T) {
	for _, rel := range []string{"data/models", "data/models_more"} {
		dir := golden.Shared(t, rel)
		r := Registry{Dirs: []string{dir}}
		files := walk(dir, maxDepth, ".onnx")
		if len(files) < 9 {
			t.Errorf("%s: want 9 models or more, got %d", rel, len(files))
		}
		for _, name := range files {
			m, err := Registry{}.Find(name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if m.Card.Task == "" {
				t.Errorf("%s: no card", name)
				continue
			}
			n, err := r.Find(m.Card.Name)
			if err != nil || n.Path != name {
				t.Errorf("%s: want %s, got %+v, %v", m.Card.Name, name, n, err)
			}
		}
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	data := []byte("weights")
	write(t, filepath.Join(dir, "net.onnx"), data)
	text := strings.Replace(goodCard, "HASH", hash(data), 1)
	cardPath := filepath.Join(dir, "net.yaml")
	write(t, cardPath, []byte(text))
	write(t, filepath.Join(dir, "other.yaml"), []byte("steps: [1, 2]\n"))
	r := Registry{Dirs: []string{dir}}
	for _, arg := range []string{"net", cardPath, filepath.Join(dir, "net.onnx")} {
		m, err := r.Find(arg)
		if err != nil {
			t.Fatalf("%s: %v", arg, err)
		}
		if m.Card.Name != "net" || m.Path != filepath.Join(dir, "net.onnx") {
			t.Errorf("%s: got %+v", arg, m)
		}
		if got, err := m.Bytes(); err != nil || string(got) != "weights" {
			t.Errorf("%s: got %q, %v", arg, got, err)
		}
	}
	var missing *MissingError
	if _, err := r.Find("nothing"); !errors.As(err, &missing) || missing.Known {
		t.Errorf("unknown name: got %v", err)
	}
	// the same bytes under another name are found by size and hash
	os.Rename(filepath.Join(dir, "net.onnx"), filepath.Join(dir, "renamed.onnx"))
	if m, err := r.Find("net"); err != nil || filepath.Base(m.Path) != "renamed.onnx" {
		t.Errorf("renamed: got %+v, %v", m, err)
	}
	os.Remove(filepath.Join(dir, "renamed.onnx"))
	if _, err := r.Find("net"); !errors.As(err, &missing) || !missing.Known {
		t.Errorf("no file: got %v", err)
	}
	write(t, filepath.Join(dir, "net.onnx"), []byte("Weights"))
	var wrong *FormatError
	if _, err := r.Find("net"); !errors.As(err, &wrong) || !strings.Contains(err.Error(), hash(data)) {
		t.Errorf("another file: got %v", err)
	}
	if _, err := (Registry{Dirs: []string{filepath.Join(dir, "none")}}).Find("net"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

const goodCard = `schema: 1
name: net
version: "1"
file: net.onnx
bytes: 7
sha256: HASH
licence: MIT
source: here
task: segment
input:
  dims: 2
  channels: 1
  size: [64, 32]
  resize: letterbox
  normalise:
    - {step: quantiles, lo: 0.05, hi: 0.95}
output:
  decode: argmax
labels: [background, thing]
intendedUse: tests
limits: [none]
`

func TestParseCardRefuses(t *testing.T) {
	good := strings.Replace(goodCard, "HASH", strings.Repeat("0a", 32), 1)
	c, err := ParseCard([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Input.Normalise[0]; got.Name != "quantiles" || got.Options["lo"] != "0.05" {
		t.Errorf("step: got %+v", got)
	}
	for _, tc := range []struct{ from, to, want string }{
		{"schema: 1", "schema: 2", "schema"},
		{"version:", "verison:", "verison"},
		{"name: net", "name: ../net", "name"},
		{"file: net.onnx", "file: a/b.onnx", "file"},
		{"0a0a0a", "0a0", "sha256"},
		{"task: segment", "task: paint", "task"},
		{"dims: 2", "dims: 4", "dims"},
		{"resize: letterbox", "resize: letter", "resize"},
		{"size: [64, 32]", "size: [64]", "size"},
		{"step: quantiles", "step: quantile", "quantile"},
		{"lo: 0.05", "low: 0.05", "low"},
		{"lo: 0.05", "lo: much", "much"},
		{"decode: argmax", "decode: boxes", "decode"},
		{"labels: [background, thing]", "labels: []", "labels"},
		{"  channels: 1\n", "  channels: 1\n  colour: 3\n", "colour"},
		{"schema: 1", "schema: [", ""},
		{"lo: 0.05, hi: 0.95", "lo: &a [1, 2], hi: [*a, *a]", "alias"},
	} {
		if !strings.Contains(good, tc.from) {
			t.Fatalf("test: %q is not in the card", tc.from)
		}
		_, err := ParseCard([]byte(strings.Replace(good, tc.from, tc.to, 1)))
		var format *FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: want a FormatError that names %q, got %v", tc.to, tc.want, err)
		}
	}
}

func FuzzParseCard(f *testing.F) {
	f.Add([]byte(goodCard))
	for _, name := range must(fs.Glob(embedded, "cards/*.yaml")) {
		f.Add(must(embedded.ReadFile(name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCard(data)
		if err == nil && (c.Name == "" || !slices.Contains([]Task{Segment, Detect, Classify, Tensors}, c.Task)) {
			t.Errorf("accepted %+v", c)
		}
	})
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}
