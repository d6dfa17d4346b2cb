package conv

import (
	"math/rand/v2"
	"testing"
)

// TestInteger holds integer convolutions to their definition, to the bit.
func TestInteger(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	checked := 0
	for n := range 120 {
		p := randomParams(rng)
		p.Out = p.OutSize()
		if p.Check() != nil || !IntegerFits(&p) {
			continue
		}
		checked++
		q := p
		q.normalise()
		span := int32(127)
		if n%3 == 0 {
			span = 255 // a zero point that 8 bits don't hold
		}
		src, weight := make([]byte, q.Batch*q.InC*q.inVoxels()), make([]int32, q.OutC*q.InC/q.Group*q.taps())
		for i := range src {
			src[i] = byte(rng.Uint32())
		}
		for i := range weight {
			weight[i] = rng.Int32N(2*span+1) - span
		}
		signed := n%2 == 0
		zero := rng.Int32N(256)
		if signed {
			zero -= 128
		}
		centred, w := make([]float32, len(src)), make([]float32, len(weight))
		for i, b := range src {
			v := int32(b)
			if signed {
				v = int32(int8(b))
			}
			centred[i] = float32(v - zero)
		}
		for i, v := range weight {
			w[i] = float32(v)
		}
		want := naive(centred, w, nil, nil, p, Activation{}) // exact: the sums stay under 2²⁴
		k := PackInteger(weight, &p)
		out, again := make([]int32, len(want)), make([]int32, len(want))
		offset := k.Forward(out, src, signed, zero, &p, 1)
		k.Forward(again, src, signed, zero, &p, 3)
		for i, v := range want {
			o := i / q.outVoxels() % q.OutC
			if got := out[i] + offset[o]; got != int32(v) || out[i] != again[i] {
				t.Fatalf("%+v signed %v zero %d: output %d: got %d, want %g", p, signed, zero, i, got, v)
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d shapes were computed", checked)
	}
}
