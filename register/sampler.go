package register

import (
	"math"
	"sync"

	"github.com/caliper-imaging/caliper/volume"
)

const chunk = 8192 // samples that are summed together: sums don't depend on the number of threads

// samples are places of the fixed image and its values there.
type samples struct {
	points [][3]float64 // LPS mm
	values []float32
}

// drawSamples takes about want places inside the mask, on a regular grid that is shifted a little at
// each place (by a fixed pattern) so that voxel grids of both images do not lock.
func drawSamples(g volume.Geometry, data []float32, inside func([3]float64) bool, want int) *samples {
	total := g.Voxels()
	step := 1
	for total/(step*step*step) > want && g.Size[2] > 1 || g.Size[2] == 1 && total/(step*step) > want {
		step++
	}
	im := &field{g: g, data: data}
	s := &samples{}
	state := uint64(0x9e3779b97f4a7c15)
	jitter := func() float64 {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return float64(state>>11)/(1<<53) - 0.5
	}
	stepK := step
	if g.Size[2] == 1 {
		stepK = 1
	}
	for k := 0; k < g.Size[2]; k += stepK {
		for j := 0; j < g.Size[1]; j += step {
			for i := 0; i < g.Size[0]; i += step {
				at := [3]float64{float64(i), float64(j), float64(k)}
				for n := range 3 {
					if g.Size[n] > 1 {
						at[n] = min(max(at[n]+jitter(), 0), float64(g.Size[n]-1))
					}
				}
				p := g.PointLPS(at)
				if inside != nil && !inside(p) {
					continue
				}
				value, _, _ := im.at(at)
				s.points = append(s.points, p)
				s.values = append(s.values, value)
			}
		}
	}
	return s
}

// field is an image that can be read between voxels.
type field struct {
	g    volume.Geometry
	data []float32
}

// at is the value and its slope along each index at a continuous index, linear between voxel centres.
// ok is false outside the outermost centres.
func (f *field) at(index [3]float64) (value float32, slope [3]float32, ok bool) {
	var lo [3]int
	var t [3]float32
	var step [3]int
	stride := 1
	for n := range 3 {
		size := f.g.Size[n]
		x := index[n]
		if size == 1 {
			if !(x > -0.5 && x < 0.5) {
				return 0, slope, false
			}
		} else {
			if !(x >= 0 && x <= float64(size-1)) {
				return 0, slope, false
			}
			lo[n] = min(int(x), size-2)
			t[n] = float32(x - float64(lo[n]))
			step[n] = stride
		}
		stride *= size
	}
	base := (lo[2]*f.g.Size[1]+lo[1])*f.g.Size[0] + lo[0]
	d := f.data
	v000, v100 := d[base], d[base+step[0]]
	v010, v110 := d[base+step[1]], d[base+step[1]+step[0]]
	v001, v101 := d[base+step[2]], d[base+step[2]+step[0]]
	v011, v111 := d[base+step[2]+step[1]], d[base+step[2]+step[1]+step[0]]
	a00, a10 := v000+(v100-v000)*t[0], v010+(v110-v010)*t[0]
	a01, a11 := v001+(v101-v001)*t[0], v011+(v111-v011)*t[0]
	b0, b1 := a00+(a10-a00)*t[1], a01+(a11-a01)*t[1]
	value = b0 + (b1-b0)*t[2]
	sx0 := (v100 - v000) + ((v110-v010)-(v100-v000))*t[1]
	sx1 := (v101 - v001) + ((v111-v011)-(v101-v001))*t[1]
	slope[0] = sx0 + (sx1-sx0)*t[2]
	slope[1] = (a10 - a00) + ((a11-a01)-(a10-a00))*t[2]
	slope[2] = b1 - b0
	return value, slope, true
}

// reading is the moving image at every sample under one transform.
type reading struct {
	value []float32
	slope [][3]float32 // along the moving image's indices
	in    []bool
	count int
}

