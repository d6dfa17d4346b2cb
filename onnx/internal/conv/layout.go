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
	if l.raw = q.unusual() || q.isDepthwise(); l.raw {
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
