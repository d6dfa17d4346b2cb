package simd

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func tiers() []*tier { return append(supported(), &plainTier) }

// tileTolerance is how far a kernel and its twin may differ for each step of the sum, of operands within ±1.
const tileTolerance = 2e-7

// checkTile runs a tile and its twin on the same random operands, which start at any alignment, and compares all memory of C.
func checkTile(t *testing.T, tr *tier, rows, nv int, rng *rand.Rand) {
	t.Helper()
	l := tr.lanes
	width := nv * l
	steps, ntaps := rng.IntN(6), rng.IntN(4)
	bstride := width + rng.IntN(5)
	cstride := width + rng.IntN(7)
	slack := rng.IntN(9)
	astride := rows + rng.IntN(2)*rng.IntN(20)
	a := randomFloats(rng, ntaps*steps*astride+slack+1)[slack:]
	b := randomFloats(rng, ntaps*(steps*bstride+3)+width+slack+1)[slack:]
	special := rng.IntN(8)
	if special == 0 && len(b) > 3 {
		b[rng.IntN(len(b))] = float32(math.NaN())
		b[rng.IntN(len(b))] = float32(math.Inf(1))
		b[rng.IntN(len(b))] = float32(math.Inf(-1))
	}
	bias, init := randomFloats(rng, rows), randomFloats(rng, rows*cstride+width)
	c := randomFloats(rng, slack+rows*cstride+width)
	taps := make([]Tap, ntaps+1)
	for i := range ntaps {
		taps[i] = Tap{A: 4 * ((i * 7 % ntaps) * steps * astride), B: 4 * (i*(steps*bstride) + i)}
	}
	tile := Tile{A: unsafe.SliceData(a), B: unsafe.SliceData(b), Taps: &taps[0], NTaps: ntaps, N: steps, BStride: 4 * bstride, CStride: 4 * cstride, Tail: 1 + rng.IntN(l)}
	tile.NoClamp()
	if astride > rows {
		tile.AStride = 4 * astride
	}
	if rng.IntN(2) == 0 {
		tile.Bias = &bias[0]
	}
	if rng.IntN(2) == 0 {
		tile.Init = &init[0]
	}
	if rng.IntN(2) == 0 {
		tile.Lo, tile.Hi = -0.5, 0.75
	}
	got, want := append([]float32(nil), c...), append([]float32(nil), c...)
	tile.C = &got[slack]
	tr.tile(rows, nv, &tile)
	tile.C = &want[slack]
	tilePlain(rows, nv, l, &tile)
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if math.IsNaN(g) && math.IsNaN(w) || g == w {
			continue
		}
		if d := math.Abs(g - w); !(d <= tileTolerance*float64(steps*ntaps+2)) {
			t.Fatalf("%s %dx%d: steps %d taps %d tail %d: float %d of C: got %g, twin %g", tr.name, rows, nv, steps, ntaps, tile.Tail, i, g, w)
		}
	}
}

func TestTile(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, tr := range tiers() {
		for nv, most := range tr.maxRows {
			for rows := 1; rows <= most; rows++ {
				for range 60 {
					checkTile(t, tr, rows, nv, rng)
				}
			}
		}
	}
}

func FuzzTile(f *testing.F) {
	f.Add(uint64(1), byte(3), byte(1))
	f.Fuzz(func(t *testing.T, seed uint64, rows, nv byte) {
		for _, tr := range tiers() {
			v := 1 + int(nv)%maxTileVecs
			for tr.maxRows[v] == 0 {
				v--
			}
			checkTile(t, tr, 1+int(rows)%tr.maxRows[v], v, rand.New(rand.NewPCG(seed, 5)))
		}
	})
}
