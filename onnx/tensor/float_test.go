package tensor

import (
	"math"
	"testing"
)

// TestFloat16 goes through all codes, and values around the borders of the format (IEEE 754-2019, binary16).
func TestFloat16(t *testing.T) {
	for c := range 1 << 16 {
		v := Float16Value(uint16(c))
		if v != v {
			continue
		}
		if got := Float16Code(v); got != uint16(c) {
			t.Fatalf("code %#04x: value %v becomes %#04x", c, v, got)
		}
	}
	for _, x := range []struct {
		v    float32
		code uint16
	}{{65504, 0x7bff}, {65519, 0x7bff}, {65520, 0x7c00}, {1.0 / (1 << 24), 1}, {1.0 / (1 << 25), 0}, {1.5 / (1 << 24), 2},
		{6.103515625e-05, 0x0400}, {1 + 1.0/2048, 0x3c00}, {1 + 3.0/2048, 0x3c02}, {float32(math.Inf(-1)), 0xfc00}} {
		if got := Float16Code(x.v); got != x.code {
			t.Errorf("%v: want %#04x, got %#04x", x.v, x.code, got)
		}
	}
	if c := Float16Code(float32(math.NaN())); Float16Value(c) == Float16Value(c) {
		t.Errorf("NaN became %#04x", c)
	}
}

func TestBFloat16(t *testing.T) {
	for c := range 1 << 16 {
		v := BFloat16Value(uint16(c))
		if v == v && BFloat16Code(v) != uint16(c) {
			t.Fatalf("code %#04x: value %v becomes %#04x", c, v, BFloat16Code(v))
		}
	}
	if got := BFloat16Code(1 + 1.0/256); got != 0x3f80 { // half way, to even
		t.Errorf("want 0x3f80, got %#04x", got)
	}
}

// TestSmallFloats checks limits that "FP8 Formats for Deep Learning" (arXiv 2209.05433) and the OCP
// Microscaling specification 1.0 give.
func TestSmallFloats(t *testing.T) {
	for dt, want := range map[DType]float32{Float8E4M3FN: 448, Float8E4M3FNUZ: 240, Float8E5M2: 57344,
		Float8E5M2FNUZ: 57344, Float4E2M1: 6} {
		if got := MaxFinite(dt); got != want {
			t.Errorf("%v: want %v, got %v", dt, want, got)
		}
	}
	if v := SmallValues(Float8E4M3FN)[1]; v != 1.0/512 {
		t.Errorf("least float8e4m3fn: want 2^-9, got %v", v)
	}
	if v := SmallValues(Float8E5M2)[0x7c]; !math.IsInf(float64(v), 1) {
		t.Errorf("float8e5m2 0x7c: want infinity, got %v", v)
	}
	if v := SmallValues(Float8E8M0)[127]; v != 1 {
		t.Errorf("float8e8m0 127: want 1, got %v", v)
	}
}

func TestNumElements(t *testing.T) {
	for _, s := range [][]int{{-1}, {1 << 40, 2}, {1 << 62, 1 << 62}, {0, -1}} {
		if _, err := NumElements(s); err == nil {
			t.Errorf("%v: want an error", s)
		}
	}
	if n, err := NumElements([]int{1 << 20, 0, 1 << 10}); n != 0 || err != nil {
		t.Errorf("want 0, got %d and %v", n, err)
	}
}
