package jpeg2000

import (
	"runtime"
	"unsafe"
)

// passes is what the kernels of the three passes work on. Their generator, internal/simd/_gen/bitplane.go, knows the
// places of the fields, which are eight bytes each. Places in slices are numbers, since they run past the end.
type passes struct {
	a, c       uint64
	ahead      int
	in         uintptr // byte of the codeword that was taken last
	flags      uintptr // word of the first column
	data       uintptr
	width      int // bytes of a row of data
	height     int
	stride     int // bytes of a row of flags
	zero       *[512]uint8
	causal     int
	value      uint64 // what a sample becomes, or what one changes by
	rows       *[128]uint64
	signs      *[256]uint8
	left, down int
	state      mqContexts
}

// run decodes a pass by its kernel.
func (b *blockDecoder) run(kernel func(*passes), value uint32) {
	m := &b.mq
	p := &m.passes
	at := func(place unsafe.Pointer) uintptr { return uintptr(place) }
	start := at(unsafe.Pointer(&m.data[m.pos]))
	p.in, p.flags, p.data = start, at(unsafe.Pointer(&b.flags[b.stride+1])), at(unsafe.Pointer(&b.data[0]))
	p.width, p.height, p.stride = 4*b.w, b.h, 4*b.stride
	p.zero, p.rows, p.signs, p.causal, p.value = b.zero, &mqRows, &signContexts, 0, uint64(value)
	if b.causal {
		p.causal = 1
	}
	kernel(p)
	m.pos += int(p.in - start)
	runtime.KeepAlive(b)
}
