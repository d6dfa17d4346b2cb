package simd

import (
	"math"
	"unsafe"
)

const (
	rowRound = iota
	rowFloor
	rowCeil
	rowSqrt
	rowReciprocal
	rowAbs
	rowLog
	rowSoftplus
	rowMish
	numElementary
)

func (r *rowKernels) runElementary(f int, dst, x []float32) {
	if n := len(dst); n > 0 {
		r.elementary[f](&dst[0], &x[:n][0], n)
	}
}

// Round sets dst to the nearest integer, the even one of two.
func Round(dst, x []float32) { rows.runElementary(rowRound, dst, x) }

// Floor sets dst to the largest integer that is not above x.
func Floor(dst, x []float32) { rows.runElementary(rowFloor, dst, x) }

// Ceil sets dst to the smallest integer that is not below x.
func Ceil(dst, x []float32) { rows.runElementary(rowCeil, dst, x) }

// Sqrt sets dst to the square root.
func Sqrt(dst, x []float32) { rows.runElementary(rowSqrt, dst, x) }

// Reciprocal sets dst to 1/x.
func Reciprocal(dst, x []float32) { rows.runElementary(rowReciprocal, dst, x) }

// Abs sets dst to the absolute value.
func Abs(dst, x []float32) { rows.runElementary(rowAbs, dst, x) }

// Log sets dst to the natural logarithm.
func Log(dst, x []float32) { rows.runElementary(rowLog, dst, x) }

// Softplus sets dst to ln(1+eˣ).
func Softplus(dst, x []float32) { rows.runElementary(rowSoftplus, dst, x) }

// Mish sets dst to x·tanh(ln(1+eˣ)).
func Mish(dst, x []float32) { rows.runElementary(rowMish, dst, x) }

func elementwise(f func(float64) float64) func(dst, x *float32, n int) {
	return func(dst, x *float32, n int) {
		d := unsafe.Slice(dst, n)
		for i, v := range unsafe.Slice(x, n) {
			d[i] = float32(f(float64(v)))
		}
	}
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

var elementaryPlain = [numElementary]func(dst, x *float32, n int){
	rowRound: elementwise(math.RoundToEven), rowFloor: elementwise(math.Floor), rowCeil: elementwise(math.Ceil),
	rowSqrt: elementwise(math.Sqrt), rowReciprocal: elementwise(func(x float64) float64 { return 1 / x }), rowAbs: elementwise(math.Abs),
	rowLog: elementwise(math.Log), rowSoftplus: elementwise(softplus),
	rowMish: elementwise(func(x float64) float64 { return x * math.Tanh(softplus(x)) }),
}
