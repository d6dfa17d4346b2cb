package jpeg2000

import (
	"unsafe"

	"github.com/caliper-imaging/caliper/internal/simd/wavelet"
)

// plane holds one tile component: whole numbers for the reversible transform, float32 for the other.
type plane struct {
	w, h  int
	whole []int32
	real  []float32
}

// Lifting steps of the irreversible filter: T.800 table F.4.
const (
	alpha = -1.586134342059924
	beta  = -0.052980118572961
	gamma = 0.882911075530934
	delta = 0.443506852043971
	kappa = 1.230174104914001
)

// gain is what a band's samples are multiplied by: all the scalings of the irreversible filter (T.800 F.3.8.2)
// from resolution r on, which are one factor since the steps between them are linear.
func (tc *tileComponent) gain(r, b int) float64 {
	g := 1.0
	one := func(n, high int) {
		switch {
		case n == 1 && high == 1:
			g /= 2
		case n < 2:
		case high == 1:
			g /= kappa
		default:
			g *= kappa
		}
	}
	for at := max(r, 1); at < len(tc.resolutions); at++ {
		res := &tc.resolutions[at]
		high := 0
		if at == r {
			high = b
		}
		one(res.x1-res.x0, high&1)
		one(res.y1-res.y0, high>>1)
	}
	return g
}

// inverse undoes all levels of the wavelet transform in place: T.800 annex F.
func (p *plane) inverse(tc *tileComponent) {
	line := make([]int32, p.w)
	real := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(line))), len(line))
	for r := 1; r < len(tc.resolutions); r++ {
		if p.whole != nil {
			inverse53(newGrid(p.whole, p.w, tc, r), line)
		} else {
			inverse97(newGrid(p.real, p.w, tc, r), real)
		}
	}
}

// grid is a resolution of a plane. Its rows hold their low-pass half first; odd is 1 where the signal starts
// with a high-pass sample.
type grid[T int32 | float32] struct {
	data       []T
	stride     int
	w, h       int
	oddX, oddY int
}

func newGrid[T int32 | float32](data []T, w int, tc *tileComponent, r int) grid[T] {
	res := &tc.resolutions[r]
	g := grid[T]{stride: w << (len(tc.resolutions) - 1 - r), w: res.x1 - res.x0, h: res.y1 - res.y0, oddX: res.x0 & 1, oddY: res.y0 & 1}
	if g.w == 0 {
		g.h = 0
	}
	if g.h > 0 {
		g.data = data[res.top*w:]
	}
	return g
}

func (g *grid[T]) row(y int) []T { return g.data[y*g.stride:][:g.w:g.w] }

// beside gives the rows above and below one, mirrored at the borders.
func (g *grid[T]) beside(y int) (above, below []T) {
	u, d := y-1, y+1
	if u < 0 {
		u = 1
	}
	if d >= g.h {
		d = g.h - 2
	}
	return g.row(u), g.row(d)
}

// lift sets dst to what a step makes of each a, by its neighbours in b: those with the numbers i − 1 + shift and
// i + shift, or the nearest there is.
func lift[T int32 | float32](dst, a, b []T, shift int, step func(dst, a, l, r []T)) {
	from, to := 1-shift, min(len(a), len(b)-shift)
	if from == 1 {
		step(dst[:1], a, b, b)
	}
	if to > from {
		step(dst[from:to], a[from:], b[from-1+shift:], b[from+shift:])
	}
	for i := max(from, to); i < len(a); i++ {
		step(dst[i:i+1], a[i:], b[len(b)-1:], b[len(b)-1:])
	}
}

// row53 undoes one level in a row, by way of line: T.800 F.3.8.1.
func row53(row, line []int32, odd int) {
	if len(row) == 1 {
		row[0] >>= odd
		return
	}
	n := (len(row) + 1 - odd) / 2
	low, high := line[:n], line[n:len(row)]
	lift(low, row[:n], row[n:], odd, wavelet.Down)
	lift(high, row[n:], low, 1-odd, wavelet.Up)
	if odd == 1 {
		low, high = high, low
	}
	wavelet.Zip(row, low, high)
}

// inverse53 undoes one level: the rows, and the columns row by row as soon as the rows that a step takes are there.
func inverse53(g grid[int32], line []int32) {
	if g.h == 1 {
		row53(g.row(0), line, g.oddX)
		for x, v := range g.row(0) {
			g.data[x] = v >> g.oddY
		}
	}
	if g.h < 2 {
		return
	}
	row53(g.row(0), line, g.oddX)
	for y := range g.h + 1 {
		if y+1 < g.h {
			row53(g.row(y+1), line, g.oddX)
		}
		if y < g.h && y&1 == g.oddY {
			l, r := g.beside(y)
			wavelet.Down(g.row(y), g.row(y), l, r)
		}
		if at := y - 1; at >= 0 && at&1 != g.oddY {
			l, r := g.beside(at)
			wavelet.Up(g.row(at), g.row(at), l, r)
		}
	}
}

// row97 undoes one level in a row but for the scaling: T.800 F.3.8.2.
func row97(row, line []float32, odd int) {
	if len(row) == 1 {
		return
	}
	n := (len(row) + 1 - odd) / 2
	low, high := line[:n], line[n:len(row)]
	from := [2][]float32{row[:n], row[n:]} // the first two steps take the halves from the row
	for i, f := range [4]float32{delta, gamma, beta, alpha} {
		step := func(dst, a, l, r []float32) { wavelet.Share(dst, a, l, r, f) }
		switch i {
		case 0:
			lift(low, from[0], from[1], odd, step)
		case 1:
			lift(high, from[1], low, 1-odd, step)
		case 2:
			lift(low, low, high, odd, step)
		default:
			lift(high, high, low, 1-odd, step)
		}
	}
	if odd == 1 {
		low, high = high, low
	}
	wavelet.Zip(row, low, high)
}

// inverse97 undoes one level as inverse53 does.
func inverse97(g grid[float32], line []float32) {
	if g.h == 1 {
		row97(g.row(0), line, g.oddX)
	}
	if g.h < 2 {
		return
	}
	row97(g.row(0), line, g.oddX)
	for y := range g.h + 3 {
		if y+1 < g.h {
			row97(g.row(y+1), line, g.oddX)
		}
		for i, f := range [4]float32{delta, gamma, beta, alpha} {
			if at := y - i; at >= 0 && at < g.h && (at^g.oddY^i)&1 == 0 {
				l, r := g.beside(at)
				wavelet.Share(g.row(at), g.row(at), l, r, f)
			}
		}
	}
}
