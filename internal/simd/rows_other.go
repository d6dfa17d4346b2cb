//go:build !amd64 || noasm

package simd

func rowsOf(*tier) *rowKernels { return &rowsPlain }
