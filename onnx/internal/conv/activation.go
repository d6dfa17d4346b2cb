package conv

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// Kind names the function that follows a convolution.
type Kind int

// The functions of Activation, with what A and B mean.
const (
	None        Kind = iota
	Relu             // max(x, 0)
	Clip             // min(max(x, A), B)
	LeakyRelu        // x, A·x under 0
	Sigmoid          // 1/(1+e⁻ˣ)
	Silu             // x/(1+e⁻ˣ)
	Tanh             //
	Gelu             // x/2·(1+erf(x/√2))
	Elu              // x, A·(eˣ−1) under 0
	HardSigmoid      // min(max(A·x+B, 0), 1)
	HardSwish        // x·min(max(x/6+1/2, 0), 1)
)

// Activation is a function applied to each output, with its parameters. The zero value does nothing.
type Activation struct {
	Kind Kind
	A, B float32
}

// clamp returns the bounds that the row-tile kernel applies, and whether that is all of the activation.
func (a Activation) clamp() (lo, hi float32, all bool) {
	lo, hi = float32(math.Inf(-1)), float32(math.Inf(1))
	switch a.Kind {
	case None:
		return lo, hi, true
	case Relu:
		return 0, hi, true
	case Clip:
		return a.A, a.B, true
	}
	return lo, hi, false
}

// Apply sets dst to the activation of x; they may be the same slice.
func (a Activation) Apply(dst, x []float32) {
	x = x[:len(dst)]
	switch a.Kind {
	case None:
		copy(dst, x)
	case Relu, Clip:
		lo, hi, _ := a.clamp()
		simd.Clamp(dst, x, lo, hi)
	case LeakyRelu:
		simd.LeakyRelu(dst, x, a.A)
	case Sigmoid:
		simd.Sigmoid(dst, x)
	case Silu:
		simd.Silu(dst, x)
	case Tanh:
		simd.Tanh(dst, x)
	case Gelu:
		simd.Gelu(dst, x)
	case Elu:
		simd.Elu(dst, x, a.A)
	case HardSigmoid:
		simd.ScaleShift(dst, x, a.A, a.B)
		simd.Clamp(dst, dst, 0, 1)
	case HardSwish:
		simd.HardSwish(dst, x)
	}
}
