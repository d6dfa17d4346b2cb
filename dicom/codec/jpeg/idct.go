package jpeg

// The accurate integer inverse DCT of the Independent JPEG Group (jidctint, after Loeffler, Ligtenberg
// and Moschytz 1989), so that results equal those of the decoders built on it.
const (
	constBits = 13
	fix0298   = 2446
	fix0390   = 3196
	fix0541   = 4433
	fix0765   = 6270
	fix0899   = 7373
	fix1175   = 9633
	fix1501   = 12299
	fix1847   = 15137
	fix1961   = 16069
	fix2053   = 16819
	fix2562   = 20995
	fix3072   = 25172
)

// idct transforms dequantised coefficients (natural order) in place into samples of 0 to top.
// pass1 is 2 for 8-bit samples and 1 for 12-bit ones.
func idct(b *[64]int32, pass1 uint, centre, top int32) {
	for c := range 8 {
		p := b[c:]
		_ = p[56]
		if p[8]|p[16]|p[24]|p[32]|p[40]|p[48]|p[56] == 0 {
			v := (p[0]<<constBits + 1<<(constBits-pass1-1)) >> (constBits - pass1)
			p[0], p[8], p[16], p[24], p[32], p[40], p[48], p[56] = v, v, v, v, v, v, v, v
			continue
		}
		t0, t1, t2, t3, t10, t11, t12, t13 := butterfly(p[0], p[8], p[16], p[24], p[32], p[40], p[48], p[56])
		const shift = constBits
		n := shift - pass1
		r := int32(1) << (n - 1)
		p[0], p[56] = (t10+t3+r)>>n, (t10-t3+r)>>n
		p[8], p[48] = (t11+t2+r)>>n, (t11-t2+r)>>n
		p[16], p[40] = (t12+t1+r)>>n, (t12-t1+r)>>n
		p[24], p[32] = (t13+t0+r)>>n, (t13-t0+r)>>n
	}
	n := constBits + pass1 + 3
	r := int32(1) << (n - 1)
	for y := 0; y < 64; y += 8 {
		p := (*[8]int32)(b[y:])
		t0, t1, t2, t3, t10, t11, t12, t13 := butterfly(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7])
		p[0], p[7] = clamp((t10+t3+r)>>n+centre, top), clamp((t10-t3+r)>>n+centre, top)
		p[1], p[6] = clamp((t11+t2+r)>>n+centre, top), clamp((t11-t2+r)>>n+centre, top)
		p[2], p[5] = clamp((t12+t1+r)>>n+centre, top), clamp((t12-t1+r)>>n+centre, top)
		p[3], p[4] = clamp((t13+t0+r)>>n+centre, top), clamp((t13-t0+r)>>n+centre, top)
	}
}

// butterfly is one 8-point pass: the odd part t0 to t3 and the even part t10 to t13.
func butterfly(x0, x1, x2, x3, x4, x5, x6, x7 int32) (t0, t1, t2, t3, t10, t11, t12, t13 int32) {
	z1 := (x2 + x6) * fix0541
	e2, e3 := z1-x6*fix1847, z1+x2*fix0765
	e0, e1 := (x0+x4)<<constBits, (x0-x4)<<constBits
	t10, t13, t11, t12 = e0+e3, e0-e3, e1+e2, e1-e2
	z1, z2, z3, z4 := x7+x1, x5+x3, x7+x3, x5+x1
	z5 := (z3 + z4) * fix1175
	t0, t1, t2, t3 = x7*fix0298, x5*fix2053, x3*fix3072, x1*fix1501
	z1, z2 = -z1*fix0899, -z2*fix2562
	z3, z4 = z5-z3*fix1961, z5-z4*fix0390
	t0, t1, t2, t3 = t0+z1+z3, t1+z2+z4, t2+z2+z3, t3+z1+z4
	return t0, t1, t2, t3, t10, t11, t12, t13
}

func clamp(v, top int32) int32 { return max(0, min(v, top)) }
