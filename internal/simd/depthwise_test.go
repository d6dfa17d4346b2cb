package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// depthwiseTolerance is how far a kernel of up to 49 taps and its twin may differ, of operands within ±1.
const depthwiseTolerance = 1e-5

func checkDepthwise(t *testing.T, rng *rand.Rand) {
	for _, tr := range tiers() {
		checkDepthwiseTable(t, rng, tr.name, &tr.depthwise, tr.lanes)
		if tr.shortDepthwise != nil {
			checkDepthwiseTable(t, rng, tr.name+", short", tr.shortDepthwise, tr.lanes/2)
		}
	}
}

func checkDepthwiseTable(t *testing.T, rng *rand.Rand, name string, table *depthwiseTable, lanes int) {
	for k := range table {
		for stride, kernel := range table[k] {
			if kernel == nil {
				continue
			}
			in, inRows := 1+rng.IntN(4*lanes), 1+rng.IntN(20)
			pad := rng.IntN(k)
			out := max(1, (in+2*pad-k)/stride+1)
			rows := 1 + rng.IntN(18)
			src := randomFloats(rng, in*inRows)
			if rng.IntN(4) == 0 {
				src[rng.IntN(len(src))] = float32(math.NaN())
			}
			weight := randomFloats(rng, k*k)
			masks, vecs := depthwiseMasks(k, stride, -pad, in, out, lanes)
			slack := rng.IntN(4)
			base := randomFloats(rng, slack+rows*out+3)
			got, want := append([]float32(nil), base...), append([]float32(nil), base...)
			work := Depthwise{Src: &src[0], SrcStride: 4 * in, SrcOff: -4 * pad, First: rng.IntN(9) - 4, InRows: inRows, Weight: &weight[0],
				DstStride: 4 * out, Rows: rows, Vecs: vecs, Masks: &masks[0], Bias: 0.25, Lo: -0.5, Hi: 1}
			if rng.IntN(2) == 0 {
				work.NoClamp()
			}
			work.Dst = &got[slack]
			kernel(&work)
			work.Dst = &want[slack]
			depthwiseTwin(k, stride, lanes, &work)
			near(t, name, got, want, depthwiseTolerance)
		}
	}
}

func TestDepthwise(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 4))
	for range 150 {
		checkDepthwise(t, rng)
	}
}

func FuzzDepthwise(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkDepthwise(t, rand.New(rand.NewPCG(seed, 5))) })
}
