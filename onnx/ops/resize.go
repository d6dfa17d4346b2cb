package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// resizer is the attributes of Resize and Upsample.
type resizer struct {
	mode, coord, nearest string
	antialias, exclude   bool
	cubic                float64
	extrapolation        float64
	policy               string
	axes                 []int
}

func resizeOp(n *graph.Node) Kernel {
	r := &resizer{mode: n.Str("mode", "nearest"), coord: n.Str("coordinate_transformation_mode", "half_pixel"),
		nearest: n.Str("nearest_mode", "round_prefer_floor"), antialias: n.Int("antialias", 0) != 0,
		exclude: n.Int("exclude_outside", 0) != 0, cubic: float64(n.Float("cubic_coeff_a", -0.75)),
		extrapolation: float64(n.Float("extrapolation_value", 0)),
		policy:        n.Str("keep_aspect_ratio_policy", "stretch"), axes: n.Ints("axes")}
	if n.Op == "Upsample" || n.Version < 11 {
		r.coord, r.nearest = "asymmetric", "simple"
	}
	return func(c *Call) {
		x := c.in(0)
		var scales, roi []float64
		var sizes []int
		switch {
		case n.Op == "Upsample" && n.Version < 9:
			if a := n.Attrs["scales"]; a != nil {
				scales = make([]float64, len(a.Floats))
				convertTo(a.Floats, scales)
			} else {
				scales = []float64{1, 1, float64(n.Float("height_scale", 1)), float64(n.Float("width_scale", 1))}
			}
		case n.Version < 11:
			scales = c.floats(1)
		default:
			roi, scales = c.floats(1), c.floats(2)
			if len(scales) == 0 {
				scales = nil
				sizes = c.ints(3)
			}
		}
		c.Out[0] = c.resize(r, x, scales, sizes, roi)
	}
}

// floats is input i as float64, nil where absent or empty.
func (c *Call) floats(i int) []float64 {
	t := c.opt(i)
	if t == nil || t.Len() == 0 {
		return nil
	}
	return c.cast(t, tensor.Float64, true, "").Float64()
}

func (c *Call) resize(r *resizer, x *tensor.Tensor, scales []float64, sizes []int, roi []float64) *tensor.Tensor {
	rank := x.Rank()
	axes := r.axes
	if axes == nil {
		for i := range rank {
			axes = append(axes, i)
		}
	}
	shape := append([]int{}, x.Shape()...)
	scale := make([]float64, rank)
	lo, hi := make([]float64, rank), make([]float64, rank)
	for i := range scale {
		scale[i], hi[i] = 1, 1
	}
	if scales == nil && sizes == nil {
		fail("neither scales nor sizes are given")
	}
	if scales != nil && len(scales) != len(axes) || scales == nil && len(sizes) != len(axes) {
		fail("scales or sizes: want %d values", len(axes))
	}
	for i, a := range axes {
		a = axis(a, rank)
		d := x.Shape()[a]
		if len(roi) == 2*len(axes) {
			lo[a], hi[a] = roi[i], roi[i+len(axes)]
		}
		if scales != nil {
			scale[a] = scales[i]
			out := math.Floor(float64(float32(d) * float32(scales[i]))) // in float32, as exporters reckon
			if !(scales[i] > 0) || out > tensor.MaxElements || out < 0 {
				fail("scale %v is not valid", scales[i])
			}
			shape[a] = int(out)
			continue
		}
		if sizes[i] < 0 || sizes[i] > tensor.MaxElements || d == 0 {
			fail("size %d is not valid for %d", sizes[i], d)
		}
		shape[a] = sizes[i]
		scale[a] = float64(sizes[i]) / float64(d)
	}
	if sizes != nil && r.policy != "stretch" {
		r.keepAspect(axes, x.Shape(), shape, scale)
	}
	if equalShape(shape, x.Shape()) && r.coord != "tf_crop_and_resize" {
		return x
	}
	dt := x.DType()
	cur := x
	c.afford(dt, shape)
	if r.mode == "nearest" {
		index := make([][]int, rank)
		for a, d := range x.Shape() {
			index[a] = r.nearestIndex(d, shape[a], scale[a], lo[a], hi[a])
		}
		outside := fixedIndex(index)
		if !outside {
			if out, ok := c.repeatBoxes(x, shape, index); ok {
				return out
			}
		}
		zero := tensor.New(dt, 1)
		if outside {
			zero = c.cast(tensor.FromFloat64([]int{1}, []float64{r.extrapolation}), dt, true, "")
		}
		return c.gatherGrid(x, shape, index, zero)
	}
	if dt != tensor.Float32 {
		cur = c.cast(x, tensor.Float32, true, "")
	}
	weights := func(a int) []mix { return r.weights(x.Shape()[a], shape[a], scale[a], lo[a], hi[a]) }
	stays := func(a int) bool {
		return x.Shape()[a] == shape[a] && scale[a] == 1 && (r.coord != "tf_crop_and_resize" || lo[a] == 0 && hi[a] == 1)
	}
	if out, ok := c.mixBoxes(cur, shape, stays, weights); ok {
		return c.rounded(out, dt)
	}
	// one axis at a time, the ones that shrink most first
	for _, a := range resizeOrder(x.Shape(), shape) {
		if !stays(a) {
			cur = c.resizeAxis(cur, a, shape[a], weights(a))
		}
	}
	return c.rounded(cur, dt)
}

