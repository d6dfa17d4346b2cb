package conv

// span is output columns that are computed together, and the taps along width that read nothing but padding for all of them.
type span struct {
	lo, hi int
	dead   []bool // by tap; nil where none is
}

// spans divides the output's columns where that leaves out enough taps: each span is a call of the kernel of its own, which costs as
// much as a column. Where the columns aren't divided, one span leaves out the taps that no column needs. It tells whether no tap
// that is left reads padding.
func (p *Params) spans(divide bool) (parts []span, unpadded bool) {
	whole := span{hi: p.Out[2]}
	type reach struct{ lo, hi int } // outputs that a tap serves
	var reaches []reach
	borders := make([]bool, p.Out[2]+1)
	borders[0], borders[p.Out[2]] = true, true
	narrow := false
	for k := range p.Kernel[2] {
		lo, hi := within(k*p.Dilation[2]-p.PadLo[2], p.Stride[2], p.In[2], p.Out[2])
		lo = min(lo, p.Out[2])
		hi = max(lo, hi)
		reaches = append(reaches, reach{lo, hi})
		borders[lo], borders[hi] = true, true
		narrow = narrow || hi-lo < p.Out[2]
	}
	if !narrow {
		return []span{whole}, false
	}
	of := func(lo, hi int) (s span, live int) {
		s = span{lo: lo, hi: hi, dead: make([]bool, len(reaches))}
		for k, r := range reaches {
			s.dead[k] = r.lo >= hi || r.hi <= lo || r.lo == r.hi
			if !s.dead[k] {
				live++
			}
		}
		if live == len(reaches) {
			s.dead = nil
		}
		return s, live
	}
	whole, live := of(0, p.Out[2])
	if !divide {
		return []span{whole}, false
	}
	work := 0
	for lo, hi := 0, 1; hi <= p.Out[2]; hi++ {
		if borders[hi] {
			s, n := of(lo, hi)
			parts = append(parts, s)
			work += n * (hi - lo + 1)
			lo = hi
		}
	}
	if len(parts) > 1 && 5*work > 4*live*(p.Out[2]+1) {
		return []span{whole}, false
	}
	return parts, true
}
