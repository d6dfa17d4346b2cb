//go:build unix

package simd

import (
	"math/rand/v2"
	"syscall"
	"testing"
)

// cpuSeconds is the processor time of this process so far, which other work on the machine doesn't lengthen much.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func BenchmarkTile(b *testing.B) {
	for _, tr := range tiers() {
		for nv, most := range tr.maxRows {
			for _, rows := range []int{most, (most + 1) / 2} {
				if rows == 0 {
					continue
				}
				b.Run(tr.name+string(rune('0'+nv))+"x"+string(rune('a'-1+rows)), func(b *testing.B) {
					steps := 256
					w := nv * tr.lanes
					a, x, c := make([]float32, steps*rows), make([]float32, steps*w), make([]float32, rows*w)
					tap := Tap{}
					t := Tile{A: &a[0], B: &x[0], C: &c[0], Taps: &tap, NTaps: 1, N: steps, BStride: 4 * w, CStride: 4 * w, Tail: tr.lanes}
					start := cpuSeconds()
					for b.Loop() {
						tr.tile(rows, nv, &t)
					}
					b.ReportMetric(2*float64(steps*w*rows)*float64(b.N)/(1e9*(cpuSeconds()-start)), "GFLOP/s")
				})
			}
		}
	}
}

func BenchmarkSgemm(b *testing.B) {
	for _, n := range []int{128, 1024} {
		b.Run(map[int]string{128: "128", 1024: "1024"}[n], func(b *testing.B) {
			x, y, z := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
			start := cpuSeconds()
			for b.Loop() {
				Sgemm(false, false, n, n, n, 1, x, n, y, n, 0, z, n, 1)
			}
			b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(b.N)/(1e9*(cpuSeconds()-start)), "GFLOP/s")
		})
	}
}

func BenchmarkVectors(b *testing.B) {
	x, y := randomFloats(rand.New(rand.NewPCG(1, 1)), 4096), make([]float32, 4096)
	for op, u := range unaryCases {
		b.Run(u.name, func(b *testing.B) {
			start := cpuSeconds()
			for b.Loop() {
				active.runUnary(unaryOp(op), y, x, u.p, u.q)
			}
			b.ReportMetric((cpuSeconds()-start)*1e9/float64(b.N)/4096, "cpu-ns/float")
		})
	}
}
