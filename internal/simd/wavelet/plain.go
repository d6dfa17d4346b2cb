package wavelet

import "math"

func downPlain(dst, a, l, r []int32) {
	for i := range dst {
		dst[i] = a[i] - (l[i]+r[i]+2)>>2
	}
}

func upPlain(dst, a, l, r []int32) {
	for i := range dst {
		dst[i] = a[i] + (l[i]+r[i])>>1
	}
}

// The conversions keep the compiler from joining a product and a sum.
func sharePlain(dst, a, l, r []float32, f float32) {
	for i := range dst {
		dst[i] = a[i] - float32(f*float32(l[i]+r[i]))
	}
}

func wholePlain(dst []int32, src []uint32) {
	for i, v := range src[:len(dst)] {
		sign := int32(v) >> 31
		dst[i] = (int32(v<<1>>2) ^ sign) - sign
	}
}

func scaledPlain(dst []float32, src []uint32, f float32) {
	for i, v := range src[:len(dst)] {
		dst[i] = math.Float32frombits(math.Float32bits(float32(int32(v&^(1<<31)))*f) | v&(1<<31))
	}
}

func withinPlain(dst, src []int32, lo, hi, shift int32) {
	for i, v := range src {
		dst[i] = min(max(lo, v), hi) + shift
	}
}

func nearestPlain(dst []int32, src []float32, lo, hi float32, shift int32) {
	for i, v := range src {
		if !(v > lo) {
			v = lo
		} else if v > hi {
			v = hi
		}
		dst[i] = int32(math.RoundToEven(float64(v))) + shift
	}
}

func zipPlain[T int32 | float32](dst, a, b []T) {
	for i, v := range b {
		d := (*[2]T)(dst[2*i:])
		d[0], d[1] = a[i], v
	}
	if len(a) > len(b) {
		dst[2*len(b)] = a[len(b)]
	}
}

func narrowPlain(dst []uint16, src []int32) {
	for i, v := range src {
		dst[i] = uint16(v)
	}
}
