package simd

import "unsafe"

func winogradInPlain(n, lanes int, t *WinogradIn) {
	masks := unsafe.Slice(t.Masks, t.Vecs)
	for v, mask := range masks {
		for i := range lanes {
			var d [6]float32
			off := 4 * (v*lanes + i)
			if mask>>i&1 != 0 {
				for k := range n {
					d[k] = *at(t.Src[k], t.SrcOff+off)
				}
			}
			var p [6]float32
			if n == 4 {
				p = [6]float32{d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]}
			} else {
				a, b, c, e := d[4]-4*d[2], d[3]-4*d[1], d[4]-d[2], 2*(d[3]-d[1])
				p = [6]float32{4*d[0] - 5*d[2] + d[4], a + b, a - b, c + e, c - e, 4*d[1] - 5*d[3] + d[5]}
			}
			for k := range n {
				*at(t.Dst, k*t.DstStride+off) = p[k]
			}
		}
	}
}

func winogradOutPlain(n, lanes int, t *WinogradOut) {
	masks := unsafe.Slice(t.Masks, t.Vecs)
	for v, mask := range masks {
		for i := range lanes {
			if mask>>i&1 == 0 {
				continue
			}
			off := 4 * (v*lanes + i)
			var d [6]float32
			for k := range n {
				d[k] = *at(t.Src, k*t.SrcStride+off)
			}
			var p [4]float32
			if n == 4 {
				p = [4]float32{d[0] + d[1] + d[2], d[1] - d[2] - d[3]}
			} else {
				s1, d1, s2, d2 := d[1]+d[2], d[1]-d[2], d[3]+d[4], d[3]-d[4]
				p = [4]float32{d[0] + s1 + s2, d1 + 2*d2, s1 + 4*s2, d1 + 8*d2 + d[5]}
			}
			for k := range n - 2 {
				x := p[k] + t.Bias
				if x < t.Lo {
					x = t.Lo
				}
				if x > t.Hi {
					x = t.Hi
				}
				*at(t.Dst[k], off) = x
			}
		}
	}
}

func wholeInPlain(n, lanes int, t *WinogradIn) {
	u := *t
	masks := make([]uint32, t.Vecs)
	for i := range masks {
		masks[i] = 1<<lanes - 1
	}
	u.Masks, u.SrcOff = &masks[0], 0
	for i := range t.Repeat {
		u.Dst, u.SrcOff = at(t.Dst, i*t.DstStep), i*t.SrcStep
		winogradInPlain(n, lanes, &u)
	}
}

func wholeOutPlain(n, lanes int, t *WinogradOut) {
	u := *t
	masks := make([]uint32, t.Vecs)
	for i := range masks {
		masks[i] = 1<<lanes - 1
	}
	u.Masks, u.Bias = &masks[0], 0
	u.NoClamp()
	for i := range t.Repeat {
		u.Src = at(t.Src, i*t.SrcStep)
		for k := range n - 2 {
			u.Dst[k] = at(t.Dst[k], i*t.DstStep)
		}
		winogradOutPlain(n, lanes, &u)
	}
}
