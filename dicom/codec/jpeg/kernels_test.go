package jpeg

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

const guard = 0xa5

func guarded(n int) []byte { return bytes.Repeat([]byte{guard}, n+128) }

func checkKernels(t *testing.T, rng *rand.Rand) {
	t.Helper()
	var c [64]int16
	var q [64]int32
	spread, steps := 1<<rng.IntN(17), 1<<rng.IntN(17)
	for k := range c {
		if rng.IntN(3) > 0 {
			c[k] = int16(rng.IntN(spread) - spread/2)
		}
		q[k] = int32(rng.IntN(steps))
	}
	stride := 8 + rng.IntN(9)
	got, want := guarded(8*stride), guarded(8*stride)
	idctFast(&got[64], stride, &c[0], &q[0])
	idctPlain(want[64:], stride, &c, &q)
	if !bytes.Equal(got, want) {
		t.Fatalf("idct: coefficients %v, steps %v: want %v, got %v", c, q, want, got)
	}
	clear(c[1:])
	put8(got[64:], stride, &c, &q, true)
	idctPlain(want[64:], stride, &c, &q)
	if !bytes.Equal(got, want) {
		t.Fatalf("flat block of %d × %d: want %d, got %d", c[0], q[0], want[64], got[64])
	}

	n := 3 + rng.IntN(200)
	near, far := make([]byte, n), make([]byte, n)
	for i := range near {
		near[i], far[i] = byte(rng.Uint32()), byte(rng.Uint32())
	}
	if rng.IntN(2) == 0 {
		far = nil
	}
	got, want = guarded(2*n), guarded(2*n)
	doubleBytes(got[64:][:2*n], near, far)
	doublePlain(want[64:][:2*n], near, far)
	if !bytes.Equal(got, want) {
		t.Fatalf("rows of %d: want %v, got %v", n, want, got)
	}
	third := bytes.Repeat([]byte{7}, n)
	got, want = guarded(3*n), guarded(3*n)
	interleave(got[64:][:3*n], near, third, near)
	interleavePlain(want[64:][:3*n], near, third, near)
	if !bytes.Equal(got, want) {
		t.Fatalf("pixels of rows of %d: want %v, got %v", n, want, got)
	}
}

// TestKernels compares with the twins.
func TestKernels(t *testing.T) {
	if !fast {
		t.Skip("no kernels here")
	}
	rng := rand.New(rand.NewPCG(3, 1))
	for range 2000 {
		checkKernels(t, rng)
	}
}

func FuzzKernels(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		if fast {
			checkKernels(t, rand.New(rand.NewPCG(seed, 2)))
		}
	})
}
