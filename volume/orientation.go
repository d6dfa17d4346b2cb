package volume

import "fmt"

// Orientation names the direction toward which i, j and k grow: L or R, P or A, S or I, by the
// assignment of indices to patient axes that fits best as a whole. "LPS" is the patient frame itself;
// what nibabel calls RAS+ is "RAS" here.
func (g Geometry) Orientation() string {
	axis, sign := g.closest()
	letters := [3][2]byte{{'L', 'R'}, {'P', 'A'}, {'S', 'I'}}
	var code [3]byte
	for n := range 3 {
		s := 0
		if sign[n] < 0 {
			s = 1
		}
		code[n] = letters[axis[n]][s]
	}
	return string(code[:])
}

// closest assigns each index to the patient axis (0 x, 1 y, 2 z) that it follows, so that the sum of
// the cosines is largest; the first of equal assignments wins.
func (g Geometry) closest() (axis [3]int, sign [3]float64) {
	best := -1.0
	for _, p := range [6][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		sum := 0.0
		for n := range 3 {
			sum += abs(g.Axes[n][p[n]])
		}
		if sum > best+1e-9 {
			best, axis = sum, p
		}
	}
	for n := range 3 {
		sign[n] = 1
		if g.Axes[n][axis[n]] < 0 {
			sign[n] = -1
		}
	}
	return axis, sign
}

// Permutation says how a grid is turned into another orientation: index n of the new grid is index
// From[n] of the old one, counted backwards where Flip[n].
type Permutation struct {
	From [3]int
	Flip [3]bool
}

// PermutationTo finds the permutation that brings the grid closest to an orientation code such as "LPS".
func (g Geometry) PermutationTo(code string) (Permutation, error) {
	var p Permutation
	want, wantSign, err := parseOrientation(code)
	if err != nil {
		return p, err
	}
	axis, sign := g.closest()
	for n := range 3 {
		for m := range 3 {
			if axis[m] == want[n] {
				p.From[n] = m
				p.Flip[n] = sign[m] != wantSign[n]
			}
		}
	}
	return p, nil
}

func parseOrientation(code string) (axis [3]int, sign [3]float64, err error) {
	bad := fmt.Errorf("volume: orientation: want three letters, one each of L/R, P/A and S/I, got %q", code)
	if len(code) != 3 {
		return axis, sign, bad
	}
	seen := [3]bool{}
	for n := range 3 {
		switch code[n] {
		case 'L', 'R':
			axis[n] = 0
		case 'P', 'A':
			axis[n] = 1
		case 'S', 'I':
			axis[n] = 2
		default:
			return axis, sign, bad
		}
		sign[n] = 1
		if c := code[n]; c == 'R' || c == 'A' || c == 'I' {
			sign[n] = -1
		}
		if seen[axis[n]] {
			return axis, sign, bad
		}
		seen[axis[n]] = true
	}
	return axis, sign, nil
}

// Permuted is the same grid with its indices renamed and turned; every voxel keeps its place in the patient.
func (g Geometry) Permuted(p Permutation) Geometry {
	out := g
	var corner [3]float64
	for n := range 3 {
		from := p.From[n]
		out.Size[n], out.Spacing[n], out.Axes[n] = g.Size[from], g.Spacing[from], g.Axes[from]
		if p.Flip[n] {
			corner[from] = float64(g.Size[from] - 1)
			for r := range 3 {
				out.Axes[n][r] = 0 - g.Axes[from][r]
			}
		}
	}
	out.Origin = g.PointLPS(corner)
	return out
}

// Reoriented is the same grid with its indices permuted and flipped toward an orientation code.
func (g Geometry) Reoriented(code string) (Geometry, error) {
	p, err := g.PermutationTo(code)
	if err != nil {
		return Geometry{}, err
	}
	return g.Permuted(p), nil
}

// Reorient copies the image with its voxels reordered toward an orientation code such as "RAS"; no
// value is interpolated and each keeps its place in the patient.
func (v *Volume) Reorient(code string) (*Volume, error) {
	p, err := v.PermutationTo(code)
	if err != nil {
		return nil, err
	}
	out := *v
	out.Geometry = v.Permuted(p)
	out.Data = make([]float32, len(v.Data))
	n := v.Voxels()
	for c := range v.Channels {
		permute(out.Data[c*n:(c+1)*n], v.Channel(c), v.Size, p)
	}
	return &out, nil
}

// Reorient copies the mask with its voxels reordered toward an orientation code.
func (m *Mask) Reorient(code string) (*Mask, error) {
	p, err := m.PermutationTo(code)
	if err != nil {
		return nil, err
	}
	out := *m
	out.Geometry = m.Permuted(p)
	out.Labels = make([]uint16, len(m.Labels))
	permute(out.Labels, m.Labels, m.Size, p)
	return &out, nil
}

// permute writes the voxels of src, a grid of the given size, in the order of p.
func permute[T any](dst, src []T, size [3]int, p Permutation) {
	step := [3]int{1, size[0], size[0] * size[1]}
	start := 0
	var stride, count [3]int
	for n := range 3 {
		from := p.From[n]
		stride[n], count[n] = step[from], size[from]
		if p.Flip[n] {
			start += (size[from] - 1) * step[from]
			stride[n] = -step[from]
		}
	}
	at := 0
	for k := range count[2] {
		for j := range count[1] {
			from := start + k*stride[2] + j*stride[1]
			for range count[0] {
				dst[at] = src[from]
				from += stride[0]
				at++
			}
		}
	}
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
