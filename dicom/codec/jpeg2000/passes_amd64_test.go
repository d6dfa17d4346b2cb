//go:build amd64 && !noasm

package jpeg2000

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// TestPlaces holds the structure of the kernels to what their generator takes it for.
func TestPlaces(t *testing.T) {
	var p passes
	got := []uintptr{unsafe.Offsetof(p.a), unsafe.Offsetof(p.c), unsafe.Offsetof(p.ahead), unsafe.Offsetof(p.in), unsafe.Offsetof(p.flags), unsafe.Offsetof(p.data),
		unsafe.Offsetof(p.width), unsafe.Offsetof(p.height), unsafe.Offsetof(p.stride), unsafe.Offsetof(p.zero), unsafe.Offsetof(p.causal), unsafe.Offsetof(p.value),
		unsafe.Offsetof(p.rows), unsafe.Offsetof(p.signs), unsafe.Offsetof(p.left), unsafe.Offsetof(p.down), unsafe.Offsetof(p.state)}
	for i, at := range got {
		if at != uintptr(8*i) {
			t.Errorf("field %d: want place %d, got %d", i, 8*i, at)
		}
	}
}

// twins decodes one code-block with the kernels and without.
func twins(t testing.TB, cb *codeBlock, kind, planes, style int) {
	t.Helper()
	if !fast {
		t.Skip("the kernels can't run here")
	}
	defer func() { fast = true }()
	var a, b blockDecoder
	errA := a.decode(cb, kind, planes, style)
	fast = false
	errB := b.decode(cb, kind, planes, style)
	if fmt.Sprint(errA) != fmt.Sprint(errB) {
		t.Fatalf("want the error %v, got %v", errB, errA)
	}
	if !slices.Equal(a.data, b.data) || !slices.Equal(a.flags, b.flags) || a.mq.a != b.mq.a || a.mq.state != b.mq.state {
		t.Fatalf("%d × %d, kind %d, style %#x: the kernels differ from their twins", b.w, b.h, kind, style)
	}
}

// TestTwins decodes whatever bytes there are, which is as hard a code-block as can be.
func TestTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 600 {
		cb := &codeBlock{x1: 1 + r.IntN(64), y1: 1 + r.IntN(64)}
		if i%9 == 0 {
			cb.x1, cb.y1 = 1024, 1+r.IntN(4)
		}
		planes := 1 + r.IntN(12)
		style := []int{0, styleCausal, styleReset, styleSegSymbol, styleCausal | styleReset}[r.IntN(5)]
		for left := 1 + r.IntN(3*planes-2); left > 0; {
			n := 1 + r.IntN(left)
			data := make([]byte, r.IntN(400))
			for k := range data {
				data[k] = byte(r.Uint32()) | byte(r.Uint32())*byte(r.IntN(8)/7) // bytes 0xff as well
			}
			cb.segments = append(cb.segments, segment{passes: n, data: data})
			left -= n
		}
		twins(t, cb, i%3, planes, style)
	}
}

func FuzzTwins(f *testing.F) {
	f.Add([]byte{0xff, 0x12, 0xff, 0x90, 7}, uint8(17), uint8(9), uint8(5), uint8(2), false)
	f.Fuzz(func(t *testing.T, data []byte, w, h, planes, kind uint8, causal bool) {
		cb := &codeBlock{x1: 1 + int(w)%64, y1: 1 + int(h)%64}
		n := 1 + int(planes)%30
		cb.segments = []segment{{passes: 3*n - 2, data: data}}
		style := 0
		if causal {
			style = styleCausal
		}
		twins(t, cb, int(kind)%3, n, style)
	})
}

// quadTwins decodes one code-block of high throughput with the kernel and without.
func quadTwins(t testing.TB, cb *codeBlock, planes, style int) {
	t.Helper()
	if !fast {
		t.Skip("the kernels can't run here")
	}
	defer func() { fast = true }()
	var a, b htDecoder
	errA := a.decode(cb, planes, style)
	fast = false
	errB := b.decode(cb, planes, style)
	if fmt.Sprint(errA) != fmt.Sprint(errB) {
		t.Fatalf("want the error %v, got %v", errB, errA)
	}
	for y := range a.h {
		if errA == nil && !slices.Equal(a.data[y*a.stride:][:a.w], b.data[y*b.stride:][:b.w]) {
			t.Fatalf("%d × %d: row %d: the kernel differs from its twin", b.w, b.h, y)
		}
	}
}

// quadBlock makes a code-block of bytes, of which the last two say how long the second part is.
func quadBlock(w, h int, data, refinement []byte) *codeBlock {
	if n := len(data); n > 4 {
		second := 2 + int(data[0])%(n-2)
		data[n-1], data[n-2] = byte(second>>4), data[n-2]&0xf0|byte(second&15)
	}
	return &codeBlock{x1: w, y1: h, segments: []segment{{passes: 1, data: data}, {passes: 2, data: refinement}}}
}

func TestQuadTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for k := range b {
			b[k] = byte(r.Uint32()) | byte(r.Uint32())*byte(r.IntN(8)/7)
		}
		return b
	}
	whole := 0
	for range 3000 {
		cb := quadBlock(1+r.IntN(64), 1+r.IntN(64), bytes(5+r.IntN(3000)), bytes(r.IntN(200)))
		planes := 2 + r.IntN(29)
		cb.zeroPlanes = r.IntN(planes)
		quadTwins(t, cb, planes, 0)
		if new(htDecoder).decode(cb, planes, 0) == nil {
			whole++
		}
	}
	if whole < 100 {
		t.Errorf("want at least 100 code-blocks without an error, got %d", whole)
	}
}

func FuzzQuadTwins(f *testing.F) {
	f.Add([]byte{9, 0x12, 0xff, 0x50, 7, 8, 9, 1, 2, 3, 4}, uint8(17), uint8(9), uint8(12), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, w, h, planes, zero uint8) {
		n := 1 + int(planes)%30
		cb := quadBlock(1+int(w)%64, 1+int(h)%64, append([]byte(nil), data...), data)
		cb.zeroPlanes = int(zero) % n
		quadTwins(t, cb, n, styleCausal)
	})
}

// TestQuadPlaces holds that of the quads.
func TestQuadPlaces(t *testing.T) {
	var r quadRows
	for i, at := range []uintptr{unsafe.Offsetof(r.quads), unsafe.Offsetof(r.above), unsafe.Offsetof(r.below), unsafe.Offsetof(r.top), unsafe.Offsetof(r.bottom),
		unsafe.Offsetof(r.bits), unsafe.Offsetof(r.at), unsafe.Offsetof(r.pairs), unsafe.Offsetof(r.plane), unsafe.Offsetof(r.most), unsafe.Offsetof(r.rows), unsafe.Offsetof(r.step),
		unsafe.Offsetof(r.quadStep), unsafe.Offsetof(r.end)} {
		if at != uintptr(8*i) {
			t.Errorf("field %d: want place %d, got %d", i, 8*i, at)
		}
	}
}
