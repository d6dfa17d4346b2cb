package preprocess

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/filter"
)

var errNoValues = errors.New("want an image with finite values, got none")

func affine(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	scale, offset := float32(o["scale"].number()), float32(o["offset"].number())
	for i, x := range v.Data {
		v.Data[i] = x*scale + offset
	}
	v.Unit = volume.Arbitrary
	return v, nil
}

func clip(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	lo, hi := o["lo"].number(), o["hi"].number()
	if lo > hi {
		return nil, fmt.Errorf("want lo at most hi, got %g and %g", lo, hi)
	}
	limit(v.Data, float32(lo), float32(hi))
	return v, nil
}

func limit(data []float32, lo, hi float32) {
	for i, x := range data {
		if x < lo {
			data[i] = lo
		} else if x > hi {
			data[i] = hi
		}
	}
}

// mapTo01 sends lo to 0 and hi to 1; an image without contrast becomes 0.
func mapTo01(v *volume.Volume, lo, hi float32, clipped bool) {
	v.Unit = volume.Arbitrary
	if hi == lo {
		clear(v.Data)
		return
	}
	span := hi - lo
	for i, x := range v.Data {
		v.Data[i] = (x - lo) / span
	}
	if clipped {
		limit(v.Data, 0, 1)
	}
}

func rescale(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	lo, hi := o["lo"].number(), o["hi"].number()
	if lo == hi {
		return nil, fmt.Errorf("want lo other than hi, got %g twice", lo)
	}
	mapTo01(v, float32(lo), float32(hi), o["clip"].on)
	return v, nil
}

func minmax(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	lo, hi, ok := v.Range()
	if !ok {
		return nil, errNoValues
	}
	mapTo01(v, lo, hi, false)
	a, b := float32(o["lo"].number()), float32(o["hi"].number())
	if a != 0 || b != 1 {
		for i, x := range v.Data {
			v.Data[i] = a + x*(b-a)
		}
	}
	return v, nil
}

func divideMax(_ context.Context, v *volume.Volume, _ map[string]value) (*volume.Volume, error) {
	_, hi, ok := v.Range()
	if !ok {
		return nil, errNoValues
	}
	v.Unit = volume.Arbitrary
	if hi == 0 {
		return v, nil
	}
	for i, x := range v.Data {
		v.Data[i] = x / hi
	}
	return v, nil
}

func quantiles(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	lo, hi, err := twoQuantiles(v.Data, o["lo"].number(), o["hi"].number())
	if err != nil {
		return nil, err
	}
	if lo == hi {
		return nil, fmt.Errorf("want contrast between the quantiles %g and %g, got %g for both", o["lo"].number(), o["hi"].number(), lo)
	}
	mapTo01(v, lo, hi, o["clip"].on)
	return v, nil
}

func percentiles(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	lo, hi, err := twoQuantiles(v.Data, o["lo"].number()/100, o["hi"].number()/100)
	if err != nil {
		return nil, err
	}
	limit(v.Data, lo, hi)
	return v, nil
}

func twoQuantiles(data []float32, lo, hi float64) (a, b float32, err error) {
	if !(lo >= 0 && hi <= 1 && lo < hi) {
		return 0, 0, fmt.Errorf("want 0 ≤ lo < hi ≤ 1 (or 100 %%), got %g and %g", lo, hi)
	}
	q, err := filter.Quantiles(data, lo, hi)
	if err != nil {
		return 0, 0, err
	}
	return float32(q[0]), float32(q[1]), nil
}

func invert(_ context.Context, v *volume.Volume, _ map[string]value) (*volume.Volume, error) {
	lo, hi, ok := v.Range()
	if !ok {
		return nil, errNoValues
	}
	for i, x := range v.Data {
		v.Data[i] = lo + hi - x
	}
	return v, nil
}

func windowStep(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	width := o["width"].number()
	if !(width >= 1) {
		return nil, fmt.Errorf("want a width of 1 or more, got %g", width)
	}
	window(v.Data, o["centre"].number(), width)
	v.Unit = volume.Arbitrary
	return v, nil
}

// Window is a copy of the image by the DICOM linear window function (PS3.3 C.11.2.1.2.1), 0 to 1.
// The width is 1 or more.
func Window(v *volume.Volume, centre, width float64) *volume.Volume {
	w := v.Clone()
	w.Unit = volume.Arbitrary
	window(w.Data, centre, max(width, 1))
	return w
}

func window(data []float32, centre, width float64) {
	lo, hi := centre-0.5-(width-1)/2, centre-0.5+(width-1)/2
	for i, x := range data {
		switch y := float64(x); {
		case y <= lo:
			data[i] = 0
		case y > hi:
			data[i] = 1
		default:
			data[i] = float32((y-(centre-0.5))/(width-1) + 0.5)
		}
	}
}

func zscore(_ context.Context, v *volume.Volume, o map[string]value) (*volume.Volume, error) {
	var n, sum float64
	use := func(x float32) bool { return x-x == 0 && (!o["foreground"].on || x > 0) }
	for _, x := range v.Data {
		if use(x) {
			n++
			sum += float64(x)
		}
	}
	if n == 0 {
		return nil, errNoValues
	}
	mean, square := sum/n, 0.0
	for _, x := range v.Data {
		if use(x) {
			square += (float64(x) - mean) * (float64(x) - mean)
		}
	}
	sd := math.Sqrt(square / n)
	v.Unit = volume.Arbitrary
	if sd == 0 {
		clear(v.Data)
		return v, nil
	}
	for i, x := range v.Data {
		v.Data[i] = float32((float64(x) - mean) / sd)
	}
	return v, nil
}
