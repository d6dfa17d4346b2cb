package conv

// Layout is how Pack lays out the weight of a convolution: convolutions whose layouts are equal can share the packed weight.
type Layout struct {
	shape       Params // without sizes and pads
	form        form
	turned, raw bool
}

// LayoutOf returns the layout that Pack chooses for p.
func LayoutOf(p *Params) Layout {
	q := *p
	q.normalise()
	l := Layout{shape: Params{InC: q.InC, OutC: q.OutC, Group: q.Group, Kernel: q.Kernel, Stride: q.Stride, Dilation: q.Dilation}}
	if l.raw = q.unusual() || q.isDepthwise() || q.isDepthwisePlanes(); l.raw {
		return l
	}
	l.form, _ = chooseForm(&q)
	l.turned = l.form == form{} && q.turns()
	return l
}

// DirectLayoutOf returns the layout that PackDirect chooses for p.
func DirectLayoutOf(p *Params) Layout {
	l := LayoutOf(p)
	l.form, l.turned = form{}, false
	l.raw = l.raw && p.unusual()
	return l
}

// SmallLayoutOf returns a layout that takes little memory, for p of small size.
func SmallLayoutOf(p *Params) Layout {
	l := LayoutOf(p)
	if !l.raw {
		q := *p
		q.normalise()
		l.form, l.turned = form{}, q.turns()
	}
	return l
}

// PackAs is Pack with a layout that LayoutOf or DirectLayoutOf gave for a convolution of the same channels, kernel, stride, dilation and
// group, whatever its sizes.
func PackAs(weight []float32, p *Params, l Layout) *Packed {
	q := *p
	q.normalise()
	n := q.OutC * (q.InC / q.Group) * q.taps()
	need("weight", len(weight), n)
	switch {
	case l.raw:
		return &Packed{p: q, raw: append([]float32(nil), weight[:n]...)}
	case l.turned:
		return packTurned(weight, q)
	}
	return packForm(weight, q, l.form)
}

// Serves tells whether a weight of the layout can be used for a convolution of p's shape.
func (l Layout) Serves(p *Params) bool { return l.shape == LayoutOf(p).shape }