// afford ends the call where a large result finds no memory, before tables of its size are made.
func (c *Call) afford(dt tensor.DType, shape []int) {
	n, err := tensor.NumElements(shape)
	check(err)
	if n *= dt.Size(); n < 1<<20 {
		return
	}
	b, err := c.Mem.Alloc(n)
	check(err)
	c.Mem.Free(b)
}

// rounded is float32 values in type dt, integers the nearest ones.
func (c *Call) rounded(t *tensor.Tensor, dt tensor.DType) *tensor.Tensor {
	if dt.IsInt() {
		f := t.Float32()
		for i, v := range f {
			f[i] = float32(math.RoundToEven(float64(v)))
		}
	}
	return c.cast(t, dt, true, "")
}

// keepAspect lowers or raises all scales to one.
func (r *resizer) keepAspect(axes, in, shape []int, scale []float64) {
	s := scale[axis(axes[0], len(in))]
	for _, a := range axes {
		a = axis(a, len(in))
		if r.policy == "not_larger" {
			s = min(s, scale[a])
		} else {
			s = max(s, scale[a])
		}
	}
	for _, a := range axes {
		a = axis(a, len(in))
		scale[a] = s
		shape[a] = int(math.Floor(s*float64(in[a]) + 0.5))
	}
}

func resizeOrder(in, out []int) []int {
	order := make([]int, 0, len(in))
	for i := range in {
		order = append(order, i)
	}
	ratio := func(i int) float64 { return float64(out[i]) / float64(max(1, in[i])) }
	for i := 1; i < len(order); i++ { // by insertion: stable
		for j := i; j > 0 && ratio(order[j]) < ratio(order[j-1]); j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	return order
}

// source is the input coordinate of output index o; outside tells tf_crop_and_resize that it lies
// beyond the input.
func (r *resizer) source(o, in, out int, scale, lo, hi float64) (x float64, outside bool) {
	length := scale * float64(in) // of the output, before it is rounded down
	switch r.coord {
	case "half_pixel":
		return (float64(o)+0.5)/scale - 0.5, false
	case "half_pixel_symmetric":
		adjust := float64(out) / length
		center := float64(in) / 2
		return center*(1-adjust) + (float64(o)+0.5)/scale - 0.5, false
	case "pytorch_half_pixel":
		if out > 1 {
			return (float64(o)+0.5)/scale - 0.5, false
		}
		return 0, false
	case "align_corners":
		if scale > 1 {
			length = float64(out) // as exporters and onnxruntime reckon; the cases of smaller sizes want the other
		}
		if length == 1 || out == 1 {
			return 0, false
		}
		return float64(o) * float64(in-1) / (length - 1), false
	case "asymmetric":
		return float64(o) / scale, false
	case "tf_half_pixel_for_nn":
		return (float64(o) + 0.5) / scale, false
	case "tf_crop_and_resize":
		if out > 1 {
			x = lo*float64(in-1) + float64(o)*(hi-lo)*float64(in-1)/float64(out-1)
		} else {
			x = 0.5 * (lo + hi) * float64(in-1)
		}
		return x, x < 0 || x > float64(in-1)
	}
	fail("coordinate_transformation_mode %q is not known", r.coord)
	return 0, false
}

func (r *resizer) nearestIndex(in, out int, scale, lo, hi float64) []int {
	idx := make([]int, out)
	for o := range idx {
		if in == out && scale == 1 && r.coord != "tf_crop_and_resize" {
			idx[o] = o
			continue
		}
		x, outside := r.source(o, in, out, scale, lo, hi)
		if outside {
			idx[o] = -1
			continue
		}
		var i float64
		switch r.nearest {
		case "round_prefer_floor":
			i = math.Ceil(x - 0.5)
		case "round_prefer_ceil":
			i = math.Floor(x + 0.5)
		case "simple": // before opset 11: downwards where the size grows, upwards where it shrinks
			if i = math.Floor(x); scale < 1 {
				i = math.Ceil(x)
			}
		case "floor":
			i = math.Floor(x)
		case "ceil":
			i = math.Ceil(x)
		default:
			fail("nearest_mode %q is not known", r.nearest)
		}
		idx[o] = min(max(int(i), 0), in-1)
	}
	return idx
}

// gatherGrid picks x at the indices of each axis; index −1 gives zero.
func (c *Call) gatherGrid(x *tensor.Tensor, shape []int, index [][]int, zero *tensor.Tensor) *tensor.Tensor {
	out := c.New(x.DType(), shape...)
	switch x.DType().Size() {
	case 1:
		padCells[uint8](c, x, out, index, zero)
	case 2:
		padCells[uint16](c, x, out, index, zero)
	case 4:
		padCells[uint32](c, x, out, index, zero)
	case 8:
		padCells[uint64](c, x, out, index, zero)
	default:
		fail("resize of %v", x)
	}
	return out
}

// mix is one output index's inputs along an axis; at −1 stands for value alone.
type mix struct {
	at    []int
	w     []float32
	value float32
	fixed bool
}

func (r *resizer) weights(in, out int, scale, lo, hi float64) []mix {
	m := make([]mix, out)
	for o := range m {
		x, outside := r.source(o, in, out, scale, lo, hi)
		if outside {
			m[o] = mix{fixed: true, value: float32(r.extrapolation)}
			continue
		}
		m[o] = r.weightsAt(x, in, scale)
	}
	return m
}

func (r *resizer) weightsAt(x float64, in int, scale float64) mix {
	support, kernel := 1.0, func(t float64) float64 { return math.Max(0, 1-math.Abs(t)) }
	switch r.mode {
	case "linear", "bilinear", "trilinear":
	case "cubic":
		support, kernel = 2, func(t float64) float64 { return cubicWeight(t, r.cubic) }
	default:
		fail("mode %q is not known", r.mode)
	}
	stretch := 1.0
	if r.antialias && scale < 1 {
		stretch = 1 / scale
	}
	var k mix
	sum := 0.0
	var ws []float64
	if stretch == 1 {
		x0 := math.Floor(x)
		frac := x - x0
		for t := 1 - int(support); t <= int(support); t++ {
			i := int(x0) + t
			w := kernel(frac - float64(t))
			if w == 0 || r.exclude && (i < 0 || i >= in) {
				continue
			}
			k.at = append(k.at, min(max(i, 0), in-1))
			ws = append(ws, w)
			sum += w
		}
	} else {
		half := support * stretch
		for i := int(math.Floor(x-half)) + 1; i <= int(math.Ceil(x+half))-1; i++ {
			w := kernel((x - float64(i)) / stretch)
			if w == 0 || r.exclude && (i < 0 || i >= in) {
				continue
			}
			k.at = append(k.at, min(max(i, 0), in-1))
			ws = append(ws, w)
			sum += w
		}
	}
	if !r.exclude && stretch == 1 {
		sum = 1
	}
	for _, w := range ws {
		k.w = append(k.w, float32(w/sum))
	}
	return k
}

func cubicWeight(t, a float64) float64 {
	t = math.Abs(t)
	switch {
	case t <= 1:
		return ((a+2)*t-(a+3))*t*t + 1
	case t < 2:
		return ((a*t-5*a)*t+8*a)*t - 4*a
	}
	return 0
}

// resizeAxis mixes along axis a.
func (c *Call) resizeAxis(x *tensor.Tensor, a, n int, m []mix) *tensor.Tensor {
	shape := append([]int{}, x.Shape()...)
	d := shape[a]
	shape[a] = n
	out := c.New(tensor.Float32, shape...)
	outer, inner := product(shape[:a]), product(shape[a+1:])
	src, dst := x.Float32(), out.Float32()
	if inner == 1 {
		c.parallel(outer, grainOf(n*4), func(lo, hi int) {
			for o := lo; o < hi; o++ {
				row, res := src[o*d:][:d], dst[o*n:][:n]
				mixRow(res, row, m)
			}
		})
		return out
	}
	c.parallel(outer*n, grainOf(inner*4), func(lo, hi int) {
		for j := lo; j < hi; j++ {
			o, k := j/n, &m[j%n]
			res := dst[j*inner:][:inner]
			if k.fixed || len(k.at) == 0 {
				for i := range res {
					res[i] = k.value
				}
				continue
			}
			simd.ScaleShift(res, src[(o*d+k.at[0])*inner:][:inner], k.w[0], 0)
			for q := 1; q < len(k.at); q++ {
				simd.Axpy(k.w[q], src[(o*d+k.at[q])*inner:][:inner], res)
			}
		}
	})
	return out
}

func mixRow(res, row []float32, m []mix) {
	for i := range res {
		k := &m[i]
		if len(k.at) == 2 {
			res[i] = row[k.at[0]]*k.w[0] + row[k.at[1]]*k.w[1]
			continue
		}
		v := k.value
		for q, at := range k.at {
			v += row[at] * k.w[q]
		}
		res[i] = v
	}
}
