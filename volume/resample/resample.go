// Package resample moves images and masks from one grid to another, through a transform where one is
// given. Conventions are those of ITK: a point is inside an image up to the outer border of its
// outermost voxels; between the last centre and that border, linear interpolation keeps the value of the
// last centre, and cubic mirrors the image about it.
package resample

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/caliper-imaging/caliper/volume"
)

// Interp is a way to get a value between voxels.
type Interp int

// Interpolations. Linear is the zero value.
const (
	Linear  Interp = iota
	Nearest        // the closest voxel centre, halves upward
	Cubic          // B-spline of order 3 with prefilter (Unser 1993), mirrored at the borders
)

// String is the name as options spell it.
func (i Interp) String() string {
	switch i {
	case Nearest:
		return "nearest"
	case Linear:
		return "linear"
	case Cubic:
		return "cubic"
	}
	return fmt.Sprintf("interp(%d)", int(i))
}

// Parse finds an interpolation by its name.
func Parse(name string) (Interp, error) {
	for _, i := range []Interp{Linear, Nearest, Cubic} {
		if name == i.String() {
			return i, nil
		}
	}
	return 0, fmt.Errorf("resample: interpolation: want linear, nearest or cubic, got %q", name)
}

// Transform maps a position of the output grid to the position of the input image whose value belongs
// there, both LPS mm. It must be safe for concurrent use.
type Transform interface {
	Map(pointLPS [3]float64) [3]float64
}

// AffineTransform is a transform that is a 4×4 matrix in LPS mm; such are applied faster.
type AffineTransform interface {
	Transform
	Matrix() [4][4]float64
}

// Volume resamples an image onto a grid. tf may be nil for the identity. Voxels whose position lies
// outside the image get fill. The result has the target's geometry and the image's channels and unit.
func Volume(ctx context.Context, v *volume.Volume, target volume.Geometry, tf Transform, interp Interp, fill float32) (*volume.Volume, error) {
	out, err := volume.New(target, v.Channels, v.Unit)
	if err != nil {
		return nil, err
	}
	for c := range v.Channels {
		src := v.Channel(c)
		var sample func(row []float32, at path)
		switch interp {
		case Nearest:
			sample = func(row []float32, at path) { nearestRow(row, src, v.Size, at, fill) }
		case Linear:
			sample = func(row []float32, at path) { linearRow(row, src, v.Size, at, fill) }
		case Cubic:
			coef, err := coefficients(ctx, src, v.Size)
			if err != nil {
				return nil, err
			}
			sample = func(row []float32, at path) { cubicRow(row, coef, v.Size, at, fill) }
		default:
			return nil, fmt.Errorf("resample: interpolation: want linear, nearest or cubic, got %v", interp)
		}
		if err := rows(ctx, v.Geometry, target, tf, out.Channel(c), sample); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Mask resamples labels onto a grid by the nearest voxel; outside is background.
func Mask(ctx context.Context, m *volume.Mask, target volume.Geometry, tf Transform) (*volume.Mask, error) {
	out, err := volume.NewMask(target, m.Names...)
	if err != nil {
		return nil, err
	}
	err = rows(ctx, m.Geometry, target, tf, out.Labels, func(row []uint16, at path) {
		nearestRow(row, m.Labels, m.Size, at, 0)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// path gives the continuous input index of each voxel of one output row: a straight line, or one by one.
type path struct {
	start, step [3]float64
	each        func(i int) [3]float64
}

func (p *path) index(i int) [3]float64 {
	if p.each != nil {
		return p.each(i)
	}
	f := float64(i)
	return [3]float64{p.start[0] + f*p.step[0], p.start[1] + f*p.step[1], p.start[2] + f*p.step[2]}
}

// rows walks the rows of the target over the processors; rows don't depend on each other, so the
// result is the same for any number of them.
func rows[T any](ctx context.Context, source, target volume.Geometry, tf Transform, dst []T, sample func(row []T, at path)) error {
	toIndex := invert(source.Affine())
	line := tf == nil
	indexed := mul(toIndex, target.Affine())
	if a, ok := tf.(AffineTransform); ok {
		line = true
		indexed = mul(toIndex, mul(a.Matrix(), target.Affine()))
	}
	nx := target.Size[0]
	return parallel(ctx, target.Size[1]*target.Size[2], func(r int) {
		j, k := float64(r%target.Size[1]), float64(r/target.Size[1])
		var at path
		if line {
			for n := range 3 {
				at.start[n] = indexed[n][1]*j + indexed[n][2]*k + indexed[n][3]
				at.step[n] = indexed[n][0]
			}
		} else {
			at.each = func(i int) [3]float64 {
				return apply(toIndex, tf.Map(target.PointLPS([3]float64{float64(i), j, k})))
			}
		}
		sample(dst[r*nx:(r+1)*nx], at)
	})
}

// parallel calls f for every n below count, in any order, on all processors.
func parallel(ctx context.Context, count int, f func(n int)) error {
	const chunk = 16
	workers := min(runtime.GOMAXPROCS(0), (count+chunk-1)/chunk)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				lo := int(next.Add(chunk)) - chunk
				if lo >= count {
					return
				}
				for n := lo; n < min(lo+chunk, count); n++ {
					f(n)
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func mul(a, b [4][4]float64) [4][4]float64 {
	var out [4][4]float64
	for r := range 4 {
		for c := range 4 {
			for n := range 4 {
				out[r][c] += a[r][n] * b[n][c]
			}
		}
	}
	return out
}

func apply(m [4][4]float64, p [3]float64) [3]float64 {
	var out [3]float64
	for r := range 3 {
		out[r] = m[r][0]*p[0] + m[r][1]*p[1] + m[r][2]*p[2] + m[r][3]
	}
	return out
}

// invert inverts an affine matrix whose last row is 0 0 0 1.
func invert(m [4][4]float64) [4][4]float64 {
	cof := func(r, c int) float64 {
		r1, r2, c1, c2 := (r+1)%3, (r+2)%3, (c+1)%3, (c+2)%3
		return m[r1][c1]*m[r2][c2] - m[r1][c2]*m[r2][c1]
	}
	det := m[0][0]*cof(0, 0) + m[0][1]*cof(0, 1) + m[0][2]*cof(0, 2)
	var out [4][4]float64
	for r := range 3 {
		for c := range 3 {
			out[r][c] = cof(c, r) / det
		}
	}
	for r := range 3 {
		out[r][3] = -(out[r][0]*m[0][3] + out[r][1]*m[1][3] + out[r][2]*m[2][3])
	}
	out[3][3] = 1
	return out
}

// tolerance widens the border so that rounding in the matrices does not lose the outermost voxels.
const tolerance = 1e-6

// inside reports whether a continuous index lies within the outer borders of the voxels.
func inside(p [3]float64, size [3]int) bool {
	for n := range 3 {
		if !(p[n] >= -0.5-tolerance && p[n] <= float64(size[n])-0.5+tolerance) {
			return false
		}
	}
	return true
}

func clampIndex(x float64, size int) int { return min(max(int(math.Floor(x)), 0), size-1) }
