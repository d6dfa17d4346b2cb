package conv

import "fmt"

// Algorithm names the way in which the weight was packed to be used.
func (k *Packed) Algorithm() string {
	return Layout{shape: k.p, form: k.form, turned: k.turned, raw: k.raw != nil}.Algorithm()
}

// Algorithm names the way in which weights of the layout are used; behind "winograd" stand the outputs of a tile along height and
// width, or along depth and height where whole rows are transformed.
func (l Layout) Algorithm() string {
	p := &l.shape
	switch {
	case l.raw && p.isDepthwise() && !p.unusual():
		return "depthwise"
	case l.raw && p.isDepthwisePlanes() && !p.unusual():
		return "depthwise, by planes"
	case l.raw:
		return "by tap"
	case l.form == form{}:
		name := "direct"
		if p.taps() == 1 {
			name = "1×1"
		}
		if l.turned {
			name += ", turned"
		}
		return name
	case l.form.w > 1:
		return fmt.Sprintf("winograd %d×%d", outputs(l.form.h), outputs(l.form.w))
	}
	return fmt.Sprintf("winograd %d×%d rows", outputs(l.form.d), outputs(l.form.h))
}
