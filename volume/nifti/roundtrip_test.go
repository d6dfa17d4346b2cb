package nifti

import (
	"bytes"
	"math"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/caliper-imaging/caliper/volume"
)

func oblique(size [3]int) volume.Geometry {
	// rotation by 20° about z, then by 35° about x
	s1, c1 := math.Sincos(20 * math.Pi / 180)
	s2, c2 := math.Sincos(35 * math.Pi / 180)
	return volume.Geometry{Size: size, Origin: [3]float64{-12.5, 40, -7}, Spacing: [3]float64{0.9, 1.1, 2.4},
		Axes: [3][3]float64{{c1, s1 * c2, s1 * s2}, {-s1, c1 * c2, c1 * s2}, {0, -s2, c2}}}
}

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

// Every way to lay a grid into memory goes through NIfTI, and each voxel keeps its place and value.
func TestOrientationsKeepEveryVoxel(t *testing.T) {
	base, err := volume.New(oblique([3]int{4, 3, 5}), 1, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	for n := range base.Data {
		base.Data[n] = float32(n) * 1.5
	}
	for _, code := range codes() {
		v, err := base.Reorient(code)
		if err != nil {
			t.Fatal(code, err)
		}
		if got := v.Orientation(); got != code {
			t.Errorf("want orientation %s, got %s", code, got)
		}
		var plain, packed bytes.Buffer
		if err := Encode(&plain, v); err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(plain.Bytes()); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		for _, file := range [][]byte{plain.Bytes(), packed.Bytes()} {
			r, err := NewReader(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(code, err)
			}
			back, err := r.Next()
			if err != nil {
				t.Fatal(code, err)
			}
			if back.Size != v.Size {
				t.Fatalf("%s: want size %v, got %v", code, v.Size, back.Size)
			}
			for k := range back.Size[2] {
				for j := range back.Size[1] {
					for i := range back.Size[0] {
						p := back.PointLPS([3]float64{float64(i), float64(j), float64(k)})
						at := base.IndexOf(p)
						var near [3]int
						for n := range 3 {
							near[n] = int(math.Round(at[n]))
							if math.Abs(at[n]-float64(near[n])) > 1e-4 {
								t.Fatalf("%s: voxel %d %d %d lies at index %v of the first image", code, i, j, k, at)
							}
						}
						if want, got := base.At(near[0], near[1], near[2]), back.At(i, j, k); want != got {
							t.Fatalf("%s: voxel %d %d %d: want %g, got %g", code, i, j, k, want, got)
						}
					}
				}
			}
		}
	}
}

// Geometry by the qform alone is the same as by the sform, for all 48 orientations.
func TestQuaternion(t *testing.T) {
	base := oblique([3]int{4, 3, 5})
	for _, code := range codes() {
		g, err := base.Reoriented(code)
		if err != nil {
			t.Fatal(err)
		}
		m, err := volume.NewMask(g)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		raw := b.Bytes()
		raw[254], raw[255] = 0, 0 // sform_code
		h, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if h.Affine != "qform" || !h.Label() {
			t.Errorf("%s: want the qform of a label image, got %s, intent %d", code, h.Affine, h.Intent)
		}
		if err := h.SameGrid(g, 1e-4); err != nil {
			t.Error(code, err)
		}
	}
}

func TestMaskRoundTrip(t *testing.T) {
	for _, top := range []uint16{200, 40000} {
		m, err := volume.NewMask(oblique([3]int{7, 6, 2}))
		if err != nil {
			t.Fatal(err)
		}
		for n := range m.Labels {
			m.Labels[n] = uint16(n) % (top + 1)
		}
		m.Labels[3] = top
		path := filepath.Join(t.TempDir(), "m.nii.gz")
		if err := Write(path, m); err != nil {
			t.Fatal(err)
		}
		back, err := ReadMask(path)
		if err != nil {
			t.Fatal(err)
		}
		for n := range m.Labels {
			if m.Labels[n] != back.Labels[n] {
				t.Fatalf("voxel %d: want %d, got %d", n, m.Labels[n], back.Labels[n])
			}
		}
	}
}

func TestWriteIsDeterministicAndLargeIsVersion2(t *testing.T) {
	v, err := volume.New(volume.Identity([3]int{40000, 2, 1}, [3]float64{1, 1, 1}), 3, volume.Arbitrary)
	if err != nil {
		t.Fatal(err)
	}
	v.Data[79999] = 5
	var a, b bytes.Buffer
	if err := Encode(&a, v); err != nil {
		t.Fatal(err)
	}
	if err := Encode(&b, v); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("want the same bytes twice")
	}
	h, err := Parse(a.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if h.Version != 2 || h.Channels != 3 || h.Size != v.Size {
		t.Errorf("want NIfTI-2 of 3 channels and size %v, got %d, %d, %v", v.Size, h.Version, h.Channels, h.Size)
	}
	if err := h.SameGrid(v.Geometry, 0); err != nil {
		t.Error(err)
	}
}

// Colour of 16 bits comes back sample by sample.
func TestDeepColour(t *testing.T) {
	raw := &volume.Raw{Geometry: volume.Identity([3]int{5, 4, 1}, [3]float64{1, 1, 1}), DType: volume.Uint16, Shape: []int{1, 4, 5, 3}, Bytes: make([]byte, 5*4*3*2)}
	for n := range 60 {
		raw.Bytes[2*n], raw.Bytes[2*n+1] = byte(n), 1
	}
	path := filepath.Join(t.TempDir(), "rgb.nii")
	if err := Write(path, raw); err != nil {
		t.Fatal(err)
	}
	v, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 60 {
		if got := v.Channel(n % 3)[n/3]; v.Channels != 3 || got != float32(256+n) {
			t.Fatalf("sample %d: want %d, got %g of %d channels", n, 256+n, got, v.Channels)
		}
	}
}
