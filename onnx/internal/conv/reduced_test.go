package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/internal/simd"
)

// reducedByDefinition computes a convolution of values that are rounded as the precision says, in float64.
func reducedByDefinition(src, weight, bias []float32, in Range, p *Params, precision Precision) []float64 {
	q := *p
	q.normalise()
	icg, ocg, taps := q.InC/q.Group, q.OutC/q.Group, q.taps()
	x, w := make([]float64, len(src)), make([]float64, len(weight))
	one := []float32{0}
	if precision == BFloat16 {
		for i, v := range src {
			simd.RoundBfloat16(one, []float32{v})
			x[i] = float64(one[0])
		}
		for i, v := range weight {
			simd.RoundBfloat16(one, []float32{v})
			w[i] = float64(one[0])
		}
	} else {
		lo, hi := math.Min(float64(in.Lo), 0), math.Max(float64(in.Hi), 0)
		step := (hi - lo) / 255
		if step == 0 {
			step = 1
		}
		zero := math.RoundToEven(-lo / step)
		for i, v := range src {
			x[i] = (math.Min(math.Max(math.RoundToEven(float64(v)/step)+zero, 0), 255) - zero) * step
		}
		for o := range q.OutC {
			part := weight[o*icg*taps:][:icg*taps]
			most := 0.0
			for _, v := range part {
				most = math.Max(most, math.Abs(float64(v)))
			}
			for i, v := range part {
				if most > 0 {
					w[o*icg*taps+i] = math.RoundToEven(float64(v)/(most/127)) * (most / 127)
				}
			}
		}
	}
	out := make([]float64, q.Batch*q.OutC*q.outVoxels())
	at := 0
	for b := range q.Batch {
		for o := range q.OutC {
			for od := range q.Out[0] {
				for oh := range q.Out[1] {
					for ow := range q.Out[2] {
						sum := 0.0
						if bias != nil {
							sum = float64(bias[o])
						}
						for ic := range icg {
							tap := 0
							for kd := range q.Kernel[0] {
								for kh := range q.Kernel[1] {
									for kw := range q.Kernel[2] {
										d, h, c := od*q.Stride[0]+kd*q.Dilation[0]-q.PadLo[0], oh*q.Stride[1]+kh*q.Dilation[1]-q.PadLo[1], ow*q.Stride[2]+kw*q.Dilation[2]-q.PadLo[2]
										if d >= 0 && h >= 0 && c >= 0 && d < q.In[0] && h < q.In[1] && c < q.In[2] {
											from := (((b*q.InC+o/ocg*icg+ic)*q.In[0]+d)*q.In[1]+h)*q.In[2] + c
											sum += x[from] * w[(o*icg+ic)*taps+tap]
										}
										tap++
									}
								}
							}
						}
						out[at] = sum
						at++
					}
				}
			}
		}
	}
	return out
}

