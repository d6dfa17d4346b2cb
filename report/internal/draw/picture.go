package draw

import (
	"image"

	"github.com/caliper-imaging/caliper/study"
)

// Picture gives a key image the standard library's type: grey, or colour without transparency.
func Picture(k *study.KeyImage) image.Image {
	rect := image.Rect(0, 0, k.Width, k.Height)
	if k.Samples == 1 {
		return &image.Gray{Pix: k.Pixels, Stride: k.Width, Rect: rect}
	}
	img := image.NewNRGBA(rect)
	for n := range k.Width * k.Height {
		copy(img.Pix[4*n:], k.Pixels[3*n:3*n+3])
		img.Pix[4*n+3] = 255
	}
	return img
}
