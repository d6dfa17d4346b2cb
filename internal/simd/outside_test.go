package simd

import (
	"runtime"
	"testing"
	"unsafe"
)

// TestAllocFor uses memory for as long as its owner lives, over many owners that come and go.
func TestAllocFor(t *testing.T) {
	type owner struct{ f []float32 }
	sum := float32(0)
	for i := range 50 {
		o := &owner{}
		o.f = AllocFor(o, outsideFrom+i)
		if len(o.f) != outsideFrom+i || uintptr(unsafe.Pointer(&o.f[0]))%64 != 0 {
			t.Fatalf("want %d floats at a multiple of 64 bytes, got %d at %p", outsideFrom+i, len(o.f), &o.f[0])
		}
		for j := range o.f {
			if o.f[j] != 0 {
				t.Fatal("the memory is not zeroed")
			}
			o.f[j] = 1
		}
		if i%10 == 0 {
			runtime.GC()
		}
		for _, v := range o.f {
			sum += v
		}
		runtime.KeepAlive(o)
	}
	if sum < 50*1000 {
		t.Errorf("got a sum of %g", sum)
	}
	if small := AllocFor(&owner{}, 100); len(small) != 100 {
		t.Errorf("want 100 floats, got %d", len(small))
	}
}