// TestReduced holds both precisions to their definition, on shapes of all kinds. A value on the edge between two steps may fall to
// the other side in float32, so a few steps of tolerance are left at few places.
func TestReduced(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	shapes := []Params{
		{Batch: 1, InC: 8, OutC: 16, In: [3]int{1, 9, 13}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}},
		{Batch: 2, InC: 21, OutC: 7, In: [3]int{5, 7, 18}, Kernel: [3]int{3, 3, 3}, Dilation: [3]int{2, 2, 2}, PadLo: [3]int{2, 2, 2}, PadHi: [3]int{2, 2, 2}},
		{Batch: 1, InC: 12, OutC: 20, Group: 2, In: [3]int{1, 16, 33}, Kernel: [3]int{1, 5, 3}, Stride: [3]int{1, 2, 2}, PadLo: [3]int{0, 2, 1}, PadHi: [3]int{0, 1, 0}},
		{Batch: 1, InC: 30, OutC: 15, In: [3]int{1, 11, 40}, Kernel: [3]int{1, 1, 1}},
		{Batch: 1, InC: 5, OutC: 40, In: [3]int{1, 14, 14}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 2, 2}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}},
	}
	for _, p := range shapes {
		p.Out = p.OutSize()
		q := p
		q.normalise()
		src, weight := make([]float32, q.Batch*q.InC*q.inVoxels()), make([]float32, q.OutC*q.InC/q.Group*q.taps())
		for i := range src {
			src[i] = float32(rng.NormFloat64())
		}
		for i := range weight {
			weight[i] = float32(rng.NormFloat64())
		}
		bias := make([]float32, q.OutC)
		for i := range bias {
			bias[i] = float32(i)
		}
		for _, precision := range []Precision{BFloat16, Int8} {
			in, ok := RangeOf(src, 2)
			if !ok {
				t.Fatal("the range is not finite")
			}
			k := PackReduced(weight, &p, precision)
			out := make([]float32, q.Batch*q.OutC*q.outVoxels())
			k.Forward(out, src, bias, nil, in, &p, Activation{}, 1)
			again := make([]float32, len(out))
			k.Forward(again, src, bias, nil, in, &p, Activation{}, 3)
			want := reducedByDefinition(src, weight, bias, in, &p, precision)
			var square, off float64
			for i, v := range out {
				if v != again[i] {
					t.Fatalf("%v precision %d: output %d differs by the number of threads", p, precision, i)
				}
				square += want[i] * want[i]
				off += (float64(v) - want[i]) * (float64(v) - want[i])
			}
			if ratio := math.Sqrt(off / square); !(ratio < 2e-4) {
				t.Errorf("%v precision %d: off by %g of the output's size", p, precision, ratio)
			}
			// What is added and the activation work as in float32.
			add := append([]float32(nil), out...)
			k.Forward(again, src, bias, add, in, &p, Activation{Kind: Relu}, 2)
			for i, v := range out {
				if w := max(2*v, 0); math.Abs(float64(again[i]-w)) > 1e-4*(1+math.Abs(float64(w))) {
					t.Fatalf("%v precision %d: sum and activation: got %g, want %g", p, precision, again[i], w)
				}
			}
		}
	}
}

func TestQuantisation(t *testing.T) {
	for _, c := range []struct {
		in   Range
		step float32
		zero int32
	}{{Range{0, 255}, 1, 0}, {Range{-1, 1.04}, 0.008, 125}, {Range{3, 51}, 0.2, 0}, {Range{}, 1, 0}, {Range{-2.55, -1}, 0.01, 255}} {
		step, zero := c.in.quantisation()
		if math.Abs(float64(step-c.step)) > 1e-7 || zero != c.zero {
			t.Errorf("%v: got %g and %d, want %g and %d", c.in, step, zero, c.step, c.zero)
		}
	}
}

func BenchmarkReduced(b *testing.B) {
	p := Params{Batch: 1, InC: 64, OutC: 64, In: [3]int{1, 56, 56}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}
	p.Out = p.OutSize()
	src, weight := make([]float32, 64*56*56), make([]float32, 64*64*9)
	for i := range src {
		src[i] = float32(i%17) - 5
	}
	for i := range weight {
		weight[i] = float32(i%13) - 6
	}
	dst := make([]float32, 64*56*56)
	flops := 2 * float64(64*64*9*56*56)
	for _, precision := range []Precision{Float32, BFloat16, Int8} {
		b.Run(fmt.Sprint(precision), func(b *testing.B) {
			var run func()
			if precision == Float32 {
				q := p
				q.normalise()
				k := packForm(weight, q, form{})
				run = func() { k.Forward(dst, src, nil, &p, Activation{}, 1) }
			} else {
				k := PackReduced(weight, &p, precision)
				run = func() { k.Forward(dst, src, nil, nil, Range{-5, 11}, &p, Activation{}, 1) }
			}
			for b.Loop() {
				run()
			}
			b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
		})
	}
}
