package tensor

import "math"

// Float16Value is the value of an IEEE 754 binary16 code.
func Float16Value(c uint16) float32 {
	sign := uint32(c&0x8000) << 16
	exp := uint32(c >> 10 & 31)
	man := uint32(c & 0x3ff)
	switch exp {
	case 0:
		v := float32(man) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | man<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | man<<13)
}

// Float16Code rounds to the nearest binary16, ties to even.
func Float16Code(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	a := b & 0x7fffffff
	switch {
	case a > 0x7f800000:
		return sign | 0x7e00
	case a >= 0x477ff000: // rounds to 65536 or more
		return sign | 0x7c00
	case a < 0x38800000: // subnormal
		m := math.Float32frombits(a) * (1 << 24)
		return sign | uint16(math.RoundToEven(float64(m)))
	}
	r := a + 0xfff + a>>13&1
	return sign | uint16(r>>13-112<<10)
}

// BFloat16Value is the value of a bfloat16 code.
func BFloat16Value(c uint16) float32 { return math.Float32frombits(uint32(c) << 16) }

// BFloat16Code rounds to the nearest bfloat16, ties to even.
func BFloat16Code(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// smallFormat describes a floating-point type of at most eight bits.
type smallFormat struct {
	exp, man, bias int
	finite         bool // no infinities: the largest exponent holds numbers
	uz             bool // no negative zero: that code is the only NaN
	noNaN          bool
}

var smallFormats = map[DType]smallFormat{
	Float8E4M3FN:   {exp: 4, man: 3, bias: 7, finite: true},
	Float8E4M3FNUZ: {exp: 4, man: 3, bias: 8, finite: true, uz: true},
	Float8E5M2:     {exp: 5, man: 2, bias: 15},
	Float8E5M2FNUZ: {exp: 5, man: 2, bias: 16, finite: true, uz: true},
	Float4E2M1:     {exp: 2, man: 1, bias: 1, finite: true, noNaN: true},
}

// SmallValues is the value of every code of a floating-point type of at most eight bits.
func SmallValues(dt DType) *[256]float32 {
	var v [256]float32
	if dt == Float8E8M0 {
		for i := range 255 {
			v[i] = float32(math.Ldexp(1, i-127))
		}
		v[255] = float32(math.NaN())
		return &v
	}
	f := smallFormats[dt]
	bits := 1 + f.exp + f.man
	for i := range 1 << bits {
		e := i >> f.man & (1<<f.exp - 1)
		m := i & (1<<f.man - 1)
		x := math.Ldexp(float64(m), 1-f.bias-f.man)
		if e > 0 {
			x = math.Ldexp(float64(1<<f.man+m), e-f.bias-f.man)
		}
		neg := i>>(bits-1) == 1
		top := e == 1<<f.exp-1
		switch {
		case f.uz && i == 1<<(bits-1):
			x = math.NaN()
		case f.uz || f.noNaN:
		case f.finite && top && m == 1<<f.man-1:
			x = math.NaN()
		case !f.finite && top && m == 0:
			x = math.Inf(1)
		case !f.finite && top:
			x = math.NaN()
		}
		if neg && !math.IsNaN(x) {
			x = -x
			if x == 0 {
				x = math.Copysign(0, -1)
			}
		}
		v[i] = float32(x)
	}
	return &v
}

// MaxFinite is the largest finite value of a floating-point type of at most eight bits.
func MaxFinite(dt DType) float32 {
	best := float32(0)
	for _, v := range SmallValues(dt) {
		if v > best && !math.IsInf(float64(v), 0) {
			best = v
		}
	}
	return best
}
