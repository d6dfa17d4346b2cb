package simd

import (
	"testing"
	"unsafe"
)

func TestAlloc(t *testing.T) {
	for _, n := range []int{0, 1, 15, 1000, 1 << 20, 3<<20 + 7} {
		f := Alloc(n)
		if len(f) != n {
			t.Fatalf("got %d floats, want %d", len(f), n)
		}
		if n > 0 && uintptr(unsafe.Pointer(&f[0]))%64 != 0 {
			t.Fatalf("%d floats start at %p", n, &f[0])
		}
		for i, v := range f {
			if v != 0 {
				t.Fatalf("float %d of %d is %g", i, n, v)
			}
			f[i] = 1
		}
	}
}
