package jpeg

import (
	"bytes"
	"image"
	stdjpeg "image/jpeg"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// picture encodes a smooth colour or grey picture with the standard library.
func picture(t testing.TB, samples int) ([]byte, frame.Info, image.Image) {
	t.Helper()
	const w, h = 45, 37
	var im image.Image
	if samples == 1 {
		g := image.NewGray(image.Rect(0, 0, w, h))
		for i := range g.Pix {
			g.Pix[i] = byte(128 + (i%w)*2 - (i/w)*3)
		}
		im = g
	} else {
		c := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		for i := range c.Y {
			c.Y[i] = byte(40 + i%c.YStride*4)
		}
		for i := range c.Cb {
			c.Cb[i], c.Cr[i] = byte(90+i%c.CStride*3), byte(180-i/c.CStride*4)
		}
		im = c
	}
	var b bytes.Buffer
	if err := stdjpeg.Encode(&b, im, &stdjpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	decoded, err := stdjpeg.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), frame.Info{Rows: h, Columns: w, Samples: samples, BitsAllocated: 8, BitsStored: 8, HighBit: 7}, decoded
}

// TestStandardLibrary compares planes with image/jpeg's, whose inverse DCT rounds otherwise: within 2,
// and the colour, which it does not upsample, at the grey picture's only.
func TestStandardLibrary(t *testing.T) {
	for _, samples := range []int{1, 3} {
		stream, info, want := picture(t, samples)
		dst := make([]byte, info.Size())
		if err := Decode(dst, stream, info); err != nil {
			t.Fatal(err)
		}
		for y := range info.Rows {
			for x := range info.Columns {
				var v byte
				switch im := want.(type) {
				case *image.Gray:
					v = im.GrayAt(x, y).Y
				case *image.YCbCr:
					v = im.YCbCrAt(x, y).Y
				}
				if d := int(dst[(y*info.Columns+x)*samples]) - int(v); d < -2 || d > 2 {
					t.Fatalf("%d samples: pixel %d %d: want %d, got %d", samples, x, y, v, dst[(y*info.Columns+x)*samples])
				}
			}
		}
	}
}

func TestDamage(t *testing.T) {
	for _, samples := range []int{1, 3} {
		stream, info, _ := picture(t, samples)
		codectest.Damage(t, Decode, stream, info)
	}
}

func FuzzDecode(f *testing.F) {
	stream, info, _ := picture(f, 3)
	codectest.Fuzz(f, Decode, info, stream)
}

// TestPeers holds the decoder to what others decode.
func TestPeers(t *testing.T) { codectest.Peers(t, Decode) }
