package simd

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// wordTiers returns the tiers that have instructions for the kind.
func wordTiers(w Words) []*tier {
	var list []*tier
	for _, tr := range tiers() {
		if tr.words[w] != nil {
			list = append(list, tr)
		}
	}
	return list
}

func randomWords(rng *rand.Rand, w Words, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		u := rng.Uint32()
		if w == Bfloat16 {
			u = toBfloat16(rng.Float32()*2-1)>>16 | toBfloat16(rng.Float32()*2-1)
		}
		out[i] = math.Float32frombits(u)
	}
	return out
}

// checkWordTile compares a tile with its twin: integer sums to the bit, float sums to rounding.
func checkWordTile(t *testing.T, tr *tier, w Words, rows, nv int, rng *rand.Rand) {
	t.Helper()
	width := nv * tr.lanes
	steps, ntaps := rng.IntN(6), rng.IntN(4)
	bstride, cstride := width+rng.IntN(5), width+rng.IntN(7)
	a := randomWords(rng, w, ntaps*steps*rows+1)
	b := randomWords(rng, w, ntaps*(steps*bstride+3)+width+1)
	bias, init, scale := randomFloats(rng, rows), randomFloats(rng, rows*cstride+width), randomFloats(rng, rows)
	c := randomFloats(rng, rows*cstride+width)
	taps := make([]Tap, ntaps+1)
	for i := range ntaps {
		taps[i] = Tap{A: 4 * i * steps * rows, B: 4 * (i*(steps*bstride) + i)}
	}
	tile := Tile{A: unsafe.SliceData(a), B: unsafe.SliceData(b), Taps: &taps[0], NTaps: ntaps, N: steps, BStride: 4 * bstride,
		CStride: 4 * cstride, Tail: 1 + rng.IntN(tr.lanes), Words: w}
	tile.NoClamp()
	if rng.IntN(3) > 0 {
		tile.Scale = &scale[0]
		if rng.IntN(2) == 0 {
			tile.Bias = &bias[0]
		}
		if rng.IntN(2) == 0 {
			tile.Init = &init[0]
		}
		if rng.IntN(2) == 0 {
			tile.Lo, tile.Hi = -0.5, 0.75
		}
	}
	got, want := append([]float32(nil), c...), append([]float32(nil), c...)
	tile.C = &got[0]
	tr.runWords(rows, nv, &tile)
	tile.C = &want[0]
	wordTilePlain(rows, nv, tr.lanes, &tile)
	for i := range want {
		if math.Float32bits(got[i]) == math.Float32bits(want[i]) {
			continue
		}
		if g, v := float64(got[i]), float64(want[i]); (w == Bfloat16 || tile.Scale != nil) && math.Abs(g-v) <= 1e-6*(float64(2*steps*ntaps+2)+math.Abs(v)) {
			continue
		}
		t.Fatalf("%s words %d, %dx%d: steps %d taps %d: %d of C: got %x, twin %x", tr.name, w, rows, nv, steps, ntaps, i, math.Float32bits(got[i]), math.Float32bits(want[i]))
	}
}

func TestWordTile(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for w := Bfloat16; w < numWords; w++ {
		for _, tr := range wordTiers(w) {
			for nv, most := range tr.maxRows {
				for rows := 1; rows <= most; rows++ {
					for range 20 {
						checkWordTile(t, tr, w, rows, nv, rng)
					}
				}
			}
		}
	}
}

func FuzzWordTile(f *testing.F) {
	f.Add(uint64(1), byte(1), byte(3), byte(1))
	f.Fuzz(func(t *testing.T, seed uint64, kind, rows, nv byte) {
		w := Bfloat16 + Words(kind)%(numWords-1)
		for _, tr := range wordTiers(w) {
			n := 1 + int(nv)%MaxVecs(1)
			for tr.maxRows[n] == 0 {
				n--
			}
			checkWordTile(t, tr, w, 1+int(rows)%tr.maxRows[n], n, rand.New(rand.NewPCG(seed, 1)))
		}
	})
}

// withTier runs f in each tier.
func withTier(t *testing.T, f func(t *testing.T)) {
	was := active
	defer func() { active = was }()
	for _, tr := range tiers() {
		active = tr
		t.Run(tr.name, f)
	}
}

func TestConversions(t *testing.T) {
	withTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		rows := make([][]float32, 4)
		for i := range rows {
			rows[i] = make([]float32, 101)
			for j := range rows[i] {
				rows[i][j] = float32(rng.NormFloat64() * 80)
			}
		}
		rows[0][3], rows[1][4], rows[2][5] = 0.5, 1e30, -1e30 // a tie, and what is clamped
		const inverse, zero = 1.5, 37
		want := func(x float32) int32 {
			return int32(min(max(math.RoundToEven(float64(x*inverse))+zero, 0), 255))
		}
		words := make([]uint32, 101)
		QuantiseBytes(words, rows[0], rows[1], rows[2], rows[3], inverse, zero)
		pairs := make([]uint32, 101)
		QuantisePairs(pairs, rows[0], rows[1], inverse, zero)
		for i, word := range words {
			for k := range 4 {
				x := rows[k][i]
				if got := int32(word >> (8 * k) & 0xff); got != want(x) {
					t.Fatalf("byte %d of word %d: got %d, want %d of %g", k, i, got, want(x), x)
				}
			}
			if got := int32(int16(pairs[i])); got != want(rows[0][i])-zero {
				t.Fatalf("pair %d: got %d, want %d", i, got, want(rows[0][i])-zero)
			}
		}
		QuantiseBytes(words, rows[0], nil, nil, nil, inverse, zero)
		if words[5]>>8 != zero<<16|zero<<8|zero {
			t.Errorf("rows left out: got %x", words[5])
		}
	})
}

func TestBfloat16(t *testing.T) {
	// Values and their nearest bfloat16 by the rule of IEEE 754: ties go to the even last bit.
	table := []struct{ x, want uint32 }{
		{0x3f800000, 0x3f800000}, {0x3f808000, 0x3f800000}, {0x3f818000, 0x3f820000}, {0x3f808001, 0x3f810000}, {0x7f7fffff, 0x7f800000},
		{0xff800000, 0xff800000}, {0x80000000, 0x80000000}, {0x7f800001, 0x7fc00000}, {0xffffffff, 0xffff0000},
	}
	withTier(t, func(t *testing.T) {
		x := make([]float32, 50)
		for i := range x {
			x[i] = math.Float32frombits(table[i%len(table)].x)
		}
		got, pairs := make([]float32, 50), make([]uint32, 50)
		RoundBfloat16(got, x)
		PairBfloat16(pairs, x, x)
		for i := range x {
			want := table[i%len(table)].want
			if math.Float32bits(got[i]) != want || pairs[i] != want|want>>16 {
				t.Errorf("%08x: got %08x and pair %08x, want %08x", table[i%len(table)].x, math.Float32bits(got[i]), pairs[i], want)
			}
		}
	})
}

func TestRange(t *testing.T) {
	withTier(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for n := 1; n < 70; n++ {
			x := randomFloats(rng, n)
			at := rng.IntN(n)
			x[at] = 7
			lo, hi := Range(x)
			least := x[0]
			for _, v := range x {
				least = min(least, v)
			}
			if hi != 7 || lo != least {
				t.Fatalf("%d values: got %g and %g, want %g and 7", n, lo, hi, least)
			}
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				x[at] = float32(bad)
				if lo, hi := Range(x); lo == lo || hi == hi {
					t.Fatalf("%g at %d of %d: got %g and %g, want NaN", bad, at, n, lo, hi)
				}
			}
		}
	})
}
