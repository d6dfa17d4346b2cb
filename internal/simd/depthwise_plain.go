package simd

import "unsafe"

// depthwiseTwin is the twin of the depthwise kernels for vectors of any number of lanes.
func depthwiseTwin(k, stride, lanes int, t *Depthwise) {
	words := k*stride + 1
	masks := unsafe.Slice(t.Masks, t.Vecs*words)
	weight := unsafe.Slice(t.Weight, k*k)
	for r := range t.Rows {
		for v := range t.Vecs {
			m := masks[v*words:][:words]
			for i := range lanes {
				if m[words-1]>>i&1 == 0 {
					continue
				}
				var s float32
				for kw := range k {
					lane := i * stride
					if m[kw*stride+lane/lanes]>>(lane%lanes)&1 == 0 {
						continue
					}
					off := t.SrcOff + 4*((v*lanes+i)*stride+kw)
					for kh := range k {
						if row := t.First + r*stride + kh; row >= 0 && row < t.InRows {
							s += weight[kh*k+kw] * *at(t.Src, row*t.SrcStride+off)
						}
					}
				}
				s += t.Bias
				if s < t.Lo {
					s = t.Lo
				}
				if s > t.Hi {
					s = t.Hi
				}
				*at(t.Dst, r*t.DstStride+4*(v*lanes+i)) = s
			}
		}
	}
}
