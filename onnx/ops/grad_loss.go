package ops

import (
	"math"

	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// lossBack is the rule of NegativeLogLikelihoodLoss and, after a softmax, of SoftmaxCrossEntropyLoss.
func lossBack(softmax bool) vjp {
	return func(b *back) {
		if b.g[0] == nil || at(b.g, 1) != nil {
			b.refuse("of its second output")
		}
		x, s := b.in[0], b.in[0].Shape()
		ch, inner := s[1], product(s[2:])
		idx := ints(b.in[1])
		weight := b.numbersAt(2)
		ignore, hasIgnore := b.n.Int("ignore_index", 0), b.n.Has("ignore_index")
		g := b.numbers(b.g[0])
		share := make([]float64, len(idx))
		total := 0.0
		for i, k := range idx {
			if hasIgnore && k == ignore {
				continue
			}
			share[i] = 1
			if weight != nil {
				share[i] = weight[index(k, ch)]
			}
			total += share[i]
		}
		for i := range share {
			switch b.n.Str("reduction", "mean") {
			case "none":
				share[i] *= g[i]
			case "sum":
				share[i] *= g[0]
			default:
				share[i] *= g[0] / total
			}
		}
		out := make([]float64, x.Len())
		if softmax {
			logp := make([]float64, x.Len())
			softmaxLoop(b.numbers(b.c.cast(x, tensor.Float64, true, "")), logp, s[0], ch, inner, true)
			for i, v := range logp {
				out[i] = math.Exp(v) * share[i/inner/ch*inner+i%inner]
			}
		}
		for i, k := range idx {
			if share[i] != 0 {
				out[(i/inner*ch+index(k, ch))*inner+i%inner] -= share[i]
			}
		}
		b.d[0] = b.as(x, s, out)
	}
}
