//go:build !amd64 || noasm

package simd

// The plain tier takes any length and has no tails.

func binaryTail(int, binaryOp, []float32, []float32, []float32) {}

func unaryTail(int, unaryOp, []float32, []float32, float32, float32) {}

func reduceTail(int, reduceOp, []float32, []float32, float32) float32 { return 0 }
