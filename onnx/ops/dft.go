package ops

import (
	"math"
	"math/bits"
	"math/cmplx"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// fourier is the discrete Fourier transform of x, not scaled: radix 2 for powers of two, else
// Bluestein's by three of those.
func fourier(x []complex128, inverse bool) []complex128 {
	n := len(x)
	if n <= 1 {
		return append([]complex128{}, x...)
	}
	if n&(n-1) == 0 {
		out := append([]complex128{}, x...)
		radix2(out, inverse)
		return out
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	m := 1 << bits.Len(uint(2*n))
	chirp := make([]complex128, n)
	for i := range chirp {
		chirp[i] = cmplx.Rect(1, sign*math.Pi*float64(i*i%(2*n))/float64(n))
	}
	a, b := make([]complex128, m), make([]complex128, m)
	for i := range n {
		a[i] = x[i] * chirp[i]
		b[i] = cmplx.Conj(chirp[i])
		if i > 0 {
			b[m-i] = b[i]
		}
	}
	radix2(a, false)
	radix2(b, false)
	for i := range a {
		a[i] *= b[i]
	}
	radix2(a, true)
	out := make([]complex128, n)
	for i := range out {
		out[i] = a[i] / complex(float64(m), 0) * chirp[i]
	}
	return out
}

func radix2(x []complex128, inverse bool) {
	n := len(x)
	shift := 64 - bits.Len(uint(n-1))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	for size := 2; size <= n; size *= 2 {
		for k := range size / 2 {
			w := cmplx.Rect(1, sign*2*math.Pi*float64(k)/float64(size))
			for i := k; i < n; i += size {
				a, b := x[i], x[i+size/2]*w
				x[i], x[i+size/2] = a+b, a-b
			}
		}
	}
}

func dftOp(n *graph.Node) Kernel {
	inverse, onesided := n.Int("inverse", 0) != 0, n.Int("onesided", 0) != 0
	return func(c *Call) {
		x := c.in(0)
		a := n.Int("axis", 1)
		if n.Version >= 20 {
			a = -2
			if v := c.ints(2); len(v) > 0 {
				a = v[0]
			}
		}
		a = axis(a, x.Rank())
		if x.Rank() < 2 || a == x.Rank()-1 {
			fail("axis %d of %v is not one of a signal", a, x)
		}
		length := x.Shape()[a]
		if inverse && onesided {
			length = 2 * (length - 1)
		}
		if v := c.ints(1); len(v) > 0 {
			length = v[0]
		}
		if length < 1 || length > 1<<28 {
			fail("dft_length is %d", length)
		}
		c.Out[0] = c.dft(x, a, length, inverse, onesided)
	}
}

func (c *Call) dft(x *tensor.Tensor, a, length int, inverse, onesided bool) *tensor.Tensor {
	s := x.Shape()
	parts := s[len(s)-1]
	if parts != 1 && parts != 2 {
		fail("want real or complex elements, got %v", x)
	}
	wide := c.cast(x, tensor.Float64, true, "").Float64()
	d, outer, inner := s[a], product(s[:a]), product(s[a+1:len(s)-1])
	keep, outParts := length, 2
	if onesided && !inverse {
		keep = length/2 + 1
	}
	if onesided && inverse {
		outParts = 1
	}
	shape := append([]int{}, s...)
	shape[a], shape[len(s)-1] = keep, outParts
	out := c.New(tensor.Float64, shape...)
	buf := make([]complex128, length)
	for o := range outer {
		for i := range inner {
			clear(buf)
			for k := range min(d, length) {
				at := ((o*d+k)*inner + i) * parts
				v := complex(wide[at], 0)
				if parts == 2 {
					v = complex(wide[at], wide[at+1])
				}
				buf[k] = v
			}
			if onesided && inverse {
				for k := length/2 + 1; k < length; k++ {
					buf[k] = cmplx.Conj(buf[length-k])
				}
			}
			res := fourier(buf, inverse)
			scale := complex(1, 0)
			if inverse {
				scale = complex(1/float64(length), 0)
			}
			for k := range keep {
				v := res[k] * scale
				at := ((o*keep+k)*inner + i) * outParts
				out.Float64()[at] = real(v)
				if outParts == 2 {
					out.Float64()[at+1] = imag(v)
				}
			}
		}
	}
	return c.cast(out, x.DType(), true, "")
}

func stftOp(n *graph.Node) Kernel {
	onesided := n.Int("onesided", 1) != 0
	return func(c *Call) {
		x := c.in(0)
		if x.Rank() == 2 {
			x = x.View(x.Shape()[0], x.Shape()[1], 1)
		}
		if x.Rank() != 3 {
			fail("want batch, samples and parts, got %v", x)
		}
		hop := ints(c.in(1))[0]
		batch, samples, parts := x.Shape()[0], x.Shape()[1], x.Shape()[2]
		length := samples
		var window []float64
		if w := c.opt(2); w != nil {
			window = c.cast(w, tensor.Float64, true, "").Float64()
			length = len(window)
		}
		if v := c.ints(3); len(v) > 0 {
			length = v[0]
		}
		if hop < 1 || length < 1 || length > samples || window != nil && len(window) < length {
			fail("frames of %d every %d do not fit %d samples", length, hop, samples)
		}
		frames := 1 + (samples-length)/hop
		wide := c.cast(x, tensor.Float64, true, "").Float64()
		cut := c.New(tensor.Float64, batch, frames, length, parts)
		for b := range batch {
			for f := range frames {
				for i := range length {
					for p := range parts {
						v := wide[(b*samples+f*hop+i)*parts+p]
						if window != nil {
							v *= window[i]
						}
						cut.Float64()[((b*frames+f)*length+i)*parts+p] = v
					}
				}
			}
		}
		c.Out[0] = c.cast(c.dft(cut, 2, length, false, onesided), x.DType(), true, "")
	}
}

func melWeightOp(n *graph.Node) Kernel {
	dt := tensor.DType(n.Int("output_datatype", 1))
	return func(c *Call) {
		bins, length, rate := ints(c.in(0))[0], ints(c.in(1))[0], ints(c.in(2))[0]
		lo, hi := c.floats(3)[0], c.floats(4)[0]
		if bins < 0 || length < 0 || rate <= 0 {
			fail("bins, length and rate must be positive")
		}
		spectrum := length/2 + 1
		mel := func(f float64) float64 { return 2595 * math.Log10(1+f/700) }
		edges := make([]int, bins+2)
		step := (mel(hi) - mel(lo)) / float64(bins+2)
		for i := range edges {
			f := 700 * (math.Pow(10, (mel(lo)+float64(i)*step)/2595) - 1)
			edges[i] = int(math.Floor(float64(length+1) * f / float64(rate)))
		}
		out := c.Zeros(tensor.Float64, spectrum, bins)
		put := func(r, k int, v float64) {
			if r >= 0 && r < spectrum {
				out.Float64()[r*bins+k] = v
			}
		}
		for k := range bins {
			a, b, z := edges[k], edges[k+1], edges[k+2]
			if b == a {
				put(b, k, 1)
			} else {
				for j := a; j <= b; j++ {
					put(j, k, float64(j-a)/float64(b-a))
				}
			}
			for j := b; j < z; j++ {
				put(j, k, float64(z-j)/float64(z-b))
			}
		}
		c.Out[0] = c.cast(out, dt, true, "")
	}
}
