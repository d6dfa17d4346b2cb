package raster

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
)

func encode(t testing.TB, img image.Image, asJPEG bool) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if asJPEG {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 95})
	} else {
		err = png.Encode(&b, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecode(t *testing.T) {
	r := image.Rect(0, 0, 5, 3)
	g8, g16, rgba, rgb16 := image.NewGray(r), image.NewGray16(r), image.NewNRGBA(r), image.NewNRGBA64(r)
	same := image.NewNRGBA(r)
	palette := image.NewPaletted(r, color.Palette{color.NRGBA{10, 20, 30, 255}, color.NRGBA{200, 100, 0, 255}})
	for y := range 3 {
		for x := range 5 {
			n := uint8(10*x + y)
			g8.SetGray(x, y, color.Gray{n})
			g16.SetGray16(x, y, color.Gray16{300 * uint16(n)})
			rgba.SetNRGBA(x, y, color.NRGBA{n, 2 * n, 3, 100})
			rgb16.SetNRGBA64(x, y, color.NRGBA64{300 * uint16(n), 5, 65535, 65535})
			same.SetNRGBA(x, y, color.NRGBA{n, n, n, 255})
			palette.SetColorIndex(x, y, uint8((x+y)%2))
		}
	}
	for _, c := range []struct {
		name string
		img  image.Image
		bits int
		want []float32 // at x 4, y 2
	}{
		{"grey", g8, 8, []float32{42}},
		{"grey 16", g16, 16, []float32{12600}},
		{"alpha is dropped", rgba, 8, []float32{42, 84, 3}},
		{"colour 16", rgb16, 16, []float32{12600, 5, 65535}},
		{"colour that is grey", same, 8, []float32{42}},
		{"palette", palette, 8, []float32{10, 20, 30}},
	} {
		v, err := Decode(bytes.NewReader(encode(t, c.img, false)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if v.Channels != len(c.want) || v.Size != [3]int{5, 3, 1} {
			t.Errorf("%s: want %d channels of 5 x 3, got %d of %v", c.name, len(c.want), v.Channels, v.Size)
			continue
		}
		for ch, w := range c.want {
			if got := v.Channel(ch)[v.Offset(4, 2, 0)]; got != w {
				t.Errorf("%s: channel %d: want %g, got %g", c.name, ch, w, got)
			}
		}
		var b bytes.Buffer
		if err := Encode(&b, v); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		back, err := Decode(&b)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for n := range v.Data {
			if v.Data[n] != back.Data[n] {
				t.Errorf("%s: value %d changed from %g to %g", c.name, n, v.Data[n], back.Data[n])
				break
			}
		}
	}
	v, err := Decode(bytes.NewReader(encode(t, g8, true)))
	if err != nil || v.Channels != 1 || math.Abs(float64(v.At(4, 2, 0))-42) > 4 {
		t.Errorf("grey JPEG: want 1 channel and about 42, got %+v, %v", v, err)
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	whole := encode(t, image.NewGray(image.Rect(0, 0, 40, 30)), false)
	photo := encode(t, image.NewGray(image.Rect(0, 0, 40, 30)), true)
	bomb := bytes.Clone(whole)
	copy(bomb[16:], []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff})
	for name, b := range map[string][]byte{
		"empty": nil, "two bytes": {0xff, 0xd8}, "text": []byte("hello, this is a text"), "half a PNG": whole[:len(whole)/2],
		"half a JPEG": photo[:len(photo)/2], "magic only": whole[:8], "bomb": bomb,
	} {
		if _, err := Decode(bytes.NewReader(b)); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

// A few bytes that claim a huge picture are refused before memory is taken for it.
func TestClaimIsHeldAgainstTheFile(t *testing.T) {
	whole := encode(t, image.NewGray(image.Rect(0, 0, 40, 30)), false)
	binary.BigEndian.PutUint32(whole[16:], 16000)
	binary.BigEndian.PutUint32(whole[20:], 16000)
	binary.BigEndian.PutUint32(whole[29:], crc32.ChecksumIEEE(whole[12:29]))
	path := filepath.Join(t.TempDir(), "claim.png")
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"header": second(ReadHeader(path)), "picture": second(Read(path))} {
		if err == nil || !strings.Contains(err.Error(), "can't hold") {
			t.Errorf("%s: want an error that the file can't hold so much, got %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestScalesOtherValues(t *testing.T) {
	v, err := volume.New(volume.Identity([3]int{3, 1, 1}, [3]float64{1, 1, 1}), 1, volume.HU)
	if err != nil {
		t.Fatal(err)
	}
	copy(v.Data, []float32{-1000, 0, 1000})
	path := filepath.Join(t.TempDir(), "v.png")
	if err := WritePNG(path, v); err != nil {
		t.Fatal(err)
	}
	back, err := Read(path)
	if err != nil || back.Data[0] != 0 || back.Data[1] != 128 || back.Data[2] != 255 {
		t.Errorf("want 0 128 255, got %v, %v", back, err)
	}
}

// Mean and a pixel of real radiographs as Pillow 13.0.0 decodes them; JPEG decoders may differ by 1.
func TestRealRadiographs(t *testing.T) {
	for _, c := range []struct {
		path       string
		size       int
		mean, x300 float64 // x300: at x 300, y 500
		tol        float64
	}{
		{"data/cxr_nih_longitudinal/00000001_000-Cardiomegaly.png", 1024, 128.135709, 44, 0},
		{"data/cxr_nih_subset/images/00000506_013.jpg", 512, 149.515747, 224, 1},
	} {
		v, err := Read(golden.Shared(t, c.path))
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, x := range v.Data {
			sum += float64(x)
		}
		if mean := sum / float64(len(v.Data)); v.Size != [3]int{c.size, c.size, 1} || v.Channels != 1 || math.Abs(mean-c.mean) > 0.05*c.tol+1e-5 {
			t.Errorf("%s: want 1 channel of %d² with mean %g, got %d of %v with %g", c.path, c.size, c.mean, v.Channels, v.Size, mean)
		}
		if got := float64(v.At(300, 500, 0)); math.Abs(got-c.x300) > c.tol {
			t.Errorf("%s: want %g at 300, 500, got %g", c.path, c.x300, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, image.NewGray(image.Rect(0, 0, 4, 3)), false))
	f.Add(encode(f, image.NewNRGBA(image.Rect(0, 0, 4, 3)), true))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _, err := header(bufio.NewReader(bytes.NewReader(b)))
		if err != nil || h.Voxels() > 1<<16 {
			return
		}
		if v, err := Decode(bytes.NewReader(b)); err == nil && v.Validate() != nil {
			t.Errorf("decoded a grid that is not valid")
		}
	})
}
