package raster

import (
	"image"
	"image/color"

	"github.com/caliper-imaging/caliper/volume"
)

func convert(img image.Image, h *Header) (*volume.Volume, error) {
	b := img.Bounds()
	if b.Dx() != h.Size[0] || b.Dy() != h.Size[1] {
		return nil, volume.Malformed("raster: %s: want %d x %d pixels as the header says, got %d x %d", h.Format, h.Size[0], h.Size[1], b.Dx(), b.Dy())
	}
	channels := 3
	if grey(img) {
		channels = 1
	}
	v, err := volume.New(h.Geometry, channels, volume.Arbitrary)
	if err != nil {
		return nil, err
	}
	n := v.Voxels()
	at := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl := sample(img, x, y)
			v.Data[at] = r
			if channels == 3 {
				v.Data[n+at], v.Data[2*n+at] = g, bl
			}
			at++
		}
	}
	return v, nil
}

// grey reports whether red, green and blue are the same in every pixel.
func grey(img image.Image) bool {
	switch img.(type) {
	case *image.Gray, *image.Gray16:
		return true
	}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, g, bl := sample(img, x, y); r != g || g != bl {
				return false
			}
		}
	}
	return true
}

// sample is the colour of a pixel as stored, alpha left out and not multiplied in.
func sample(img image.Image, x, y int) (r, g, b float32) {
	switch m := img.(type) {
	case *image.Gray:
		v := float32(m.GrayAt(x, y).Y)
		return v, v, v
	case *image.Gray16:
		v := float32(m.Gray16At(x, y).Y)
		return v, v, v
	case *image.NRGBA:
		c := m.NRGBAAt(x, y)
		return float32(c.R), float32(c.G), float32(c.B)
	case *image.RGBA:
		c := m.RGBAAt(x, y)
		return float32(c.R), float32(c.G), float32(c.B)
	case *image.NRGBA64:
		c := m.NRGBA64At(x, y)
		return float32(c.R), float32(c.G), float32(c.B)
	case *image.RGBA64:
		c := m.RGBA64At(x, y)
		return float32(c.R), float32(c.G), float32(c.B)
	case *image.YCbCr:
		c := m.YCbCrAt(x, y)
		red, green, blue := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		return float32(red), float32(green), float32(blue)
	}
	c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
	return float32(c.R), float32(c.G), float32(c.B)
}
