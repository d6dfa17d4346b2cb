package intake

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

// codes are the 48 ways to lay a grid into memory.
func codes() []string {
	var out []string
	for _, xyz := range []string{"012", "021", "102", "120", "201", "210"} {
		for flip := range 8 {
			code := ""
			for n := range 3 {
				code += string([3]string{"LR", "PA", "SI"}[xyz[n]-'0'][flip>>n&1])
			}
			out = append(out, code)
		}
	}
	return out
}

// obliqueGrid is turned by 20° about z, then by 35° about x.
func obliqueGrid(size [3]int) volume.Geometry {
	s1, c1 := math.Sincos(20 * math.Pi / 180)
	s2, c2 := math.Sincos(35 * math.Pi / 180)
	return volume.Geometry{Size: size, Origin: [3]float64{-12.5, 40, -7}, Spacing: [3]float64{0.9, 1.1, 2.4},
		Axes: [3][3]float64{{c1, s1 * c2, s1 * s2}, {-s1, c1 * c2, c1 * s2}, {0, -s2, c2}}}
}

// stored fills a grid with values that only their own type holds.
func stored(g volume.Geometry, d volume.DType, frames, channels int) *volume.Raw {
	r := &volume.Raw{Geometry: g, DType: d, Channels: channels, Shape: []int{g.Size[2], g.Size[1], g.Size[0]}}
	if frames > 1 {
		r.Shape = append([]int{frames}, r.Shape...)
	}
	if channels > 1 {
		r.Shape = append(r.Shape, channels)
	}
	for n := range r.Values() {
		x := int64(n) * 2654435761
		var b [8]byte
		switch d {
		case volume.Float32:
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(float32(n)/3-7))
		case volume.Float64:
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(float64(n)/3-7))
		default:
			binary.LittleEndian.PutUint64(b[:], uint64(x))
		}
		r.Bytes = append(r.Bytes, b[:d.Size()]...)
	}
	return r
}

// full are the formats that keep where voxels lie, with the error in mm that their headers allow.
var full = []struct {
	ending  string
	tolMM   float64
	colour  bool
	unkept  map[volume.DType]bool // types that the format lacks
	frames3 bool                  // colour over several frames
}{
	{".nii", 1e-5, true, nil, false}, {".nii.gz", 1e-5, true, nil, false}, {".hdr", 1e-5, true, nil, false}, {".img", 1e-5, true, nil, false}, {".nrrd", 1e-9, true, nil, true}, {".nhdr", 1e-9, true, nil, true},
	{".mha", 1e-9, true, nil, true}, {".mhd", 1e-9, true, nil, true}, {".npz", 1e-9, true, nil, true},
	{".mgh", 1e-5, false, map[volume.DType]bool{volume.Uint32: true, volume.Int64: true, volume.Uint64: true, volume.Float64: true}, false},
	{".mgz", 1e-5, false, map[volume.DType]bool{volume.Uint32: true, volume.Int64: true, volume.Uint64: true, volume.Float64: true}, false},
}

