package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

var binaryNames = [numBinary]string{"add", "sub", "mul", "div", "max", "min"}

// unaryCases name each function, the parameters it is tried with, and how far it may be from the twin: by units in the last
// place of the result plus an absolute part.
var unaryCases = [numUnary]struct {
	name string
	p, q float32
	ulp  float64
	abs  float64
}{
	opScaleShift: {"scaleShift", 1.5, -0.25, 1, 1e-7},
	opAxpy:       {"axpy", -0.75, 0, 1, 2e-7},
	opClamp:      {"clamp", -0.5, 2, 0, 0},
	opLeaky:      {"leaky", 0.1, 0, 0, 0},
	opExp:        {"exp", 1, 0.125, 3, 1.2e-38},
	opSigmoid:    {"sigmoid", 0, 0, 4, 1.2e-38},
	opSilu:       {"silu", 0, 0, 5, 1e-36},
	opTanh:       {"tanh", 0, 0, 4, 0},
	opErf:        {"erf", 0, 0, 6, 0},
	opGelu:       {"gelu", 0, 0, 6, 1e-6},
	opHardSwish:  {"hardSwish", 0, 0, 3, 3e-7},
	opElu:        {"elu", 0.5, 0, 2, 1e-7},
}

// inputs are numbers of all sizes, with the special values among them.
func inputs(rng *rand.Rand, n int) []float32 {
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e-30, -1e-30, 88.5, 88.8, 100, -87, -95, -103, -200, 0.6249, 0.6251, 3.9, 4.1, -6}
	x := make([]float32, n)
	for i := range x {
		switch rng.IntN(4) {
		case 0:
			x[i] = special[rng.IntN(len(special))]
		case 1:
			x[i] = float32(rng.NormFloat64() * 30)
		default:
			x[i] = float32(rng.NormFloat64())
		}
	}
	return x
}

func agrees(got, want float32, ulp, abs float64) bool {
	g, w := float64(got), float64(want)
	if math.IsNaN(g) || math.IsNaN(w) {
		return math.IsNaN(g) && math.IsNaN(w)
	}
	return g == w || math.Abs(g-w) <= ulp*math.Abs(w)*math.Pow(2, -23)+abs
}

// window returns n floats at an odd place inside memory whose other floats are guards, and a check that they are untouched.
func window(rng *rand.Rand, x []float32) ([]float32, func() bool) {
	const guard = 424242
	off := 1 + rng.IntN(17)
	all := make([]float32, off+len(x)+17)
	for i := range all {
		all[i] = guard
	}
	w := all[off : off+len(x) : off+len(x)]
	copy(w, x)
	return w, func() bool {
		for i, v := range all {
			if (i < off || i >= off+len(x)) && v != guard {
				return false
			}
		}
		return true
	}
}

func checkVectors(t *testing.T, tr *tier, rng *rand.Rand, n int) {
	t.Helper()
	a, b, c := inputs(rng, n), inputs(rng, n), inputs(rng, n)
	for op, name := range binaryNames {
		got, clean := window(rng, c)
		x, _ := window(rng, a)
		y, _ := window(rng, b)
		want := make([]float32, n)
		tr.runBinary(binaryOp(op), got, x, y)
		plainTier.runBinary(binaryOp(op), want, a, b)
		for i := range want {
			if !agrees(got[i], want[i], 0, 0) {
				t.Fatalf("%s %s of %d: element %d: (%g, %g): got %g, twin %g", tr.name, name, n, i, a[i], b[i], got[i], want[i])
			}
		}
		if !clean() {
			t.Fatalf("%s %s of %d wrote outside", tr.name, name, n)
		}
	}
	for op, u := range unaryCases {
		got, clean := window(rng, c)
		x, _ := window(rng, a)
		want := append([]float32(nil), c...)
		tr.runUnary(unaryOp(op), got, x, u.p, u.q)
		plainTier.runUnary(unaryOp(op), want, a, u.p, u.q)
		for i := range want {
			if unaryOp(op) == opSilu && math.IsInf(float64(a[i]), -1) {
				continue // 0·∞
			}
			abs := u.abs
			if unaryOp(op) == opAxpy || unaryOp(op) == opScaleShift {
				// The twin rounds the product before the sum.
				abs += math.Abs(float64(u.p*a[i])) * math.Pow(2, -23)
			}
			if !agrees(got[i], want[i], u.ulp, abs) {
				t.Fatalf("%s %s of %d: element %d: %g: got %g, twin %g", tr.name, u.name, n, i, a[i], got[i], want[i])
			}
		}
		if !clean() {
			t.Fatalf("%s %s of %d wrote outside", tr.name, u.name, n)
		}
	}
	for op := range numReduce {
		x, y := randomFloats(rng, n), randomFloats(rng, n)
		if n > 0 && rng.IntN(4) == 0 {
			x[rng.IntN(n)] = float32([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}[rng.IntN(3)])
		}
		xw, _ := window(rng, x)
		yw, _ := window(rng, y)
		pad := []float32{opSum: 0, opSumSq: 0.25, opDot: 0, opMaxOf: float32(math.Inf(-1))}[op]
		got, want := tr.runReduce(op, xw, yw, 0.25, pad), plainTier.runReduce(op, x, y, 0.25, pad)
		if !agrees(got, want, 0, 3e-7*float64(n+1)) {
			t.Fatalf("%s reduction %d of %d: got %g, twin %g", tr.name, op, n, got, want)
		}
	}
}

func TestVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, tr := range tiers() {
		for n := range 150 {
			checkVectors(t, tr, rng, n)
		}
		for range 20 {
			checkVectors(t, tr, rng, 1000+rng.IntN(500))
		}
	}
}

// TestApproximations holds the approximations to values from the definition over the whole range, in absolute terms.
func TestApproximations(t *testing.T) {
	for x := -20.0; x < 20; x += 0.0137 {
		in := make([]float32, 5)
		for i := range in {
			in[i] = float32(x)
		}
		v := float64(in[0])
		for _, f := range []struct {
			name string
			f    func(dst, x []float32)
			want float64
		}{
			{"erf", Erf, math.Erf(v)},
			{"tanh", Tanh, math.Tanh(v)},
			{"sigmoid", Sigmoid, 1 / (1 + math.Exp(-v))},
			{"gelu", Gelu, v / 2 * (1 + math.Erf(v/math.Sqrt2))},
		} {
			got := make([]float32, 5)
			f.f(got, in)
			if d := math.Abs(float64(got[3]) - f.want); d > 3e-7*max(1, math.Abs(v)) {
				t.Fatalf("%s(%g): got %g, want %g", f.name, v, got[3], f.want)
			}
		}
	}
}

func TestZip(t *testing.T) {
	for n := range 140 {
		dst, a, b := make([]float32, n), make([]float32, (n+1)/2), make([]float32, n/2)
		for i := range a {
			a[i] = float32(2 * i)
		}
		for i := range b {
			b[i] = float32(2*i + 1)
		}
		Zip(dst, a, b)
		for i, v := range dst {
			if v != float32(i) {
				t.Fatalf("length %d: element %d is %g", n, i, v)
			}
		}
	}
}

func TestPairMax(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	nan := float32(math.NaN())
	for n := range 70 {
		dst, x := make([]float32, n+1), randomFloats(rng, 2*n)
		dst[n] = 7
		if n > 2 {
			x[rng.IntN(2*n)], x[rng.IntN(2*n)] = nan, nan
		}
		PairMax(dst[:n], x)
		for i, got := range dst[:n] {
			want := math.Max(float64(x[2*i]), float64(x[2*i+1]))
			if math.IsNaN(want) != math.IsNaN(float64(got)) || !math.IsNaN(want) && float64(got) != want {
				t.Fatalf("length %d: element %d is %g, want %g", n, i, got, want)
			}
		}
		if dst[n] != 7 {
			t.Fatalf("length %d: written behind the end", n)
		}
	}
}

func FuzzVectors(f *testing.F) {
	f.Add(uint64(1), uint16(40))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		for _, tr := range tiers() {
			checkVectors(t, tr, rand.New(rand.NewPCG(seed, 1)), int(n)%2000)
		}
	})
}
