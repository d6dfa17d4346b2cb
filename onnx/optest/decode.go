package optest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// DecodePicture is an onnx.ImageDecoder for PNG, JPEG, BMP, TIFF, WebP and PNM by Go's decoders.
func DecodePicture(data []byte, channels int) ([]byte, int, int, error) {
	if bytes.HasPrefix(data, []byte("P6")) || bytes.HasPrefix(data, []byte("P5")) {
		return decodePNM(data, channels)
	}
	img, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, err
	}
	b := img.Bounds()
	if m, ok := img.(*image.YCbCr); ok && format == "webp" && channels == 3 && b.Min == (image.Point{}) {
		return studioRange(m), b.Dy(), b.Dx(), nil
	}
	out := make([]byte, 0, b.Dx()*b.Dy()*channels)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			if channels == 3 {
				out = append(out, byte(r>>8), byte(g>>8), byte(bl>>8))
			} else { // ITU-R 601-2 luma
				out = append(out, byte((19595*(r>>8)+38470*(g>>8)+7471*(bl>>8)+0x8000)>>16))
			}
		}
	}
	return out, b.Dy(), b.Dx(), nil
}

func decodePNM(data []byte, channels int) ([]byte, int, int, error) {
	r := bufio.NewReader(bytes.NewReader(data))
	var kind string
	var w, h, top int
	if _, err := fmt.Fscan(r, &kind, &w, &h, &top); err != nil {
		return nil, 0, 0, err
	}
	if kind != "P6" || channels != 3 || top != 255 {
		return nil, 0, 0, errors.New("optest: pnm: want 8-bit colour")
	}
	if _, err := r.ReadByte(); err != nil {
		return nil, 0, 0, err
	}
	pix, err := io.ReadAll(r)
	return pix, h, w, err
}