// back writes an image and reads it with its series.
func back(t *testing.T, path string, image any) (*volume.Raw, volume.Geometry) {
	t.Helper()
	if err := WriteFile(path, image); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	s, err := Describe(context.Background(), path, Options{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	out, err := Stored(context.Background(), s)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	raw, err := volume.StoredOf(out)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return raw, s.Geometry
}

// Every way to lay an oblique grid into memory, left-handed ones too, goes through every format that keeps
// positions: each voxel keeps its place and its value, and the way through all of them one after the other.
func TestEveryFormatKeepsEveryVoxel(t *testing.T) {
	dir := t.TempDir()
	base := obliqueGrid([3]int{4, 3, 5})
	for _, f := range full {
		for n, code := range codes() {
			if os.Getenv("CALIPER_LONG") == "" && n%7 != 0 && f.ending != ".nii" && f.ending != ".nrrd" && f.ending != ".mha" && f.ending != ".mgh" {
				continue
			}
			g, err := base.Reoriented(code)
			if err != nil {
				t.Fatal(err)
			}
			want := stored(g, volume.Int16, 1, 1)
			got, geometry := back(t, filepath.Join(dir, "x"+f.ending), want)
			if got.DType != want.DType || !bytes.Equal(got.Bytes, want.Bytes) {
				t.Errorf("%s %s: want the same int16 values, got %s", f.ending, code, got.DType)
			}
			for _, q := range []volume.Geometry{geometry, got.Geometry} {
				if err := g.SameGrid(q, f.tolMM); err != nil {
					t.Errorf("%s %s: %v", f.ending, code, err)
				}
			}
		}
	}
	for _, code := range []string{"LPS", "RAS", "AIL", "SRP"} {
		g, err := base.Reoriented(code)
		if err != nil {
			t.Fatal(err)
		}
		first := stored(g, volume.Int16, 2, 1)
		image := first
		for n, f := range full {
			image, _ = back(t, filepath.Join(dir, fmt.Sprintf("chain%d%s", n, f.ending)), image)
		}
		if err := g.SameGrid(image.Geometry, 1e-4); err != nil || !bytes.Equal(image.Bytes, first.Bytes) || image.Frames() != 2 {
			t.Errorf("%s: want the image again behind all formats, got %d frames, %v", code, image.Frames(), err)
		}
	}
}

// Types, time points and channels go through unchanged, or are refused by name.
func TestEveryFormatKeepsTypes(t *testing.T) {
	dir := t.TempDir()
	g := obliqueGrid([3]int{4, 3, 5})
	types := []volume.DType{volume.Uint8, volume.Int8, volume.Uint16, volume.Int16, volume.Uint32, volume.Int32, volume.Uint64, volume.Int64, volume.Float32, volume.Float64}
	for _, f := range full {
		path := filepath.Join(dir, "y"+f.ending)
		for _, d := range types {
			want := stored(g, d, 3, 1)
			if f.unkept[d] {
				if err := WriteFile(path, want); err == nil {
					t.Errorf("%s: want %s refused", f.ending, d)
				}
				continue
			}
			got, _ := back(t, path, want)
			if d == volume.Int8 && got.DType == volume.Int16 { // MGH has none
				v, _ := want.Volume(2)
				w, _ := got.Volume(2)
				if fmt.Sprint(v.Data) != fmt.Sprint(w.Data) {
					t.Errorf("%s: want the same int8 values", f.ending)
				}
				continue
			}
			if got.DType != d || got.Frames() != 3 || !bytes.Equal(got.Bytes, want.Bytes) {
				t.Errorf("%s: want 3 time points of %s as they were, got %d of %s", f.ending, d, got.Frames(), got.DType)
			}
		}
		for _, channels := range []int{2, 3, 4, 6} {
			for _, d := range []volume.DType{volume.Uint8, volume.Float32} {
				for _, frames := range []int{1, 2} {
					want := stored(g, d, frames, channels)
					if !f.colour || frames > 1 && !f.frames3 && !(d == volume.Uint8 && (channels == 3 || channels == 4)) {
						if err := WriteFile(path, want); err == nil {
							t.Errorf("%s: want %d frames of %d channels refused", f.ending, frames, channels)
						}
						continue
					}
					got, _ := back(t, path, want)
					v, err := got.Volume(frames - 1)
					w, err2 := want.Volume(frames - 1)
					if err != nil || err2 != nil || got.Frames() != frames || v.Channels != channels || fmt.Sprint(v.Data) != fmt.Sprint(w.Data) {
						t.Errorf("%s: want %d frames of %d channels of %s as they were, got %d of %d", f.ending, frames, channels, d, got.Frames(), v.Channels)
					}
				}
			}
		}
	}
}

// TIFF keeps values and spacing, PNG and npy values alone.
func TestOtherFormatsKeepValues(t *testing.T) {
	dir := t.TempDir()
	g := volume.Identity([3]int{5, 4, 3}, [3]float64{0.7, 0.8, 2.5})
	for _, d := range []volume.DType{volume.Uint8, volume.Int16, volume.Float64} {
		want := stored(g, d, 2, 1)
		for _, ending := range []string{".tif", ".npy"} {
			got, geometry := back(t, filepath.Join(dir, "z"+ending), want)
			if got.DType != d || got.Frames() != 2 || !bytes.Equal(got.Bytes, want.Bytes) {
				t.Errorf("%s: want %s as it was, got %s, %v", ending, d, got.DType, got.Shape)
			}
			spaced := math.Abs(geometry.Spacing[2]-2.5) < 1e-9
			if row, _ := formatOf(map[string]string{".tif": "tiff", ".npy": "npy"}[ending]); spaced != (row.Keeps == keepsSpacing) {
				t.Errorf("%s: keeps %s, got spacing %v", ending, row.Keeps, geometry.Spacing)
			}
		}
	}
	flat := volume.Identity([3]int{5, 4, 1}, [3]float64{1, 1, 1})
	for _, d := range []volume.DType{volume.Uint8, volume.Uint16} {
		for _, channels := range []int{1, 3} {
			want := stored(flat, d, 1, channels)
			got, _ := back(t, filepath.Join(dir, "z.png"), want)
			if got.Samples() != channels || !bytes.Equal(got.Bytes, want.Bytes) && d == got.DType {
				t.Errorf("png: want %d channels of %s as they were, got %d of %s", channels, d, got.Samples(), got.DType)
			}
		}
	}
}
