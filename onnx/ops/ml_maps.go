package ops

import (
	"strconv"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// A map is a sequence of two tensors of one dimension: its keys and, in their order, its values.
func mapOf(keys, values *tensor.Tensor) *tensor.Tensor {
	return tensor.FromSequence([]*tensor.Tensor{keys, values})
}

func (c *Call) mapIn(i int) (keys, values *tensor.Tensor) {
	t := c.in(i)
	if t.DType() != tensor.Sequence || len(t.Elems()) != 2 || t.Elems()[0].Len() != t.Elems()[1].Len() {
		fail("want a map as a sequence of keys and values, got %v", t)
	}
	return t.Elems()[0], t.Elems()[1]
}

func zipMapOp(n *graph.Node) Kernel {
	labels := labelsOf(n, "classlabels_int64s", "classlabels_strings")
	return func(c *Call) {
		x := c.in(0)
		rows, cols := 1, x.Len()
		if x.Rank() == 2 {
			rows, cols = x.Shape()[0], x.Shape()[1]
		}
		if x.DType() != tensor.Float32 || x.Rank() > 2 || cols != labels.len() {
			fail("%v does not fit %d labels", x, labels.len())
		}
		at := make([]int, cols)
		for i := range at {
			at[i] = i
		}
		keys := labels.tensor(at)
		maps := make([]*tensor.Tensor, rows)
		for r := range maps {
			maps[r] = mapOf(keys, x.Slice(r*cols, (r+1)*cols, cols))
		}
		c.Out[0] = tensor.FromSequence(maps)
	}
}

func dictVectorizerOp(n *graph.Node) Kernel {
	labels := labelsOf(n, "int64_vocabulary", "string_vocabulary")
	return func(c *Call) {
		keys, values := c.mapIn(0)
		at := make([]int, labels.len())
		for i := range at {
			at[i] = i
		}
		words := labels.tensor(at)
		c.sameType(words, keys)
		found := c.finder(keys)(words)
		if values.DType() == tensor.String {
			out := make([]string, len(found))
			for i, k := range found {
				if k >= 0 {
					out[i] = values.Strings()[k]
				}
			}
			c.Out[0] = tensor.FromStrings([]int{1, len(out)}, out)
			return
		}
		out := c.Zeros(values.DType(), 1, len(found))
		for i, k := range found {
			if k >= 0 {
				c.copyRows(out, values, 1, 1, 0, i, 0, k)
			}
		}
		c.Out[0] = out
	}
}

// textNumber writes a float as TO_STRING wants it: the shortest text that reads back as the same float32.
func textNumber(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

func castMapOp(n *graph.Node) Kernel {
	to, sparse, most := n.Str("cast_to", "TO_FLOAT"), n.Str("map_form", "DENSE") == "SPARSE", n.Int("max_map", 1)
	return func(c *Call) {
		keys, values := c.mapIn(0)
		at := make([]int, keys.Len())
		for i, k := range keys.Int64() {
			if at[i] = i; sparse {
				if k < 0 || int(k) >= most || most > 1<<24 {
					fail("key %d is out of range for max_map %d", k, most)
				}
				at[i] = int(k)
			}
		}
		n := len(at)
		if sparse {
			n = most
		}
		var text []string
		if to == "TO_STRING" {
			text = make([]string, n)
		}
		nums := make([]float32, n)
		for i, k := range at {
			word := ""
			if values.DType() == tensor.String {
				word = values.Strings()[i]
				v, err := strconv.ParseFloat(word, 32)
				if err != nil && to != "TO_STRING" {
					fail("%q is no number", word)
				}
				nums[k] = float32(v)
			} else {
				nums[k] = values.Float32()[i]
				word = textNumber(nums[k])
			}
			if text != nil {
				text[k] = word
			}
		}
		switch to {
		case "TO_FLOAT":
			c.Out[0] = tensor.FromFloat32([]int{1, n}, nums)
		case "TO_INT64":
			out := make([]int64, n)
			for i, v := range nums {
				out[i] = int64(v)
			}
			c.Out[0] = tensor.FromInt64([]int{1, n}, out)
		case "TO_STRING":
			c.Out[0] = tensor.FromStrings([]int{1, n}, text)
		default:
			fail("cast_to %q is not known", to)
		}
	}
}

func categoryMapperOp(n *graph.Node) Kernel {
	l := &classLabels{}
	if a := n.Attrs["cats_int64s"]; a != nil {
		l.ints = a.Ints
	}
	if a := n.Attrs["cats_strings"]; a != nil {
		l.strings = a.Strings
	}
	if len(l.ints) != len(l.strings) {
		fail("cats_int64s and cats_strings differ in number")
	}
	ints, texts := tensor.FromInt64([]int{len(l.ints)}, l.ints), tensor.FromStrings([]int{len(l.strings)}, l.strings)
	return func(c *Call) {
		x := c.in(0)
		if x.DType() == tensor.String {
			out := make([]int64, x.Len())
			for i, k := range c.finder(texts)(x) {
				if out[i] = int64(n.Int("default_int64", -1)); k >= 0 {
					out[i] = l.ints[k]
				}
			}
			c.Out[0] = tensor.FromInt64(x.Shape(), out)
			return
		}
		out := make([]string, x.Len())
		for i, k := range c.finder(ints)(x) {
			if out[i] = n.Str("default_string", "_Unused"); k >= 0 {
				out[i] = l.strings[k]
			}
		}
		c.Out[0] = tensor.FromStrings(x.Shape(), out)
	}
}

func oneHotEncoderOp(n *graph.Node) Kernel {
	labels := labelsOf(n, "cats_int64s", "cats_strings")
	zeros := n.Int("zeros", 1) != 0
	return func(c *Call) {
		x := c.in(0)
		cats := tensor.FromInt64([]int{len(labels.ints)}, labels.ints)
		if len(labels.strings) > 0 {
			cats = tensor.FromStrings([]int{len(labels.strings)}, labels.strings)
			c.sameType(x, cats)
		} else {
			x = c.cast(x, tensor.Int64, true, "")
		}
		k := cats.Len()
		out := c.Zeros(tensor.Float32, append(append([]int{}, x.Shape()...), k)...)
		for i, at := range c.finder(cats)(x) {
			if at >= 0 {
				out.Float32()[i*k+at] = 1
			} else if !zeros {
				fail("an element is none of the categories")
			}
		}
		c.Out[0] = out
	}
}

func featureVectorizerOp(n *graph.Node) Kernel {
	dims := n.Ints("inputdimensions")
	return func(c *Call) {
		rows, total := -1, 0
		for i := range c.In {
			x := c.in(i)
			r, cols := 1, x.Len()
			if x.Rank() > 1 {
				r = x.Shape()[0]
				cols = x.Len() / max(1, r)
			}
			if i < len(dims) {
				cols = dims[i]
			}
			if rows >= 0 && r != rows || cols < 0 {
				fail("input %d: %v does not fit %d rows", i, x, rows)
			}
			rows = r
			total += cols
		}
		out := c.Zeros(tensor.Float32, max(rows, 0), total)
		start := 0
		for i := range c.In {
			x := c.in(i)
			own := x.Len() / max(1, rows)
			cols := own
			if i < len(dims) {
				cols = dims[i]
			}
			v := c.cast(x, tensor.Float32, true, "").Float32()
			for r := range rows {
				copy(out.Float32()[r*total+start:][:cols], v[r*own:][:own])
			}
			start += cols
		}
		c.Out[0] = out
	}
}
