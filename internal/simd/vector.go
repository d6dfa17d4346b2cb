package simd

import "math"

type binaryOp int

const (
	opAdd binaryOp = iota
	opSub
	opMul
	opDiv
	opMax
	opMin
	numBinary
)

type unaryOp int

const (
	opScaleShift unaryOp = iota
	opAxpy
	opClamp
	opLeaky
	opExp
	opSigmoid
	opSilu
	opTanh
	opErf
	opGelu
	opElu
	opHardSwish
	numUnary
)

type reduceOp int

const (
	opSum reduceOp = iota
	opSumSq
	opDot
	opMaxOf
	numReduce
)

// maxGranule is the longest vector, in floats, of any tier.
const maxGranule = 16

func (t *tier) runBinary(op binaryOp, dst, a, b []float32) {
	n := len(dst)
	a, b = a[:n], b[:n]
	whole := n - n%t.vector
	if whole > 0 {
		t.binary[op](dst[:whole], a[:whole], b[:whole])
	}
	if whole < n {
		var x, y, z [maxGranule]float32
		copy(x[:], a[whole:])
		copy(y[:], b[whole:])
		binaryTail(t.vector, op, z[:t.vector], x[:t.vector], y[:t.vector])
		copy(dst[whole:], z[:])
	}
}

func (t *tier) runUnary(op unaryOp, dst, x []float32, p, q float32) {
	n := len(dst)
	x = x[:n]
	whole := n - n%t.vector
	if whole > 0 {
		t.unary[op](dst[:whole], x[:whole], p, q)
	}
	if whole < n {
		var v, z [maxGranule]float32
		copy(v[:], x[whole:])
		copy(z[:], dst[whole:])
		unaryTail(t.vector, op, z[:t.vector], v[:t.vector], p, q)
		copy(dst[whole:], z[:])
	}
}

func (t *tier) runReduce(op reduceOp, x, y []float32, p, pad float32) float32 {
	n := len(x)
	y = y[:n]
	whole := n - n%t.vector
	var head float32
	if whole > 0 {
		head = t.reduce[op](x[:whole], y[:whole], p)
		if whole == n {
			return head
		}
	} else {
		head = identity(op)
	}
	if whole == n {
		return head
	}
	var v, z [maxGranule]float32
	for i := range v {
		v[i] = pad
	}
	copy(v[:], x[whole:])
	copy(z[:], y[whole:])
	return combine(op, head, reduceTail(t.vector, op, v[:t.vector], z[:t.vector], p))
}

func identity(op reduceOp) float32 {
	if op == opMaxOf {
		return float32(math.Inf(-1))
	}
	return 0
}

func combine(op reduceOp, a, b float32) float32 {
	if op == opMaxOf {
		return max(a, b)
	}
	return a + b
}

// Add sets dst = a + b. The operands have at least len(dst) elements, and dst may be one of them; so in all functions here.
func Add(dst, a, b []float32) { active.runBinary(opAdd, dst, a, b) }

// Sub sets dst = a − b.
func Sub(dst, a, b []float32) { active.runBinary(opSub, dst, a, b) }

// Mul sets dst = a · b element by element.
func Mul(dst, a, b []float32) { active.runBinary(opMul, dst, a, b) }

// Div sets dst = a / b element by element.
func Div(dst, a, b []float32) { active.runBinary(opDiv, dst, a, b) }

// Max sets dst to the larger of a and b; NaN where either is NaN.
func Max(dst, a, b []float32) { active.runBinary(opMax, dst, a, b) }

// Min sets dst to the smaller of a and b; NaN where either is NaN.
func Min(dst, a, b []float32) { active.runBinary(opMin, dst, a, b) }

// ScaleShift sets dst = x·scale + shift.
func ScaleShift(dst, x []float32, scale, shift float32) {
	active.runUnary(opScaleShift, dst, x, scale, shift)
}

