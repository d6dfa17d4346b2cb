// Package raster reads PNG (ISO/IEC 15948) and JPEG pictures as volumes of one slice, and writes PNG.
//
// A picture has no patient frame: i grows along a row and j down the rows, the first pixel lies at the
// origin and, unless a caller knows better, a pixel is taken as 1 mm. Resolution chunks (pHYs, JFIF
// density) say how to print, not how large the patient is, and are left alone.
package raster

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/volume"
)

// MaxPixels caps a picture, and maxPixelsPerByte what a file of a given length can claim: DEFLATE packs
// at most about a thousand bytes, of eight pixels each, into one.
const (
	MaxPixels        = 1 << 28
	maxPixelsPerByte = 8 * 1100
)

// Header is what a picture says before its pixels.
type Header struct {
	volume.Geometry
	Format   string // png or jpeg
	Channels int    // 1 grey, 3 colour
	Bits     int    // stored bits of one sample: 8 or 16
}

// ReadHeader reads the size and kind of a picture.
func ReadHeader(path string) (*Header, error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("raster: %w", err)
	}
	defer f.Close()
	h, _, err := header(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	return h, h.fits(f)
}

// fits checks a picture's claim against the length of its file.
func (h *Header) fits(f *archive.File) error {
	if int64(h.Voxels()) > f.Size()*maxPixelsPerByte {
		return volume.Malformed("raster: %s: want %d x %d pixels, which %d bytes can't hold", h.Format, h.Size[0], h.Size[1], f.Size())
	}
	return nil
}

// Read reads a picture with its values as stored: 0 to 255, or 0 to 65535 for 16 bits. An alpha channel
// is dropped, and a palette or JPEG's YCbCr becomes RGB; a picture in whose pixels red, green and blue
// never differ has one channel.
func Read(path string) (*volume.Volume, error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("raster: %w", err)
	}
	defer f.Close()
	h, whole, err := header(bufio.NewReader(f))
	if err == nil {
		err = h.fits(f)
	}
	if err != nil {
		return nil, err
	}
	return decode(h, whole)
}

// Decode reads a picture from a stream, as Read does.
func Decode(r io.Reader) (*volume.Volume, error) {
	b := bufio.NewReader(r)
	h, whole, err := header(b)
	if err != nil {
		return nil, err
	}
	return decode(h, whole)
}

func decode(h *Header, whole io.Reader) (*volume.Volume, error) {
	var img image.Image
	var err error
	if h.Format == "png" {
		img, err = png.Decode(whole)
	} else {
		img, err = jpeg.Decode(whole)
	}
	if err != nil {
		return nil, volume.Malformed("raster: %s: %w", h.Format, err)
	}
	return convert(img, h)
}

// header checks the size before pixels are decoded; whole starts at the first byte again.
func header(b *bufio.Reader) (h *Header, whole io.Reader, err error) {
	magic, err := b.Peek(8)
	if err != nil && len(magic) < 3 {
		return nil, nil, volume.Malformed("raster: want a PNG or JPEG picture, got %d bytes", len(magic))
	}
	var head replay
	h = &Header{}
	tee := io.TeeReader(b, &head)
	var c image.Config
	switch {
	case string(magic) == "\x89PNG\r\n\x1a\n":
		h.Format = "png"
		c, err = png.DecodeConfig(tee)
	case magic[0] == 0xff && magic[1] == 0xd8 && magic[2] == 0xff:
		h.Format = "jpeg"
		c, err = jpeg.DecodeConfig(tee)
	default:
		return nil, nil, volume.Malformed("raster: want a PNG or JPEG picture, got other bytes")
	}
	if err != nil {
		return nil, nil, volume.Malformed("raster: %s: %w", h.Format, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > MaxPixels/c.Height {
		return nil, nil, volume.Malformed("raster: %s: want 1 to %d pixels, got %d x %d", h.Format, MaxPixels, c.Width, c.Height)
	}
	h.Geometry = volume.Identity([3]int{c.Width, c.Height, 1}, [3]float64{1, 1, 1})
	h.Channels, h.Bits = 3, 8
	switch c.ColorModel {
	case color.GrayModel:
		h.Channels = 1
	case color.Gray16Model:
		h.Channels, h.Bits = 1, 16
	case color.RGBA64Model, color.NRGBA64Model:
		h.Bits = 16
	}
	return h, io.MultiReader(&head, b), nil
}

// replay keeps what DecodeConfig has read.
type replay struct {
	data []byte
}

func (r *replay) Write(p []byte) (int, error) {
	r.data = append(r.data, p...)
	return len(p), nil
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}
