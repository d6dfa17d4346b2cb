package intake

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/volume"
)

// TestCutAndFlippedImages cuts files of every format at many places and flips single bits: what convert does with
// them never panics, takes no memory out of proportion, and says of every cut that there was one.
func TestCutAndFlippedImages(t *testing.T) {
	dir := t.TempDir()
	g := obliqueGrid([3]int{9, 8, 7})
	cuts, flips := 8, 16
	if os.Getenv("CALIPER_LONG") != "" {
		cuts, flips = 100, 400
	}
	flat := volume.Identity([3]int{40, 30, 1}, [3]float64{1, 1, 1})
	for _, name := range []string{"a.nii", "a.nii.gz", "a.nrrd", "a.nhdr", "a.mha", "a.mhd", "a.mgh", "a.mgz", "a.npz", "a.npy", "a.tif", "a.png", "a.jpg", "a.svs", "a.hdr"} {
		path := filepath.Join(dir, name, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(name) {
		case ".png":
			must(t, WriteFile(path, stored(flat, volume.Uint16, 1, 3)))
		case ".jpg":
			m := image.NewNRGBA(image.Rect(0, 0, 40, 30))
			for n := range 1200 {
				m.SetNRGBA(n%40, n/40, color.NRGBA{uint8(n), uint8(n * 7), uint8(n / 3), 255})
			}
			var b bytes.Buffer
			must(t, jpeg.Encode(&b, m, nil))
			must(t, os.WriteFile(path, b.Bytes(), 0o644))
		case ".svs":
			b, err := os.ReadFile("../dicom/slide/testdata/ycc22.svs")
			must(t, err)
			must(t, os.WriteFile(path, b, 0o644))
		case ".hdr":
			for _, ending := range []string{".hdr", ".img"} {
				b, err := os.ReadFile("../volume/analyze/testdata/frames" + ending)
				must(t, err)
				must(t, os.WriteFile(strings.TrimSuffix(path, ".hdr")+ending, b, 0o644))
			}
		default:
			must(t, WriteFile(path, stored(g, volume.Int16, 2, 1)))
		}
		if err := tryOpen(t, path, 0); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		must(t, err)
		for _, file := range files { // the header, and the voxels beside it
			whole, err := os.ReadFile(file)
			must(t, err)
			h := fnv.New64a()
			io.WriteString(h, filepath.Base(file))
			r := rand.New(rand.NewPCG(h.Sum64(), 3))
			for n := range cuts {
				cut := r.IntN(len(whole))
				if n == 0 {
					cut = len(whole) - 1
				}
				must(t, os.WriteFile(file, whole[:cut], 0o644))
				err := tryOpen(t, path, len(whole))
				if s, wrong := Describe(t.Context(), path, Options{}); wrong == nil && len(s.Issues) > 0 && s.Issues[0].Code == "truncated-file" {
					continue
				}
				text := filepath.Ext(name) == ".nhdr" || filepath.Ext(name) == ".mhd"
				if err == nil && !(text && file == path && cut >= len(whole)-1) {
					t.Errorf("%s: %s cut at %d of %d: want an error", name, filepath.Base(file), cut, len(whole))
				}
			}
			for range flips {
				b := bytes.Clone(whole)
				at := r.IntN(len(b))
				if r.IntN(2) == 0 {
					at = r.IntN(min(len(b), 400)) // the header
				}
				b[at] ^= 1 << r.IntN(8)
				must(t, os.WriteFile(file, b, 0o644))
				tryOpen(t, path, len(whole))
			}
			must(t, os.WriteFile(file, whole, 0o644))
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tryOpen does what convert does, and holds it to the bounds.
func tryOpen(t *testing.T, path string, size int) (err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: panic: %v", filepath.Base(path), p)
		}
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	series, err := Describe(t.Context(), path, Options{})
	declared := 0
	if err == nil {
		declared = min(series.Geometry.Voxels()*series.Channels*max(series.Frames, 1), 1<<28)
		_, err = Stored(t.Context(), series)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if took > 5*time.Second {
		t.Errorf("%s: want at most 5 s, got %v", filepath.Base(path), took)
	}
	if grew := int(after.TotalAlloc - before.TotalAlloc); size > 0 && grew > 4*size+24*declared+(6<<20) {
		t.Errorf("%s: want memory in proportion to %d bytes and %d values, got %d", filepath.Base(path), size, declared, grew)
	}
	return err
}
