//go:build !amd64 || noasm

package simd

// BitOps says whether kernels may use the instructions on single bits (BMI1, BMI2 and LZCNT).
func BitOps() bool { return false }