// read maps every sample through t and reads the moving image there.
func (f *field) read(t *Linear, s *samples, inside func([3]float64) bool, into *reading, threads int) {
	n := len(s.points)
	if len(into.value) < n {
		into.value, into.slope, into.in = make([]float32, n), make([][3]float32, n), make([]bool, n)
	}
	toIndex := indexAffine(f.g, t)
	counts := make([]int, (n+chunk-1)/chunk)
	parallel(threads, len(counts), func(c int) {
		for at := c * chunk; at < min(n, (c+1)*chunk); at++ {
			p := s.points[at]
			var index [3]float64
			for r := range 3 {
				index[r] = toIndex[r][0]*p[0] + toIndex[r][1]*p[1] + toIndex[r][2]*p[2] + toIndex[r][3]
			}
			value, slope, ok := f.at(index)
			if ok && inside != nil {
				ok = inside(t.Map(p))
			}
			into.value[at], into.slope[at], into.in[at] = value, slope, ok
			if ok {
				counts[c]++
			}
		}
	})
	into.count = 0
	for _, c := range counts {
		into.count += c
	}
}

// gradient sums weight·∂value/∂(matrix row by row, translation) over the samples.
func (f *field) gradient(t *Linear, s *samples, r *reading, weight []float64, threads int) [12]float64 {
	inv := inverseDirections(f.g)
	n := len(s.points)
	parts := make([][12]float64, (n+chunk-1)/chunk)
	parallel(threads, len(parts), func(c int) {
		var sum [12]float64
		for at := c * chunk; at < min(n, (c+1)*chunk); at++ {
			if !r.in[at] || weight[at] == 0 {
				continue
			}
			p, d := s.points[at], r.slope[at]
			w := weight[at]
			for row := range 3 {
				g := w * (float64(d[0])*inv[0][row] + float64(d[1])*inv[1][row] + float64(d[2])*inv[2][row])
				sum[3*row] += g * (p[0] - t.Centre[0])
				sum[3*row+1] += g * (p[1] - t.Centre[1])
				sum[3*row+2] += g * (p[2] - t.Centre[2])
				sum[9+row] += g
			}
		}
		parts[c] = sum
	})
	var total [12]float64
	for _, p := range parts {
		for n := range total {
			total[n] += p[n]
		}
	}
	return total
}

// inverseDirections maps LPS mm to index, without the origin.
func inverseDirections(g volume.Geometry) [3][3]float64 {
	var m [3][3]float64
	for r := range 3 {
		for n := range 3 {
			m[r][n] = g.Axes[n][r] * g.Spacing[n]
		}
	}
	inv, _ := inverse3scaled(m)
	return inv
}

// inverse3scaled inverts matrices of any scale.
func inverse3scaled(m [3][3]float64) ([3][3]float64, bool) {
	size := 0.0
	for r := range 3 {
		for c := range 3 {
			size = max(size, math.Abs(m[r][c]))
		}
	}
	if size == 0 {
		return m, false
	}
	scale(&m, 1/size)
	inv, ok := inverse3(m)
	scale(&inv, 1/size)
	return inv, ok
}

// indexAffine maps a fixed point in LPS mm through t to a continuous index of g.
func indexAffine(g volume.Geometry, t *Linear) [3][4]float64 {
	inv := inverseDirections(g)
	a := t.Matrix()
	var out [3][4]float64
	for r := range 3 {
		for c := range 4 {
			for k := range 3 {
				x := a[k][c]
				if c == 3 {
					x -= g.Origin[k]
				}
				out[r][c] += inv[r][k] * x
			}
		}
	}
	return out
}

// parallel runs f for each of n parts on some threads; which thread runs a part has no influence.
func parallel(threads, n int, f func(part int)) {
	if threads <= 1 || n <= 1 {
		for part := range n {
			f(part)
		}
		return
	}
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(threads, n) {
		wait.Go(func() {
			for part := range next {
				f(part)
			}
		})
	}
	for part := range n {
		next <- part
	}
	close(next)
	wait.Wait()
}
