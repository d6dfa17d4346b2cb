package resample

import (
	"context"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// Area resizes an image over the same field of view: where a direction shrinks, each output voxel is
// the mean of the input that it covers (parts of voxels count by their part), so that nothing aliases;
// where a direction grows, it is linear.
func Area(ctx context.Context, v *volume.Volume, size [3]int) (*volume.Volume, error) {
	target := v.Resized(size)
	if err := target.Validate(); err != nil {
		return nil, err
	}
	cur := v
	for n := range 3 {
		if cur.Size[n] == size[n] {
			continue
		}
		next := cur.Size
		next[n] = size[n]
		g := cur.Resized(next)
		out, err := volume.New(g, v.Channels, v.Unit)
		if err != nil {
			return nil, err
		}
		taps := weights(cur.Size[n], size[n])
		inner := 1
		for m := range n {
			inner *= cur.Size[m]
		}
		outer := v.Channels * cur.Voxels() / (inner * cur.Size[n])
		err = parallel(ctx, outer*size[n], func(r int) {
			o, x := r/size[n], r%size[n]
			dst := out.Data[r*inner : (r+1)*inner]
			sum := make([]float64, inner)
			for t, w := range taps[x].weight {
				src := cur.Data[(o*cur.Size[n]+taps[x].first+t)*inner:][:inner]
				for i, s := range src {
					sum[i] += w * float64(s)
				}
			}
			for i := range dst {
				dst[i] = float32(sum[i])
			}
		})
		if err != nil {
			return nil, err
		}
		cur = out
	}
	if cur == v {
		cur = v.Clone()
	}
	cur.Geometry = target
	return cur, nil
}

type tap struct {
	first  int
	weight []float64
}

// weights gives for each of out cells the input cells that make it and how much each counts; they sum to 1.
func weights(in, out int) []tap {
	taps := make([]tap, out)
	ratio := float64(in) / float64(out)
	for x := range taps {
		if ratio <= 1 {
			p := (float64(x)+0.5)*ratio - 0.5
			lo, hi, f := bracket(p, in)
			if lo == hi {
				taps[x] = tap{lo, []float64{1}}
			} else {
				taps[x] = tap{lo, []float64{1 - f, f}}
			}
			continue
		}
		a, b := float64(x)*ratio, float64(x+1)*ratio
		first := int(a)
		last := min(int(math.Ceil(b))-1, in-1)
		w := make([]float64, 0, last-first+1)
		sum := 0.0
		for i := first; i <= last; i++ {
			part := math.Min(b, float64(i+1)) - math.Max(a, float64(i))
			w = append(w, part)
			sum += part
		}
		for i := range w {
			w[i] /= sum
		}
		taps[x] = tap{first, w}
	}
	return taps
}
