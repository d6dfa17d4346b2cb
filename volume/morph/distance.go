package morph

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/caliper-imaging/caliper/volume"
)

// DistanceMM is for each voxel the exact Euclidean distance in mm from its centre to the centre of the
// nearest true voxel (0 inside; +Inf where none is true), by the spacing of the grid along its axes,
// which are taken as orthogonal (Felzenszwalb and Huttenlocher 2012).
func DistanceMM(mask []bool, g volume.Geometry) []float64 {
	d := squaredMM(mask, g, true)
	for n, x := range d {
		d[n] = math.Sqrt(x)
	}
	return d
}

// squaredMM is the squared distance to the nearest voxel whose value is target.
func squaredMM(mask []bool, g volume.Geometry, target bool) []float64 {
	d := make([]float64, len(mask))
	for n, m := range mask {
		if m != target {
			d[n] = math.Inf(1)
		}
	}
	stride := [3]int{1, g.Size[0], g.Size[0] * g.Size[1]}
	for n := range 3 {
		length := g.Size[n]
		if length == 1 {
			continue
		}
		a, b := (n+1)%3, (n+2)%3
		if n == 1 {
			a, b = 0, 2
		}
		lines(g.Size[a]*g.Size[b], func() func(int) {
			f, out := make([]float64, length), make([]float64, length)
			hull, edge := make([]int, length), make([]float64, length+1)
			return func(line int) {
				at := line%g.Size[a]*stride[a] + line/g.Size[a]*stride[b]
				for x := range f {
					f[x] = d[at+x*stride[n]]
				}
				envelope(out, f, hull, edge, g.Spacing[n])
				for x := range out {
					d[at+x*stride[n]] = out[x]
				}
			}
		})
	}
	return d
}

// envelope is out[x] = min over y of f[y] + (h·(x-y))², through the lower envelope of the parabolas.
func envelope(out, f []float64, hull []int, edge []float64, h float64) {
	n := -1
	for y, v := range f {
		if math.IsInf(v, 1) {
			continue
		}
		fy := float64(y) * h
		for {
			if n < 0 {
				n = 0
				hull[0], edge[0] = y, math.Inf(-1)
				break
			}
			p := float64(hull[n]) * h
			s := ((v + fy*fy) - (f[hull[n]] + p*p)) / (2 * (fy - p))
			if s > edge[n] {
				n++
				hull[n], edge[n] = y, s
				break
			}
			n--
		}
	}
	if n < 0 {
		for x := range out {
			out[x] = math.Inf(1)
		}
		return
	}
	at := 0
	for x := range out {
		fx := float64(x) * h
		for at < n && edge[at+1] < fx {
			at++
		}
		d := float64(x-hull[at]) * h
		out[x] = d*d + f[hull[at]]
	}
}

// lines runs worker functions over count lines on all processors.
func lines(count int, worker func() func(line int)) {
	const chunk = 64
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (count+chunk-1)/chunk) {
		wg.Go(func() {
			f := worker()
			for {
				lo := int(next.Add(chunk)) - chunk
				if lo >= count {
					return
				}
				for line := lo; line < min(lo+chunk, count); line++ {
					f(line)
				}
			}
		})
	}
	wg.Wait()
}
