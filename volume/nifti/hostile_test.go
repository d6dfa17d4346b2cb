package nifti

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/caliper-imaging/caliper/volume"
)

// small is a whole NIfTI-1 file of 4×3×2 int16 voxels.
func small(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	raw := &volume.Raw{Geometry: volume.Identity([3]int{4, 3, 2}, [3]float64{1, 1, 1}), DType: volume.Int16, Shape: []int{2, 3, 4}, Bytes: make([]byte, 48)}
	if err := Encode(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWrongFilesAreRefused(t *testing.T) {
	le := binary.LittleEndian
	cases := []struct {
		name string
		edit func(b []byte) []byte
		want string
	}{
		{"empty", func(b []byte) []byte { return nil }, "at least 348 bytes"},
		{"text", func(b []byte) []byte { return []byte(strings.Repeat("not an image ", 40)) }, "sizeof_hdr"},
		{"truncated", func(b []byte) []byte { return b[:len(b)-1] }, "want 400 bytes by the header, got a file of 399"},
		{"magic", func(b []byte) []byte { b[344] = 'x'; return b }, "magic"},
		{"analyze", func(b []byte) []byte { copy(b[344:], "\x00\x00\x00\x00"); return b }, "ANALYZE"},
		{"rank", func(b []byte) []byte { b[40] = 9; return b }, "dim[0]"},
		{"negative dim", func(b []byte) []byte { le.PutUint16(b[42:], 0xfff0); return b }, "dim[1]"},
		{"huge", func(b []byte) []byte {
			b[40] = 4
			for n := range 4 {
				le.PutUint16(b[42+2*n:], 32767)
			}
			return b
		}, "at most"},
		{"big but absent", func(b []byte) []byte { le.PutUint16(b[42:], 3000); le.PutUint16(b[44:], 3000); return b }, "got a file of 400"},
		{"datatype", func(b []byte) []byte { le.PutUint16(b[70:], 77); return b }, "datatype"},
		{"complex", func(b []byte) []byte { le.PutUint16(b[70:], 32); return b }, "complex"},
		{"bitpix", func(b []byte) []byte { le.PutUint16(b[72:], 8); return b }, "bitpix"},
		{"offset", func(b []byte) []byte { le.PutUint32(b[108:], math.Float32bits(float32(math.NaN()))); return b }, "vox_offset"},
		{"offset past the end", func(b []byte) []byte { le.PutUint32(b[108:], math.Float32bits(1e6)); return b }, "got a file of 400"},
		{"sform of NaN", func(b []byte) []byte {
			le.PutUint32(b[280:], math.Float32bits(float32(math.NaN())))
			le.PutUint16(b[252:], 0)
			return b
		}, "sform"},
		{"six dimensions", func(b []byte) []byte { b[40] = 6; le.PutUint16(b[52:], 2); return b }, "at most 5"},
		{"pair without its voxels", func(b []byte) []byte { copy(b[344:], "ni1\x00"); return b }, ".img"},
	}
	for _, c := range cases {
		for _, packed := range []bool{false, true} {
			b := c.edit(small(t))
			name := "x.nii"
			if packed {
				var z bytes.Buffer
				w := gzip.NewWriter(&z)
				w.Write(b)
				w.Close()
				b, name = z.Bytes(), "x.nii.gz"
			}
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path)
			if err == nil {
				t.Errorf("%s: want an error, got none", c.name)
				continue
			}
			var f *volume.FormatError
			var u *volume.UnsupportedError
			if !errors.As(err, &f) && !errors.As(err, &u) {
				t.Errorf("%s: want a FormatError or an UnsupportedError, got %T", c.name, err)
			}
			if !packed && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: want %q in the error, got %q", c.name, c.want, err)
			}
		}
	}
}

func TestDamagedGzip(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(small(t))
	w.Close()
	b := z.Bytes()
	b[len(b)-6] ^= 0xff // in the checksum
	path := filepath.Join(t.TempDir(), "x.nii.gz")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("want a checksum error, got %v", err)
	}
	if err := os.WriteFile(path, b[:len(b)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("want an error for half a file, got none")
	}
}

// A damaged byte that makes the stream longer leaves more than the voxels in front of the checksum.
func TestDamagedLongerGzip(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(small(t))
	w.Write([]byte("more than the header announces"))
	w.Close()
	b := z.Bytes()
	path := filepath.Join(t.TempDir(), "x.nii.gz")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err != nil {
		t.Errorf("bytes after the voxels: want no error, got %v", err)
	}
	b[len(b)-6] ^= 0xff // in the checksum
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("want a checksum error, got %v", err)
	}
}

// A small file that claims a huge image costs memory for what it holds, not for what it claims.
func TestEmptyClaimCostsLittle(t *testing.T) {
	b := small(t)
	for n := range 3 {
		binary.LittleEndian.PutUint16(b[42+2*n:], 1000)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Write(make([]byte, 8<<20)) // far less than the 2 GB of the claim
	w.Close()
	packed := append(z.Bytes(), make([]byte, 2<<20)...) // long enough on disk to pass for it
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil {
		t.Fatal("want an error for voxels that are not there")
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 200<<20 {
		t.Errorf("want little memory, took %d MB", used>>20)
	}
}

func TestOddHeadersAreReadAndNoted(t *testing.T) {
	le := binary.LittleEndian
	b := small(t)
	le.PutUint16(b[252:], 0)
	le.PutUint16(b[254:], 0)
	h, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if h.Affine != "pixdim" || len(h.Notes) != 1 || h.Notes[0].Code != "nifti-orientation-unknown" {
		t.Errorf("want a note that the orientation is unknown, got %s %v", h.Affine, h.Notes)
	}
	if got := h.Orientation(); got != "RAS" {
		t.Errorf("want RAS as nifti1.h says for method 1, got %s", got)
	}
	b = small(t)
	le.PutUint32(b[112:], math.Float32bits(float32(math.NaN())))
	if h, err = Parse(b); err != nil || h.Scaled() {
		t.Errorf("want no scaling for a slope that is not a number, got %v, %v", h, err)
	}
	b = small(t)
	clear(b[280:328])
	if h, err = Parse(b); err != nil || h.Affine != "qform" {
		t.Errorf("want the qform where the sform is empty, got %v, %v", h, err)
	}
}

func TestMaskNeedsWholeLabels(t *testing.T) {
	v, err := volume.New(volume.Identity([3]int{2, 2, 2}, [3]float64{1, 1, 1}), 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "f.nii")
	for _, c := range []struct {
		value float32
		ok    bool
	}{{3, true}, {0.5, false}, {-1, false}, {70000, false}, {float32(math.NaN()), false}} {
		v.Data[5] = c.value
		if err := Write(path, v); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMask(path); (err == nil) != c.ok {
			t.Errorf("%g: want ok %v, got %v", c.value, c.ok, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(small(f))
	for _, name := range []string{"rgb.nii.gz", "qform_only.nii.gz", "f8_be_2.nii.gz", "sform_only.nii"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil || r.payload() > 1<<22 {
			return
		}
		for range min(r.Frames, 3) {
			v, err := r.Next()
			if err == nil && v.Validate() != nil {
				t.Errorf("read a grid that is not valid: %v", v.Validate())
			}
		}
	})
}
