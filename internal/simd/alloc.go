package simd

import "unsafe"

// hugeFrom is the size, in bytes, from which memory is asked for in large pages.
const hugeFrom = 4 << 20

// Alloc returns n zero floats that start at a multiple of 64 bytes. Large ones lie in large pages where the operating system
// gives them, which kernels that walk many distant rows at once need. The garbage collector frees them like any slice.
func Alloc(n int) []float32 {
	const align = 16
	f := make([]float32, n+align-1)
	skip := 0
	if r := int(uintptr(unsafe.Pointer(unsafe.SliceData(f))) / 4 % align); r > 0 {
		skip = align - r
	}
	if 4*n >= hugeFrom {
		adviseHuge(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f)))
	}
	return f[skip : skip+n : skip+n]
}
