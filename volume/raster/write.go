package raster

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/volume"
)

// WritePNG writes an image of one slice, with 1 or 3 channels: values that are whole and within 0 to 255
// as 8 bits, or within 0 to 65535 as 16 bits, are kept as they are; any others are scaled so that the
// smallest becomes 0 and the largest 255. A mask is written as its labels, stored values of 8 or 16 bits
// without sign as they are.
func WritePNG(path string, img any) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error { return Encode(w, img) })
}

// Encode writes a PNG to a stream, as WritePNG does.
func Encode(w io.Writer, img any) error {
	m, err := picture(img)
	if err != nil {
		return err
	}
	return png.Encode(w, m)
}

func picture(img any) (image.Image, error) {
	switch x := img.(type) {
	case *volume.Volume:
		if x.Size[2] != 1 || x.Channels != 1 && x.Channels != 3 {
			return nil, fmt.Errorf("raster: write: want one slice of 1 or 3 channels, got %d of %d", x.Size[2], x.Channels)
		}
		scale, shift, deep := levels(x)
		n := x.Voxels()
		return draw(x.Size, x.Channels, deep, func(c, at int) uint16 {
			f := (float64(x.Data[c*n+at]) - shift) * scale
			if !(f > 0) {
				return 0
			}
			return uint16(min(f+0.5, 65535))
		}), nil
	case *volume.Mask:
		if x.Size[2] != 1 {
			return nil, fmt.Errorf("raster: write: want one slice, got %d", x.Size[2])
		}
		deep := false
		for _, l := range x.Labels {
			deep = deep || l > 255
		}
		return draw(x.Size, 1, deep, func(_, at int) uint16 { return x.Labels[at] }), nil
	case *volume.Raw:
		if err := x.Validate(); err != nil {
			return nil, err
		}
		samples := x.Values() / x.Voxels()
		if x.Size[2] != 1 || samples != 1 && samples != 3 || x.DType != volume.Uint8 && x.DType != volume.Uint16 {
			return nil, fmt.Errorf("raster: write: want one slice of 1 or 3 samples of uint8 or uint16, got shape %v of %s", x.Shape, x.DType)
		}
		return draw(x.Size, samples, x.DType == volume.Uint16, func(c, at int) uint16 {
			n := at*samples + c
			if x.DType == volume.Uint8 {
				return uint16(x.Bytes[n])
			}
			return uint16(x.Bytes[2*n]) | uint16(x.Bytes[2*n+1])<<8
		}), nil
	}
	return nil, fmt.Errorf("raster: write: want *volume.Volume, *volume.Mask or *volume.Raw, got %T", img)
}

func draw(size [3]int, channels int, deep bool, value func(c, at int) uint16) image.Image {
	r := image.Rect(0, 0, size[0], size[1])
	at := 0
	switch {
	case channels == 1 && !deep:
		m := image.NewGray(r)
		for n := range m.Pix {
			m.Pix[n] = uint8(value(0, n))
		}
		return m
	case channels == 1:
		m := image.NewGray16(r)
		for n := range len(m.Pix) / 2 {
			v := value(0, n)
			m.Pix[2*n], m.Pix[2*n+1] = uint8(v>>8), uint8(v)
		}
		return m
	case !deep:
		m := image.NewNRGBA(r)
		for y := range size[1] {
			for x := range size[0] {
				m.SetNRGBA(x, y, color.NRGBA{uint8(value(0, at)), uint8(value(1, at)), uint8(value(2, at)), 255})
				at++
			}
		}
		return m
	}
	m := image.NewNRGBA64(r)
	for y := range size[1] {
		for x := range size[0] {
			m.SetNRGBA64(x, y, color.NRGBA64{R: value(0, at), G: value(1, at), B: value(2, at), A: 65535})
			at++
		}
	}
	return m
}

// levels says how values become samples.
func levels(v *volume.Volume) (scale, shift float64, deep bool) {
	whole := true
	for _, x := range v.Data {
		if x < 0 || x > 65535 || x != float32(int32(x)) {
			whole = false
			break
		}
		deep = deep || x > 255
	}
	if whole {
		return 1, 0, deep
	}
	lo, hi, ok := v.Range()
	if !ok || !(hi > lo) {
		return 0, 0, false
	}
	return 255 / (float64(hi) - float64(lo)), float64(lo), false
}
