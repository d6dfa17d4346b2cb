package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// winogradTolerance is how far a transform and its twin may differ, of operands within ±1: the coefficients sum to at most 20.
const winogradTolerance = 4e-6

func near(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if math.IsNaN(g) && math.IsNaN(w) || g == w {
			continue
		}
		if d := math.Abs(g - w); !(d <= tol) {
			t.Fatalf("%s: element %d: got %g, twin %g", what, i, g, w)
		}
	}
}

func TestWinograd(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, tr := range tiers() {
		for _, n := range []int{4, 6} {
			for range 200 {
				vecs := 1 + rng.IntN(4)
				width := vecs * tr.lanes
				pitch := width + rng.IntN(5)
				src := randomFloats(rng, n*pitch+rng.IntN(3))
				if rng.IntN(5) == 0 {
					src[rng.IntN(len(src))] = float32(math.NaN())
				}
				masks := make([]uint32, vecs)
				for i := range masks {
					masks[i] = rng.Uint32() & (1<<tr.lanes - 1)
				}
				slack := rng.IntN(4)
				c := randomFloats(rng, slack+n*pitch)
				in := WinogradIn{DstStride: 4 * pitch, Masks: &masks[0], Vecs: vecs}
				for k := range n {
					in.Src[k] = &src[min(k*pitch, len(src)-width)]
				}
				got, want := append([]float32(nil), c...), append([]float32(nil), c...)
				in.Dst = &got[slack]
				tr.winogradIn[n](&in)
				in.Dst = &want[slack]
				winogradInPlain(n, tr.lanes, &in)
				near(t, tr.name+" in", got, want, winogradTolerance)

				out := WinogradOut{Src: &src[0], SrcStride: 4 * pitch, Masks: &masks[0], Vecs: vecs, Bias: 0.5, Lo: -0.75, Hi: 3}
				copy(got, c)
				copy(want, c)
				for k := range n - 2 {
					out.Dst[k] = &got[slack+k*pitch]
				}
				tr.winogradOut[n](&out)
				for k := range n - 2 {
					out.Dst[k] = &want[slack+k*pitch]
				}
				winogradOutPlain(n, tr.lanes, &out)
				near(t, tr.name+" out", got, want, winogradTolerance)
			}
		}
	}
}

// TestWinogradIsConvolution runs both transforms around a product with the transformed kernel and compares with the sum itself.
func TestWinogradIsConvolution(t *testing.T) {
	kernel := [3]float64{0.5, -1, 0.25}
	points := map[int][][3]float64{
		4: {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
		6: {{1. / 4, 0, 0}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}},
	}
	for n, g := range points {
		lanes := active.lanes
		src := randomFloats(rand.New(rand.NewPCG(1, 1)), n*lanes)
		v, y := make([]float32, n*lanes), make([]float32, n*lanes)
		masks := []uint32{1<<lanes - 1}
		in := WinogradIn{Dst: &v[0], DstStride: 4 * lanes, Masks: &masks[0], Vecs: 1}
		out := WinogradOut{Src: &v[0], SrcStride: 4 * lanes, Masks: &masks[0], Vecs: 1}
		out.NoClamp()
		for k := range n {
			in.Src[k] = &src[k*lanes]
		}
		RunWinogradIn(n, &in)
		for k := range n {
			for i := range lanes {
				v[k*lanes+i] *= float32(g[k][0]*kernel[0] + g[k][1]*kernel[1] + g[k][2]*kernel[2])
			}
		}
		for k := range n - 2 {
			out.Dst[k] = &y[k*lanes]
		}
		RunWinogradOut(n, &out)
		for k := range n - 2 {
			for i := range lanes {
				want := 0.0
				for j := range 3 {
					want += kernel[j] * float64(src[(k+j)*lanes+i])
				}
				if math.Abs(float64(y[k*lanes+i])-want) > winogradTolerance {
					t.Fatalf("F(%d,3): row %d: got %g, want %g", n-2, k, y[k*lanes+i], want)
				}
			}
		}
	}
}

// checkWhole compares the transforms of whole vectors with their twins.
func checkWhole(t *testing.T, rng *rand.Rand) {
	for _, tr := range tiers() {
		for _, n := range []int{4, 6} {
			vecs, repeat := 1+rng.IntN(4), 1+rng.IntN(4)
			width := vecs * tr.lanes
			pitch := width + rng.IntN(5)
			src, c := randomFloats(rng, repeat*n*pitch), randomFloats(rng, repeat*n*pitch+3)
			in := WinogradIn{DstStride: 4 * pitch, Vecs: vecs, Repeat: repeat, SrcStep: 4 * n * pitch, DstStep: 4 * n * pitch}
			for k := range n {
				in.Src[k] = &src[k*pitch]
			}
			got, want := append([]float32(nil), c...), append([]float32(nil), c...)
			in.Dst = &got[3]
			tr.wholeIn[n](&in)
			in.Dst = &want[3]
			wholeInPlain(n, tr.lanes, &in)
			near(t, tr.name+" whole in", got, want, winogradTolerance)
			out := WinogradOut{Src: &src[0], SrcStride: 4 * pitch, Vecs: vecs, Repeat: repeat, SrcStep: 4 * n * pitch, DstStep: 4 * n * pitch}
			copy(got, c)
			copy(want, c)
			for k := range n - 2 {
				out.Dst[k] = &got[1+k*pitch]
			}
			tr.wholeOut[n](&out)
			for k := range n - 2 {
				out.Dst[k] = &want[1+k*pitch]
			}
			wholeOutPlain(n, tr.lanes, &out)
			near(t, tr.name+" whole out", got, want, winogradTolerance)
		}
	}
}

func TestWinogradWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 6))
	for range 200 {
		checkWhole(t, rng)
	}
}

func FuzzWinogradWhole(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkWhole(t, rand.New(rand.NewPCG(seed, 5))) })
}
