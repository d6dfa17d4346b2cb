package ops

import (
	"math"
	"math/rand/v2"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// twister is the Mersenne Twister MT19937 as NumPy's RandomState seeds and reads it, which the
// operators' seeds refer to in the conformance cases.
type twister struct {
	state [624]uint32
	at    int
}

func newTwister(seed uint32) *twister {
	t := &twister{at: 624}
	t.state[0] = seed
	for i := 1; i < 624; i++ {
		t.state[i] = 1812433253*(t.state[i-1]^t.state[i-1]>>30) + uint32(i)
	}
	return t
}

func (t *twister) next() uint32 {
	if t.at == 624 {
		for i := range 624 {
			y := t.state[i]&0x80000000 | t.state[(i+1)%624]&0x7fffffff
			t.state[i] = t.state[(i+397)%624] ^ y>>1 ^ (y&1)*0x9908b0df
		}
		t.at = 0
	}
	y := t.state[t.at]
	t.at++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// uniform is in [0, 1) with 53 bits.
func (t *twister) uniform() float64 {
	a, b := t.next()>>5, t.next()>>6
	return (float64(a)*67108864 + float64(b)) / 9007199254740992
}

// normal is by the polar method, two at a time, as RandomState's.
func (t *twister) normals(dst []float64) {
	for i := 0; i < len(dst); i += 2 {
		for {
			x, y := 2*t.uniform()-1, 2*t.uniform()-1
			r := x*x + y*y
			if r >= 1 || r == 0 {
				continue
			}
			f := math.Sqrt(-2 * math.Log(r) / r)
			dst[i] = f * y
			if i+1 < len(dst) {
				dst[i+1] = f * x
			}
			break
		}
	}
}

// seeded is the generator of a node's seed, or one with a random seed where the node has none.
func seeded(n *graph.Node) *twister {
	if a := n.Attrs["seed"]; a != nil {
		s := float64(a.F)
		if a.F == 0 {
			s = float64(a.I)
		}
		return newTwister(uint32(int64(s)))
	}
	return newTwister(rand.Uint32())
}

// randomOp draws uniform or normal numbers, like input 0 or of the shape attribute.
func randomOp(like, normal bool) func(*graph.Node) Kernel {
	return func(n *graph.Node) Kernel {
		return func(c *Call) {
			shape, dt := n.Ints("shape"), tensor.DType(n.Int("dtype", 1))
			if like {
				shape = c.in(0).Shape()
				if !n.Has("dtype") {
					dt = c.in(0).DType()
				}
			}
			out := c.New(tensor.Float64, shape...)
			t, dst := seeded(n), out.Float64()
			if normal {
				t.normals(dst)
				for i, v := range dst {
					dst[i] = v*float64(n.Float("scale", 1)) + float64(n.Float("mean", 0))
				}
			} else {
				lo, hi := float64(n.Float("low", 0)), float64(n.Float("high", 1))
				for i := range dst {
					dst[i] = t.uniform()*(hi-lo) + lo
				}
			}
			c.Out[0] = c.cast(out, dt, true, "")
		}
	}
}

func bernoulliOp(n *graph.Node) Kernel {
	return func(c *Call) {
		p := c.cast(c.in(0), tensor.Float64, true, "")
		dt := c.in(0).DType()
		if n.Has("dtype") {
			dt = tensor.DType(n.Int("dtype", 1))
		}
		out := c.New(tensor.Float64, p.Shape()...)
		t := seeded(n)
		for i, v := range p.Float64() {
			out.Float64()[i] = 0
			if t.uniform() < v {
				out.Float64()[i] = 1
			}
		}
		c.Out[0] = c.cast(out, dt, true, "")
	}
}

func multinomialOp(n *graph.Node) Kernel {
	size := n.Int("sample_size", 1)
	dt := tensor.DType(n.Int("dtype", 6))
	return func(c *Call) {
		x := c.cast(c.in(0), tensor.Float64, true, "")
		if x.Rank() != 2 || size < 0 || x.Shape()[1] == 0 {
			fail("want batch and classes, got %v", x)
		}
		batch, k := x.Shape()[0], x.Shape()[1]
		out := c.New(tensor.Int64, batch, size)
		t := seeded(n)
		for b := range batch {
			p := make([]float64, k)
			sum := 0.0
			for i, v := range x.Float64()[b*k:][:k] {
				sum += math.Exp(v)
				p[i] = sum
			}
			for s := range size {
				u, j := t.uniform()*sum, 0
				for j < k-1 && p[j] <= u {
					j++
				}
				out.Int64()[b*size+s] = int64(j)
			}
		}
		c.Out[0] = c.cast(out, dt, true, "")
	}
}

func dropoutOp(n *graph.Node) Kernel {
	return func(c *Call) {
		x := c.in(0)
		ratio := float64(n.Float("ratio", 0.5))
		training := n.Version < 7 && n.Int("is_test", 0) == 0 && n.Has("is_test")
		if n.Version >= 12 {
			if v := c.floats(1); len(v) > 0 {
				ratio = v[0]
			}
			training = c.opt(2) != nil && c.opt(2).Len() > 0 && c.opt(2).Bool()[0]
		}
		var mask []bool
		if len(c.Out) > 1 {
			t := c.New(tensor.Bool, x.Shape()...)
			mask = t.Bool()
			for i := range mask {
				mask[i] = true
			}
			c.Out[1] = t
		}
		if !training || ratio == 0 {
			c.Out[0] = x
		} else {
			wide := c.cast(x, tensor.Float64, true, "").Float64()
			out := c.New(tensor.Float64, x.Shape()...)
			t := seeded(n)
			for i, v := range wide {
				keep := t.uniform() >= ratio
				out.Float64()[i] = 0
				if keep {
					out.Float64()[i] = v / (1 - ratio)
				}
				if mask != nil {
					mask[i] = keep
				}
			}
			c.Out[0] = c.cast(out, x.DType(), true, "")
		}
		if len(c.Out) > 1 && n.Version < 10 && c.Out[1] != nil {
			c.Out[1] = c.cast(c.Out[1], x.DType(), true, "")
		}
	}
}
