package dicom

import (
	"bytes"
	"context"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// exercise does with an object all that a hostile one could misuse.
func exercise(b []byte) (err error) {
	f, err := ReadHeader(bytes.NewReader(b), int64(len(b)))
	if f == nil {
		return err
	}
	Describe(f)
	ctx := context.Background()
	_, pixels := f.RawArray(ctx)
	if err == nil && f.HasPixels() {
		err = pixels
	}
	for _, st := range Stacks([]*File{f}) {
		if st.Frames() > 0 && st.Series.Geometry.Voxels() < 1<<16 {
			st.Volume(ctx, 0)
		}
	}
	return err
}

// samples lists real files of at most 30 kB, one a transfer syntax and folder at least.
func samples(t testing.TB) []string {
	root := golden.Shared(t, "data")
	var out []string
	seen := map[string]bool{}
	for _, dir := range []string{"dicom_pydicom", "dicom_pydicom_tests", "dicom_pylibjpeg", "dicom_dcm_qa"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if info, err := d.Info(); err != nil || info.Size() > 30_000 {
				return err
			}
			f, err := OpenFile(path)
			if err != nil {
				return nil
			}
			key := dir + f.TransferSyntax + f.String(tag.Modality)
			if !seen[key] {
				seen[key] = true
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestHostile cuts real files at 10 places and changes 20 single bytes: no panic, and no more memory
// than a multiple of the file and of what its header declares.
func TestHostile(t *testing.T) {
	files := samples(t)
	if len(files) < 25 {
		t.Fatalf("want 25 files and more, got %d", len(files))
	}
	step := 3
	if os.Getenv("CALIPER_LONG") != "" {
		step = 1
	}
	for n := 0; n < len(files); n += step {
		path := files[n]
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		h := fnv.New64a()
		h.Write([]byte(filepath.Base(path)))
		r := rand.New(rand.NewPCG(h.Sum64(), 1))
		whole := exercise(b) == nil
		for range 10 {
			n := r.IntN(len(b))
			if err := check(t, path, b[:n]); err == nil && whole {
				f, err := ReadHeader(bytes.NewReader(b[:n]), int64(n))
				if err != nil {
					t.Fatal(err)
				}
				if f.HasPixels() {
					if _, err := f.Trailing(context.Background()); err == nil && len(f.Issues) == 0 {
						t.Errorf("%s: cut at %d of %d: want an error or an issue, got none", path, n, len(b))
					}
				}
			}
		}
		for range 20 {
			c := bytes.Clone(b)
			c[r.IntN(len(c))] ^= byte(1 + r.IntN(255))
			check(t, path, c)
		}
	}
}

func check(t *testing.T, path string, b []byte) (err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			os.WriteFile(filepath.Join(os.TempDir(), "hostile.dcm"), b, 0o644)
			t.Errorf("%s: panic: %v", path, p)
		}
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = exercise(b)
	runtime.ReadMemStats(&after)
	declared := 0
	if f, _ := ReadHeader(bytes.NewReader(b), int64(len(b))); f != nil {
		if info, err := f.FrameInfo(); err == nil {
			declared = info.Size() * min(f.NumFrames(), 1<<20)
		}
	}
	// Stored values once, float volumes once, JPEG's planes.
	if grew := int(after.TotalAlloc - before.TotalAlloc); grew > 16*len(b)+16*min(declared, 1<<28)+(4<<20) {
		t.Errorf("%s: want memory in proportion to %d bytes and %d declared, got %d", path, len(b), declared, grew)
	}
	return err
}

func FuzzHeader(f *testing.F) {
	im := Image{Class: ClassCT, InstanceUID: UID("i"), StudyUID: UID("s"), SeriesUID: UID("e"), Modality: "CT", Rows: 2, Columns: 2, Pixels: make([]uint16, 4)}
	data, err := im.Elements()
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, data); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(append([]byte{8, 0, 5, 0, 10, 0, 0, 0}, "ISO_IR 100"...))
	f.Fuzz(func(_ *testing.T, b []byte) { exercise(b) })
}

// FuzzOffsets gives an object of several frames any offset table and fragments.
func FuzzOffsets(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 12, 0, 0, 0}, []byte{1, 2, 3, 4, 5, 6, 7, 8}, uint8(2), uint8(4))
	f.Fuzz(func(t *testing.T, table, pixels []byte, frames, step uint8) {
		im := Image{Class: ClassMR, InstanceUID: UID("i"), Modality: "MR", Rows: 2, Columns: 1, Pixels: make([]uint16, 2)}
		e, err := im.Elements()
		if err != nil {
			t.Fatal(err)
		}
		body := appendItem(nil, table)
		for len(pixels) > 0 {
			n := min(len(pixels), max(1, int(step)))
			body = appendItem(body, pixels[:n])
			pixels = pixels[n:]
		}
		v, err := sk.NewValue(sk.PixelDataInfo{IntentionallyUnprocessed: true, IsEncapsulated: true, UnprocessedValueData: body})
		if err != nil {
			t.Fatal(err)
		}
		e.place(&sk.Element{Tag: tag.PixelData, RawValueRepresentation: "OB", Value: v})
		if err := e.Set(tag.NumberOfFrames, "", int(frames)); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := write(&b, e, Encapsulated); err != nil {
			t.Fatal(err)
		}
		exercise(b.Bytes())
	})
}
