package simd

import "math"

var binaryPlain = [numBinary]func(dst, a, b []float32){
	opAdd: func(dst, a, b []float32) {
		for i := range dst {
			dst[i] = a[i] + b[i]
		}
	},
	opSub: func(dst, a, b []float32) {
		for i := range dst {
			dst[i] = a[i] - b[i]
		}
	},
	opMul: func(dst, a, b []float32) {
		for i := range dst {
			dst[i] = a[i] * b[i]
		}
	},
	opDiv: func(dst, a, b []float32) {
		for i := range dst {
			dst[i] = a[i] / b[i]
		}
	},
	opMax: func(dst, a, b []float32) {
		for i := range dst {
			dst[i] = max(a[i], b[i])
		}
	},
	opMin: func(dst, a, b []float32) {
		for i := range dst {
			dst[i] = min(a[i], b[i])
		}
	},
}

func each(f func(x, p, q float64) float64) func(dst, x []float32, p, q float32) {
	return func(dst, x []float32, p, q float32) {
		for i := range dst {
			dst[i] = float32(f(float64(x[i]), float64(p), float64(q)))
		}
	}
}

var unaryPlain = [numUnary]func(dst, x []float32, p, q float32){
	opScaleShift: func(dst, x []float32, p, q float32) {
		for i := range dst {
			dst[i] = x[i]*p + q
		}
	},
	opAxpy: func(dst, x []float32, p, _ float32) {
		for i := range dst {
			dst[i] += p * x[i]
		}
	},
	opClamp: func(dst, x []float32, p, q float32) {
		for i, v := range x[:len(dst)] {
			if v < p {
				v = p
			}
			if v > q {
				v = q
			}
			dst[i] = v
		}
	},
	opLeaky: func(dst, x []float32, p, _ float32) {
		for i, v := range x[:len(dst)] {
			if v < 0 {
				v *= p
			}
			dst[i] = v
		}
	},
	opExp:       each(func(x, p, q float64) float64 { return math.Exp(float64(float32(x + q))) }),
	opSigmoid:   each(func(x, _, _ float64) float64 { return 1 / (1 + math.Exp(-x)) }),
	opSilu:      each(func(x, _, _ float64) float64 { return x / (1 + math.Exp(-x)) }),
	opTanh:      each(func(x, _, _ float64) float64 { return math.Tanh(x) }),
	opErf:       each(func(x, _, _ float64) float64 { return math.Erf(x) }),
	opGelu:      each(func(x, _, _ float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }),
	opHardSwish: each(func(x, _, _ float64) float64 { return x * min(max(x/6+0.5, 0), 1) }),
	opElu: each(func(x, p, _ float64) float64 {
		if x < 0 {
			return p * math.Expm1(x)
		}
		return x
	}),
}

var reducePlain = [numReduce]func(x, y []float32, p float32) float32{
	opSum: func(x, _ []float32, _ float32) float32 {
		var s [8]float32
		for i, v := range x {
			s[i&7] += v
		}
		return sum8(&s)
	},
	opSumSq: func(x, _ []float32, p float32) float32 {
		var s [8]float32
		for i, v := range x {
			s[i&7] += (v - p) * (v - p)
		}
		return sum8(&s)
	},
	opDot: func(x, y []float32, _ float32) float32 {
		var s [8]float32
		for i, v := range x {
			s[i&7] += v * y[i]
		}
		return sum8(&s)
	},
	opMaxOf: func(x, _ []float32, _ float32) float32 {
		m := float32(math.Inf(-1))
		for _, v := range x {
			m = max(m, v)
		}
		return m
	},
}

func sum8(s *[8]float32) float32 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

func zipPlain(dst, a, b []float32) {
	for i, v := range b {
		dst[2*i] = a[i]
		dst[2*i+1] = v
	}
	if len(dst)%2 == 1 {
		dst[len(dst)-1] = a[len(b)]
	}
}

func pairMaxPlain(dst, x []float32) {
	x = x[:2*len(dst)]
	for i := range dst {
		dst[i] = max(x[2*i], x[2*i+1])
	}
}
