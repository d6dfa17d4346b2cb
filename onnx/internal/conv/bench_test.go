//go:build unix

package conv

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/caliper-imaging/caliper/internal/simd"
)

func cube(n int) [3]int { return [3]int{n, n, n} }

var benchShapes = []struct {
	name string
	p    Params
}{
	{"3d21ch128dil16", Params{Batch: 1, InC: 21, OutC: 21, In: cube(128), Kernel: cube(3), PadLo: cube(16), PadHi: cube(16), Dilation: cube(16)}},
	{"3d21ch128dil1", Params{Batch: 1, InC: 21, OutC: 21, In: cube(128), Kernel: cube(3), PadLo: cube(1), PadHi: cube(1)}},
	{"3d10ch128dil2", Params{Batch: 1, InC: 10, OutC: 10, In: cube(128), Kernel: cube(3), PadLo: cube(2), PadHi: cube(2), Dilation: cube(2)}},
	{"3d1to21ch128", Params{Batch: 1, InC: 1, OutC: 21, In: cube(128), Kernel: cube(3), PadLo: cube(1), PadHi: cube(1)}},
	{"3d32ch96", Params{Batch: 1, InC: 32, OutC: 32, In: cube(96), Kernel: cube(3), PadLo: cube(1), PadHi: cube(1)}},
	{"3d32to64ch96stride2", Params{Batch: 1, InC: 32, OutC: 64, In: cube(96), Kernel: cube(3), PadLo: cube(1), PadHi: cube(1), Stride: cube(2)}},
	{"3d320ch6", Params{Batch: 1, InC: 320, OutC: 320, In: cube(6), Kernel: cube(3), PadLo: cube(1), PadHi: cube(1)}},
	{"3ddepthwise32ch96", Params{Batch: 1, InC: 32, OutC: 32, Group: 32, In: cube(96), Kernel: cube(3), PadLo: cube(1), PadHi: cube(1)}},
	{"2d64ch256", Params{Batch: 1, InC: 64, OutC: 64, In: [3]int{1, 256, 256}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d64ch56", Params{Batch: 1, InC: 64, OutC: 64, In: [3]int{1, 56, 56}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d128ch28", Params{Batch: 1, InC: 128, OutC: 128, In: [3]int{1, 28, 28}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d256ch14", Params{Batch: 1, InC: 256, OutC: 256, In: [3]int{1, 14, 14}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d128to32ch56", Params{Batch: 1, InC: 128, OutC: 32, In: [3]int{1, 56, 56}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d64ch40", Params{Batch: 1, InC: 64, OutC: 64, In: [3]int{1, 40, 40}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d32ch80", Params{Batch: 1, InC: 32, OutC: 32, In: [3]int{1, 80, 80}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d16to32ch320stride2", Params{Batch: 1, InC: 16, OutC: 32, In: [3]int{1, 320, 320}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 2, 2}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d3to16ch640stride2", Params{Batch: 1, InC: 3, OutC: 16, In: [3]int{1, 640, 640}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 2, 2}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d128ch56stride2", Params{Batch: 1, InC: 128, OutC: 128, In: [3]int{1, 56, 56}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 2, 2}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d512ch7", Params{Batch: 1, InC: 512, OutC: 512, In: [3]int{1, 7, 7}, Kernel: [3]int{1, 3, 3}, PadLo: [3]int{0, 1, 1}, PadHi: [3]int{0, 1, 1}}},
	{"2d3to64ch224k7", Params{Batch: 1, InC: 3, OutC: 64, In: [3]int{1, 224, 224}, Kernel: [3]int{1, 7, 7}, PadLo: [3]int{0, 3, 3}, PadHi: [3]int{0, 3, 3}, Stride: [3]int{1, 2, 2}}},
	{"2d256to64ch56k1", Params{Batch: 1, InC: 256, OutC: 64, In: [3]int{1, 56, 56}, Kernel: [3]int{1, 1, 1}}},
	{"2d2048to512ch7k1", Params{Batch: 1, InC: 2048, OutC: 512, In: [3]int{1, 7, 7}, Kernel: [3]int{1, 1, 1}}},
	{"2ddepthwise240ch14k5", Params{Batch: 1, InC: 240, OutC: 240, Group: 240, In: [3]int{1, 14, 14}, Kernel: [3]int{1, 5, 5}, PadLo: [3]int{0, 2, 2}, PadHi: [3]int{0, 2, 2}}},
}

// cpuSeconds is the processor time of this process so far, which other work on the machine doesn't lengthen much.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func BenchmarkForward(b *testing.B) {
	for _, s := range benchShapes {
		b.Run(s.name, func(b *testing.B) {
			p := s.p
			p.normalise()
			p.Out = p.OutSize()
			rng := rand.New(rand.NewPCG(1, 1))
			src := simd.Alloc(p.InC * p.inVoxels())
			copy(src, random(rng, len(src)))
			k := Pack(random(rng, p.OutC*p.InC/p.Group*p.taps()), &p)
			dst := simd.Alloc(p.OutC * p.outVoxels())
			flop := 2 * float64(p.OutC*p.InC/p.Group*p.taps()) * float64(p.outVoxels())
			k.Forward(dst, src, nil, &p, Activation{}, 1)
			start := cpuSeconds()
			for b.Loop() {
				k.Forward(dst, src, nil, &p, Activation{}, 1)
			}
			cpu := cpuSeconds() - start
			b.ReportMetric(1e3*cpu/float64(b.N), "cpu-ms/op")
			b.ReportMetric(flop*float64(b.N)/cpu/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkTranspose(b *testing.B) {
	p := Params{Batch: 1, InC: 64, OutC: 32, In: cube(48), Kernel: cube(2), Stride: cube(2), Out: cube(96)}
	p.normalise()
	rng := rand.New(rand.NewPCG(1, 1))
	src := simd.Alloc(p.InC * p.inVoxels())
	copy(src, random(rng, len(src)))
	k := PackTranspose(random(rng, p.InC*p.OutC*p.taps()), &p)
	dst := simd.Alloc(p.OutC * p.outVoxels())
	k.Forward(dst, src, nil, &p, Activation{}, 1)
	start := cpuSeconds()
	for b.Loop() {
		k.Forward(dst, src, nil, &p, Activation{}, 1)
	}
	b.ReportMetric(1e3*(cpuSeconds()-start)/float64(b.N), "cpu-ms/op")
}