// Axpy adds alpha·x to y.
func Axpy(alpha float32, x, y []float32) { active.runUnary(opAxpy, y[:len(x)], x, alpha, 0) }

// Clamp sets dst = min(max(x, lo), hi), NaN staying NaN.
func Clamp(dst, x []float32, lo, hi float32) { active.runUnary(opClamp, dst, x, lo, hi) }

// Relu sets dst = max(x, 0), NaN staying NaN.
func Relu(dst, x []float32) { active.runUnary(opClamp, dst, x, 0, float32(math.Inf(1))) }

// LeakyRelu sets dst = x where x ≥ 0, else alpha·x.
func LeakyRelu(dst, x []float32, alpha float32) { active.runUnary(opLeaky, dst, x, alpha, 0) }

// Exp sets dst = eˣ, to 2 units in the last place; results under the normal range may be zero.
func Exp(dst, x []float32) { active.runUnary(opExp, dst, x, 1, 0) }

// ExpShift sets dst = e^(x+shift), as softmax needs.
func ExpShift(dst, x []float32, shift float32) { active.runUnary(opExp, dst, x, 1, shift) }

// Sigmoid sets dst = 1/(1+e⁻ˣ).
func Sigmoid(dst, x []float32) { active.runUnary(opSigmoid, dst, x, 0, 0) }

// Silu sets dst = x/(1+e⁻ˣ).
func Silu(dst, x []float32) { active.runUnary(opSilu, dst, x, 0, 0) }

// Tanh sets dst to the hyperbolic tangent.
func Tanh(dst, x []float32) { active.runUnary(opTanh, dst, x, 0, 0) }

// Erf sets dst to the error function.
func Erf(dst, x []float32) { active.runUnary(opErf, dst, x, 0, 0) }

// Gelu sets dst = x/2·(1+erf(x/√2)).
func Gelu(dst, x []float32) { active.runUnary(opGelu, dst, x, 0, 0) }

// Elu sets dst = x where x ≥ 0, else alpha·(eˣ−1).
func Elu(dst, x []float32, alpha float32) { active.runUnary(opElu, dst, x, alpha, 0) }

// HardSwish sets dst = x·min(max(x/6+1/2, 0), 1).
func HardSwish(dst, x []float32) { active.runUnary(opHardSwish, dst, x, 0, 0) }

// Sum returns Σx; the order of summation depends only on the length and the tier.
func Sum(x []float32) float32 { return active.runReduce(opSum, x, x, 0, 0) }

// SumSq returns Σ(x−mean)².
func SumSq(x []float32, mean float32) float32 { return active.runReduce(opSumSq, x, x, mean, mean) }

// Dot returns Σx·y.
func Dot(x, y []float32) float32 { return active.runReduce(opDot, x, y, 0, 0) }

// MaxOf returns the largest element, NaN if any is NaN, −Inf of none.
func MaxOf(x []float32) float32 {
	return active.runReduce(opMaxOf, x, x, 0, float32(math.Inf(-1)))
}

// Zip sets dst[2i] = a[i] and dst[2i+1] = b[i]; a has at least half of len(dst), rounded up, and b rounded down.
func Zip(dst, a, b []float32) {
	half := len(dst) / 2
	a, b = a[:(len(dst)+1)/2], b[:half]
	whole := half - half%active.vector
	if whole > 0 {
		active.zip(dst[:2*whole], a[:whole], b[:whole])
	}
	zipPlain(dst[2*whole:], a[whole:], b[whole:])
}

// PairMax sets dst[i] to the larger of x[2i] and x[2i+1], NaN where either is NaN; x has at least twice the length of dst.
func PairMax(dst, x []float32) {
	n := len(dst)
	x = x[:2*n]
	whole := n - n%active.vector
	if whole > 0 {
		active.pairMax(dst[:whole], x[:2*whole])
	}
	pairMaxPlain(dst[whole:], x[2*whole:])
}
