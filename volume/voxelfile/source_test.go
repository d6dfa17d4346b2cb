package voxelfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// read reads two int16 voxels of a file whose header is its first line.
func read(t *testing.T, content string, more func(*Layout)) (*volume.Volume, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	f := Format[Layout]{Name: "x", Field: "file", Parse: func(r *bufio.Reader) (*Layout, *Layout, error) {
		line, err := r.ReadString('\n')
		l := &Layout{Geometry: volume.Identity([3]int{2, 1, 1}, [3]float64{1, 1, 1}), Frames: 1, Channels: 1,
			DType: volume.Int16, BigEndian: true, HeaderBytes: int64(len(line))}
		more(l)
		return l, l, err
	}}
	return f.Read(path)
}

func TestWhereVoxelsLie(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		more    func(*Layout)
	}{
		"after the header":        {"h\n\x00\x01\x00\x02", func(*Layout) {}},
		"after bytes":             {"h\n...\x00\x01\x00\x02", func(l *Layout) { l.SkipBytes = 3 }},
		"after lines":             {"h\na\nb\n\x00\x01\x00\x02", func(l *Layout) { l.SkipLines = 2 }},
		"at the end":              {"h\n.....\x00\x01\x00\x02", func(l *Layout) { l.SkipBytes = -1 }},
		"at the end, after lines": {"h\na\nb\n..\x00\x01\x00\x02", func(l *Layout) { l.SkipLines, l.SkipBytes = 2, -1 }},
	} {
		v, err := read(t, c.content, c.more)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if v.Data[0] != 1 || v.Data[1] != 2 {
			t.Errorf("%s: want 1 and 2, got %v", name, v.Data)
		}
	}
}

func TestWrongPlacesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		more    func(*Layout)
	}{
		"short":             {"h\n\x00\x01\x00", func(*Layout) {}},
		"short for the end": {"h\n\x00\x01\x00", func(l *Layout) { l.SkipBytes = -1 }},
		"skip past the end": {"h\n\x00\x01\x00\x02", func(l *Layout) { l.SkipBytes = 1 << 40 }},
		"no such lines":     {"h\n\x00\x01\x00\x02", func(l *Layout) { l.SkipLines = 1 }},
		"another folder":    {"h\n\x00\x01\x00\x02", func(l *Layout) { l.DataFiles = []string{"../x"} }},
		"no such file":      {"h\n\x00\x01\x00\x02", func(l *Layout) { l.DataFiles = []string{"y"} }},
		"not packed": {"h\n\x00\x01\x00\x02", func(l *Layout) {
			l.Unpack = func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
		}},
	} {
		_, err := read(t, c.content, c.more)
		if wrong := (*volume.FormatError)(nil); !errors.As(err, &wrong) {
			t.Errorf("%s: want a format error, got %v", name, err)
		}
	}
}
