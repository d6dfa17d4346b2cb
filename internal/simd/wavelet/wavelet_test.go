package wavelet

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// compare runs every kernel of the tier in use and its twin on the same words, of which n are worked on; those around must
// stay as they are.
func compare(t testing.TB, words []uint32, n, off int) {
	t.Helper()
	size := 3*off + 2*n + 4
	take := func(k int) []uint32 {
		out := make([]uint32, size)
		for i := range out {
			out[i] = words[(i*7+k*13)%len(words)]
		}
		return out
	}
	ints := func(k int) []int32 {
		out := make([]int32, size)
		for i, v := range take(k) {
			out[i] = int32(v) >> 3
		}
		return out
	}
	floats := func(k int) []float32 {
		out := make([]float32, size)
		for i, v := range take(k) {
			out[i] = math.Float32frombits(v)
		}
		return out
	}
	check := func(name string, equal bool) {
		if !equal {
			t.Errorf("%s: %d elements from %d on: the kernel differs from its twin", name, n, off)
		}
	}
	a, b := ints(1), ints(1)
	Down(a[off:off+n], ints(1)[off:], ints(2)[off:], ints(3)[off:])
	downPlain(b[off:off+n], ints(1)[off:], ints(2)[off:], ints(3)[off:])
	check("down", slices.Equal(a, b))
	Up(a[off:off+n], ints(1)[off:], ints(2)[off:], ints(3)[off:])
	upPlain(b[off:off+n], ints(1)[off:], ints(2)[off:], ints(3)[off:])
	check("up", slices.Equal(a, b))
	if w := n / 2; w > 0 {
		Whole(a[off:], w+off, take(2)[off:], w, w, 2)
		wholePlain(b[off:off+w], take(2)[off:])
		wholePlain(b[2*off+w:2*off+2*w], take(2)[off+w:])
	}
	check("whole", slices.Equal(a, b))
	Within(a[off:off+n], ints(3)[off:], -100, 4000, 7)
	withinPlain(b[off:off+n], ints(3)[off:off+n], -100, 4000, 7)
	check("within", slices.Equal(a, b))
	Nearest(a[off:off+n], floats(3)[off:], -32768, 32767, 9)
	nearestPlain(b[off:off+n], floats(3)[off:off+n], -32768, 32767, 9)
	check("nearest", slices.Equal(a, b))
	for extra := range 2 {
		if n > extra {
			Zip(a[off:], ints(2)[off:off+n], ints(3)[off:off+n-extra])
			zipPlain(b[off:], ints(2)[off:off+n], ints(3)[off:off+n-extra])
			check("zip", slices.Equal(a, b))
		}
	}
	x, y := floats(1), floats(1)
	same := func(p, q float32) bool { return p == q || p != p && q != q }
	Share(x[off:off+n], x[off:], floats(2)[off:], floats(3)[off:], 0.8829)
	sharePlain(y[off:off+n], y[off:], floats(2)[off:], floats(3)[off:], 0.8829)
	check("share", slices.EqualFunc(x, y, same))
	if w := n / 2; w > 0 {
		Scaled(x[off:], w, take(2)[off:], w+off, w, 2, 0.37)
		scaledPlain(y[off:off+w], take(2)[off:], 0.37)
		scaledPlain(y[off+w:off+2*w], take(2)[2*off+w:], 0.37)
	}
	check("scaled", slices.EqualFunc(x, y, same))
	p, q := [3][]float32{floats(4), floats(5), floats(6)}, [3][]float32{floats(4), floats(5), floats(6)}
	Irreversible(p[0][off:off+n], p[1][off:], p[2][off:])
	irreversiblePlain(q[0][off:off+n], q[1][off:], q[2][off:])
	u, v := [3][]int32{ints(4), ints(5), ints(6)}, [3][]int32{ints(4), ints(5), ints(6)}
	Reversible(u[0][off:off+n], u[1][off:], u[2][off:])
	reversiblePlain(v[0][off:off+n], v[1][off:], v[2][off:])
	for i := range p {
		check("irreversible", slices.EqualFunc(p[i], q[i], same))
		check("reversible", slices.Equal(u[i], v[i]))
	}
	c, d := make([]byte, 4*size), make([]byte, 4*size)
	Pixels(c[off:], u[0][off:off+n], u[1], u[2])
	pixelsPlain(d[off:], u[0][off:off+n], u[1], u[2])
	check("pixels", slices.Equal(c, d))
	h, g := make([]uint16, size), make([]uint16, size)
	Narrow(h[off:], ints(2)[off:off+n])
	narrowPlain(g[off:], ints(2)[off:off+n])
	check("narrow", slices.Equal(h, g))
}

func TestTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]uint32, 1000)
	for i := range words {
		words[i] = r.Uint32()
		if i%3 == 0 {
			words[i] = math.Float32bits(float32(r.NormFloat64() * 9000))
		}
	}
	words = append(words, math.Float32bits(float32(math.Inf(1))), math.Float32bits(float32(math.NaN())), 1<<31, 0)
	for n := range 70 {
		for off := range 5 {
			compare(t, words, n, off)
		}
	}
}

func FuzzTwins(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 0xff, 0xff, 0x7f, 0x7f}, uint8(40), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, n, off uint8) {
		words := []uint32{0}
		for ; len(b) >= 4; b = b[4:] {
			words = append(words, binary.LittleEndian.Uint32(b))
		}
		compare(t, words, int(n), int(off%8))
	})
}
