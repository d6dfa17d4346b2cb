package conv

import "fmt"

// Algorithm names the way in which the weight was packed to be used.
func (k *Packed) Algorithm() string {
	switch {
	case k.raw != nil && k.p.isDepthwise() && !k.p.unusual():
		return "depthwise"
	case k.raw != nil:
		return "by tap"
	case k.form == form{}:
		name := "direct"
		if k.p.taps() == 1 {
			name = "1×1"
		}
		if k.turned {
			name += ", turned"
		}
		return name
	case k.form.w > 1:
		return fmt.Sprintf("winograd %d×%d", k.form.h, k.form.w)
	}
	return fmt.Sprintf("winograd %d×%d rows", k.form.d, k.form.h)
}
