package simd

import (
	"runtime"
	"unsafe"
)

// outsideFrom is the size, in floats, from which memory that lives long is kept outside the garbage collector's: what it holds
// for good would let the rest grow as large again before it is collected.
const outsideFrom = 1 << 16

// AllocFor returns n zeroed floats, the first at a multiple of 64 bytes, that live as long as owner does. Who computes with them
// keeps owner alive to the end (runtime.KeepAlive).
func AllocFor[T any](owner *T, n int) []float32 {
	if n < outsideFrom {
		return Alloc(n)
	}
	const slack = 64 // kernels read whole vectors
	mem := outside(4 * (n + slack))
	if mem == nil {
		return Alloc(n)
	}
	if 4*n >= hugeFrom {
		adviseHuge(mem)
	}
	runtime.AddCleanup(owner, giveBack, mem)
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(mem))), n)
}
