package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFactor holds products over words to sums in 64 bits of the same values: integers to the bit.
func TestFactor(t *testing.T) {
	withTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, shape := range [][3]int{{1, 1, 1}, {3, 5, 7}, {14, 33, 40}, {31, 64, 70}, {5, 129, 33}, {40, 17, 1}} {
			m, k, n := shape[0], shape[1], shape[2]
			for w := Bfloat16; w < numWords; w++ {
				a, b := make([]int32, m*k), make([]int32, k*n)
				for i := range a {
					a[i] = rng.Int32N(256) - 128
				}
				for i := range b {
					b[i] = rng.Int32N(256)
				}
				f := PackFactor(w, k, n, func(i, j int) uint32 {
					if w == Bfloat16 {
						return toBfloat16(float32(b[i*n+j])) >> 16
					}
					return uint32(b[i*n+j])
				})
				per := w.PerWord()
				left := make([]uint32, m*f.Width())
				for i := range a {
					v := uint32(a[i]) & (1<<(32/per) - 1)
					if w == Bfloat16 {
						v = toBfloat16(float32(a[i])) >> 16
					}
					left[i/k*f.Width()+i%k/per] |= v << (32 / per * (i % k % per))
				}
				c := make([]float32, m*n)
				f.Multiply(c, n, left, m, 1)
				again := make([]float32, m*n)
				f.Multiply(again, n, left, m, 3)
				for i := range c {
					var want int64
					for l := range k {
						want += int64(a[i/n*k+l]) * int64(b[l*n+i%n])
					}
					got := int64(Ints(c)[i])
					if w == Bfloat16 {
						got = int64(c[i])
					}
					if got != want || math.Float32bits(c[i]) != math.Float32bits(again[i]) {
						t.Fatalf("%v words %d: element %d: got %d, want %d", shape, w, i, got, want)
					}
				}
				if w != Bfloat16 {
					var want int32
					for l := range k {
						want += b[l*n]
					}
					if f.Sums[0] != want {
						t.Fatalf("%v words %d: column sum: got %d, want %d", shape, w, f.Sums[0], want)
					}
				}
			}
		}
	})
}

// TestByteRows holds the kernels of rows to their definition in float64, where no tie is near.
func TestByteRows(t *testing.T) {
	withTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(15, 16))
		const n = 75
		x, sum, scale := make([]float32, n), make([]int32, n), make([]float32, n)
		for i := range n {
			x[i], sum[i], scale[i] = float32(rng.NormFloat64()*100), rng.Int32N(200000)-100000, rng.Float32()
		}
		x[3], x[70] = 1e30, -1e30
		bytes := make([]byte, n)
		FloatBytes(bytes, x, 0.7, 5, -127, 127)
		for i, b := range bytes {
			want := min(max(math.RoundToEven(float64(x[i]/0.7))+5, -127), 127)
			if int8(b) != int8(want) {
				t.Fatalf("byte %d of %g: got %d, want %g", i, x[i], int8(b), want)
			}
		}
		Requantise(bytes, sum, 77, 0.003, 128, 0, 255)
		for i, b := range bytes {
			want := min(max(math.RoundToEven(float64(float32(sum[i]+77)*0.003))+128, 0), 255)
			if float64(b) != want {
				t.Fatalf("sum %d: got %d, want %g", sum[i], b, want)
			}
		}
		floats := make([]float32, n)
		Dequantise(floats, sum, 1000, 0.25, scale)
		for i, v := range floats {
			if want := float64(sum[i]-1000) * float64(scale[i]) * 0.25; math.Abs(float64(v)-want) > 1e-6*math.Abs(want) {
				t.Fatalf("element %d: got %g, want %g", i, v, want)
			}
		}
		words := make([]uint32, (n+1)/2)
		RowBfloat16(words, x)
		for i, v := range x {
			if got := words[i/2] >> (16 * (i % 2)) & 0xffff; got != toBfloat16(v)>>16 {
				t.Fatalf("bfloat16 %d: got %x, want %x", i, got, toBfloat16(v)>>16)
			}
		}
		if words[n/2]>>16 != 0 {
			t.Error("the last word is not filled with zero")
		}
	})
}
