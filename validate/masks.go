package validate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/morph"
)

var maskDefinitions = map[string]string{
	"dice": "2·|A∩B| / (|A|+|B|) of a label's voxels; 0 where it is in one mask only; a label in neither is left out (as surface-distance, MetricsReloaded)",
	"hd95": "95th percentile (linear between ranks) of the distances from each surface to the other in mm, the larger of both directions; surface: voxels of the label with a 6-neighbour outside it or on the border of the grid (as MONAI, MetricsReloaded); absent where the label is in one mask only",
}

// MaskPair is one case: a predicted mask and its truth, which must lie on one grid.
type MaskPair struct {
	Name        string
	Group       string
	Pred, Truth func() (*volume.Mask, error) // opened when needed, one case at a time
}

// Masks compares masks label by label: every label that occurs in either of a pair.
func Masks(ctx context.Context, pairs []MaskPair) (*Report, error) {
	r := &Report{Task: "masks", Definitions: maskDefinitions, Cases: []Case{}}
	for _, p := range pairs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pred, err := p.Pred()
		if err != nil {
			return nil, err
		}
		truth, err := p.Truth()
		if err != nil {
			return nil, err
		}
		cases, err := compareMasks(pred, truth)
		if err != nil {
			return nil, fmt.Errorf("validate: %s: %w", p.Name, err)
		}
		for _, c := range cases {
			c.Name, c.Group = p.Name, p.Group
			r.Cases = append(r.Cases, c)
		}
	}
	r.Overall = overallMasks(r.Cases)
	return r, nil
}

// overallMasks summarises all cases and each label.
func overallMasks(cases []Case) Figures {
	all := Figures{}
	byName := map[string][]float64{}
	missed := 0
	for _, c := range cases {
		for _, kind := range []string{"dice", "hd95"} {
			if x, ok := c.Figures[kind]; ok {
				byName[kind] = append(byName[kind], x)
				byName[kind+"."+c.Label] = append(byName[kind+"."+c.Label], x)
			}
		}
		if _, ok := c.Figures["hd95"]; !ok {
			missed++
		}
	}
	for name, values := range byName {
		all.summarise(name, values)
	}
	all["one_sided.n"] = float64(missed)
	return all
}

// compareMasks gives one case for each label of either mask.
func compareMasks(pred, truth *volume.Mask) ([]Case, error) {
	tol := 1e-2 * min(truth.Spacing[0], truth.Spacing[1], truth.Spacing[2])
	if err := truth.SameGrid(pred.Geometry, tol); err != nil {
		return nil, fmt.Errorf("prediction is not on the truth's grid: %w", err)
	}
	labels := append(pred.Present(), truth.Present()...)
	slices.Sort(labels)
	var out []Case
	for _, l := range slices.Compact(labels) {
		name := truth.Name(l)
		if name == "" {
			name = pred.Name(l)
		}
		if name == "" {
			name = fmt.Sprint(l)
		}
		c := Case{Label: name, Figures: Figures{}}
		a, b, box := cutLabel(pred, truth, l)
		na, nb, both := 0, 0, 0
		for n := range a {
			if a[n] {
				na++
			}
			if b[n] {
				nb++
			}
			if a[n] && b[n] {
				both++
			}
		}
		c.Figures["dice"] = 2 * float64(both) / float64(na+nb)
		switch {
		case na == 0:
			c.Note = "label only in the truth"
		case nb == 0:
			c.Note = "label only in the prediction"
		default:
			c.Figures["hd95"] = hausdorff95(a, b, box)
		}
		out = append(out, c)
	}
	return out, nil
}

// cutLabel cuts the box that holds a label in either mask, with one voxel around it; where the box ends
// at the grid's border the voxel around it is outside, so the border counts as surface.
func cutLabel(pred, truth *volume.Mask, label uint16) (a, b []bool, box volume.Geometry) {
	lo, hi := truth.Size, [3]int{-1, -1, -1}
	at := 0
	for k := range truth.Size[2] {
		for j := range truth.Size[1] {
			for i := range truth.Size[0] {
				if pred.Labels[at] == label || truth.Labels[at] == label {
					lo = [3]int{min(lo[0], i), min(lo[1], j), min(lo[2], k)}
					hi = [3]int{max(hi[0], i), max(hi[1], j), max(hi[2], k)}
				}
				at++
			}
		}
	}
	box = truth.Geometry
	for n := range 3 {
		if truth.Size[n] == 1 { // a picture has no surface across its plane
			box.Size[n] = 1
			continue
		}
		box.Size[n] = hi[n] - lo[n] + 3
		lo[n]--
	}
	a, b = make([]bool, box.Voxels()), make([]bool, box.Voxels())
	at = 0
	for k := range box.Size[2] {
		for j := range box.Size[1] {
			for i := range box.Size[0] {
				x, y, z := lo[0]+i, lo[1]+j, lo[2]+k
				if x >= 0 && y >= 0 && z >= 0 && x < truth.Size[0] && y < truth.Size[1] && z < truth.Size[2] {
					from := truth.Offset(x, y, z)
					a[at], b[at] = pred.Labels[from] == label, truth.Labels[from] == label
				}
				at++
			}
		}
	}
	return a, b, box
}

// hausdorff95 is the larger of both directions' 95th percentile of surface distances in mm.
func hausdorff95(a, b []bool, g volume.Geometry) float64 {
	sa, sb := surface(a, g), surface(b, g)
	return math.Max(directed95(sa, sb, g), directed95(sb, sa, g))
}

func directed95(from, to []bool, g volume.Geometry) float64 {
	distance := morph.DistanceMM(to, g)
	var d []float64
	for n, on := range from {
		if on {
			d = append(d, distance[n])
		}
	}
	slices.Sort(d)
	return percentile(d, 95)
}

// surface keeps the voxels with a 6-neighbour (4 on a picture) that is outside.
func surface(mask []bool, g volume.Geometry) []bool {
	out := make([]bool, len(mask))
	step := [3]int{1, g.Size[0], g.Size[0] * g.Size[1]}
	at := 0
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				if mask[at] {
					index := [3]int{i, j, k}
					for n := range 3 {
						if g.Size[n] == 1 {
							continue
						}
						if index[n] == 0 || index[n] == g.Size[n]-1 || !mask[at-step[n]] || !mask[at+step[n]] {
							out[at] = true
							break
						}
					}
				}
				at++
			}
		}
	}
	return out
}
