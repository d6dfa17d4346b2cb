package optest

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Tolerance is NumPy's: |got − want| ≤ Abs + Rel·|want|.
type Tolerance struct{ Rel, Abs float64 }

// Default is ONNX's own tolerance.
var Default = Tolerance{Rel: 1e-3, Abs: 1e-7}

func tolerance(b []byte) (Tolerance, error) {
	t := Default
	if b == nil {
		return t, nil
	}
	text := strings.NewReplacer("rtol", " ", "atol", " ", "=", " ", ":", " ", ",", " ").Replace(string(b))
	if _, err := fmt.Sscan(text, &t.Rel, &t.Abs); err != nil {
		return t, fmt.Errorf("tol.txt: %w", err)
	}
	return t, nil
}

// Compare checks type, shape and every element.
func Compare(got, want *onnx.Tensor, tol Tolerance) error {
	if got == nil {
		return errors.New("no value")
	}
	if got.DType() != want.DType() {
		return fmt.Errorf("want %v, got %v", want, got)
	}
	if want.DType() == tensor.Sequence {
		if len(got.Elems()) != len(want.Elems()) {
			return fmt.Errorf("want %d elements, got %d", len(want.Elems()), len(got.Elems()))
		}
		for i := range want.Elems() {
			if err := Compare(got.Elems()[i], want.Elems()[i], tol); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	}
	if fmt.Sprint(got.Shape()) != fmt.Sprint(want.Shape()) {
		return fmt.Errorf("want shape %v, got %v", want.Shape(), got.Shape())
	}
	if want.DType() == tensor.String {
		for i, s := range want.Strings() {
			if got.Strings()[i] != s {
				return fmt.Errorf("element %d differs", i)
			}
		}
		return nil
	}
	if !want.DType().IsFloat() && want.DType() != tensor.Complex64 && want.DType() != tensor.Complex128 {
		return compareBytes(got, want)
	}
	g, w := numbers(got), numbers(want)
	bad, first := 0, -1
	for i := range w {
		if !near(g[i], w[i], tol) {
			if bad++; first < 0 {
				first = i
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d elements differ, element %d: want %v, got %v", bad, len(w), first, w[first], g[first])
	}
	return nil
}

func near(g, w float64, tol Tolerance) bool {
	if g == w || g != g && w != w {
		return true
	}
	if math.IsInf(g, 0) || math.IsInf(w, 0) {
		return false
	}
	return math.Abs(g-w) <= tol.Abs+tol.Rel*math.Abs(w)
}

func compareBytes(got, want *onnx.Tensor) error {
	g, w := got.Bytes(), want.Bytes()
	size := want.DType().Size()
	for i := range w {
		if g[i] != w[i] {
			return fmt.Errorf("element %d differs: want %v, got %v", i/size, w[i/size*size:][:size], g[i/size*size:][:size])
		}
	}
	return nil
}

// numbers is the elements as float64, complex ones as two.
func numbers(t *onnx.Tensor) []float64 {
	var out []float64
	switch t.DType() {
	case tensor.Float32:
		for _, v := range t.Float32() {
			out = append(out, float64(v))
		}
	case tensor.Float64:
		out = t.Float64()
	case tensor.Float16:
		for _, v := range tensor.Data[uint16](t) {
			out = append(out, float64(tensor.Float16Value(v)))
		}
	case tensor.BFloat16:
		for _, v := range tensor.Data[uint16](t) {
			out = append(out, float64(tensor.BFloat16Value(v)))
		}
	case tensor.Complex64:
		for _, v := range tensor.Data[complex64](t) {
			out = append(out, float64(real(v)), float64(imag(v)))
		}
	case tensor.Complex128:
		for _, v := range tensor.Data[complex128](t) {
			out = append(out, real(v), imag(v))
		}
	default:
		table := tensor.SmallValues(t.DType())
		for _, v := range tensor.Data[uint8](t) {
			out = append(out, float64(table[v]))
		}
	}
	return out
}
