//go:build films

package phantom

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestDump writes the radiographs that the models are trained on: films.u8 and labels.u8 (each
// film 512×512, one after another) and films.jsonl into the folder that CALIPER_PHANTOM_DUMP names.
func TestDump(t *testing.T) {
	dir := os.Getenv("CALIPER_PHANTOM_DUMP")
	if dir == "" {
		t.Fatal("CALIPER_PHANTOM_DUMP: want a folder for the films, got none")
	}
	count, first := 100, 1_000_000
	if s := os.Getenv("CALIPER_PHANTOM_COUNT"); s != "" {
		count, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("CALIPER_PHANTOM_FIRST"); s != "" {
		first, _ = strconv.Atoi(s)
	}
	create := func(name string) (*os.File, *bufio.Writer) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f, bufio.NewWriter(f)
	}
	ff, films := create("films.u8")
	lf, labels := create("labels.u8")
	jf, lines := create("films.jsonl")
	enc := json.NewEncoder(lines)
	for i := range count {
		seed := uint64(first + i)
		r := stream(seed, 100)
		size := 0.0
		if r.chance(0.65) {
			size = r.between(7, 32)
		}
		film, _, err := chest(seed, chestOptions{pixels: 512, noduleMM: size, side: -1, zone: -1})
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range film.pixels {
			films.WriteByte(byte(v / 16))
			labels.WriteByte(byte(film.labels[k]))
		}
		enc.Encode(map[string]any{"seed": seed, "pitchMM": film.p.pitch, "boxes": film.boxes, "ap": film.p.ap})
	}
	for _, w := range []*bufio.Writer{films, labels, lines} {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []*os.File{ff, lf, jf} {
		f.Close()
	}
}
