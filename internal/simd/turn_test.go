package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

func checkTurn(t *testing.T, rng *rand.Rand) {
	for _, tr := range tiers() {
		lanes := tr.lanes
		rows, columns := 1+rng.IntN(lanes), 1+rng.IntN(lanes)
		pitch, apart := lanes+rng.IntN(5), rows+rng.IntN(5)
		src, bias := randomFloats(rng, lanes*pitch), randomFloats(rng, columns)
		base, add := randomFloats(rng, columns*apart+3), randomFloats(rng, columns*apart)
		if rng.IntN(3) == 0 {
			src[rng.IntN(len(src))] = float32(math.NaN())
		}
		work := Turn{Src: &src[0], SrcStride: 4 * pitch, DstStride: 4 * apart, Rows: rows, Columns: columns, Bias: &bias[0], Lo: -0.5, Hi: 1}
		if rng.IntN(2) == 0 {
			work.NoClamp()
		}
		if rng.IntN(2) == 0 {
			work.Add = &add[0]
		}
		got, want := append([]float32(nil), base...), append([]float32(nil), base...)
		work.Dst = &got[0]
		tr.turn(&work)
		work.Dst = &want[0]
		turnPlain(&work)
		near(t, tr.name, got, want, 0)
	}
}

func TestTurn(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 4))
	for range 500 {
		checkTurn(t, rng)
	}
}

func FuzzTurn(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { checkTurn(t, rand.New(rand.NewPCG(seed, 5))) })
}
