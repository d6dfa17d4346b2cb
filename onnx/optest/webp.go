package optest

import "image"

// studioRange converts a picture of VP8, whose luma goes from 16 to 235 (RFC 6386, section 9.2, and ITU-R BT.601), to 8-bit RGB. Chroma
// between samples is weighted 9, 3, 3 and 1 by sixteenths, the nearest most.
func studioRange(m *image.YCbCr) (pix []byte) {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	at := func(plane []byte, x, y int) int {
		x, y = min(max(x, 0), (w+1)/2-1), min(max(y, 0), (h+1)/2-1)
		return int(plane[y*m.CStride+x])
	}
	// The four nearest samples of a pixel: its own, and those of the neighbours that it leans to.
	chroma := func(plane []byte, x, y int) int {
		cx, cy := x/2, y/2
		nx, ny := cx+2*(x&1)-1, cy+2*(y&1)-1
		return (9*at(plane, cx, cy) + 3*at(plane, nx, cy) + 3*at(plane, cx, ny) + at(plane, nx, ny) + 8) >> 4
	}
	clip := func(v int) byte { return byte(min(max(v>>6, 0), 255)) }
	for y := range h {
		for x := range w {
			// 1.164, 1.596, 0.391, 0.813 and 2.018 in units of 1/16384, and the offsets that take 16 and 128 away
			l := (19077 * int(m.Y[y*m.YStride+x])) >> 8
			u, v := chroma(m.Cb, x, y), chroma(m.Cr, x, y)
			pix = append(pix, clip(l+(26149*v>>8)-14234), clip(l-(6419*u>>8)-(13320*v>>8)+8708), clip(l+(33050*u>>8)-17685))
		}
	}
	return pix
}
