package conv

import "fmt"

// Algorithm names the way in which the weight was packed to be used.
func (k *Packed) Algorithm() string {
	return Layout{shape: k.p, form: k.form, turned: k.turned, raw: k.raw != nil}.Algorithm()
}

// Algorithm names the way in which weights of the layout are used.
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
		return fmt.Sprintf("winograd %d×%d", l.form.h, l.form.w)
	}
	return fmt.Sprintf("winograd %d×%d rows", l.form.d, l.form.h)
}
