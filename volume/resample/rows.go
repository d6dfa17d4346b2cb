package resample

import "math"

func nearestRow[T any](row, src []T, size [3]int, at path, fill T) {
	for i := range row {
		p := at.index(i)
		if !inside(p, size) {
			row[i] = fill
			continue
		}
		x := clampIndex(p[0]+0.5, size[0])
		y := clampIndex(p[1]+0.5, size[1])
		z := clampIndex(p[2]+0.5, size[2])
		row[i] = src[(z*size[1]+y)*size[0]+x]
	}
}

func linearRow(row, src []float32, size [3]int, at path, fill float32) {
	lo, hi := at.interior(size, len(row))
	for i := range lo {
		row[i] = linearAt(src, size, at.index(i), fill)
	}
	linearInside(row, src, size, at, lo, hi, fill)
	for i := hi; i < len(row); i++ {
		row[i] = linearAt(src, size, at.index(i), fill)
	}
}

// linearInside does the voxels lo to hi of a straight row whose eight neighbours all lie in the image.
func linearInside(row, src []float32, size [3]int, at path, lo, hi int, fill float32) {
	sx, sy, sz := 1, size[0], size[0]*size[1] // to the next voxel; 0 where there is but one
	for n, s := range [3]*int{&sx, &sy, &sz} {
		if size[n] == 1 {
			*s = 0
			at.start[n], at.step[n] = 0, 0
		}
	}
	reach := sx + sy + sz + 1
	for i := lo; i < hi; i++ {
		f := float64(i)
		x, y, z := at.start[0]+f*at.step[0], at.start[1]+f*at.step[1], at.start[2]+f*at.step[2]
		xi, yi, zi := int(x), int(y), int(z)
		fx, fy, fz := x-float64(xi), y-float64(yi), z-float64(zi)
		base := xi*sx + yi*sy + zi*sz
		box := src[base : base+reach]
		a, b := float64(box[0]), float64(box[sy])
		c, d := float64(box[sz]), float64(box[sz+sy])
		a += fx * (float64(box[sx]) - a)
		b += fx * (float64(box[sy+sx]) - b)
		c += fx * (float64(box[sz+sx]) - c)
		d += fx * (float64(box[sz+sy+sx]) - d)
		a += fy * (b - a)
		c += fy * (d - c)
		v := a + fz*(c-a)
		if v != v { // a neighbour is not a number: it may be one that does not count
			row[i] = linearAt(src, size, [3]float64{x, y, z}, fill)
			continue
		}
		row[i] = float32(v)
	}
}

// interior is the part [lo, hi) of a straight row whose neighbours all lie in the image; it is empty for
// a row that is not straight.
func (p *path) interior(size [3]int, length int) (lo, hi int) {
	if p.each != nil {
		return 0, 0
	}
	inner := func(i int) bool {
		q := p.index(i)
		for n := range 3 {
			switch {
			case size[n] == 1:
				if !(q[n] >= -0.5 && q[n] <= 0.5) {
					return false
				}
			case !(q[n] >= 0 && q[n] < float64(size[n]-1)):
				return false
			}
		}
		return true
	}
	from, to := 0.0, float64(length)
	for n := range 3 {
		a, b := 0.0, float64(size[n]-1)
		if size[n] == 1 {
			a, b = -0.5, 0.5
		}
		if d := p.step[n]; d != 0 {
			u, v := (a-p.start[n])/d, (b-p.start[n])/d
			from, to = math.Max(from, math.Min(u, v)), math.Min(to, math.Max(u, v)+1)
		}
	}
	if !(from < to) {
		return 0, 0
	}
	lo, hi = int(math.Ceil(from)), min(int(math.Ceil(to)), length)
	// positions along a row rise or fall steadily, so that it is enough to see to the ends
	for lo < hi && !inner(lo) {
		lo++
	}
	for lo < hi && !inner(hi-1) {
		hi--
	}
	if lo >= hi {
		return 0, 0
	}
	return lo, hi
}

// linearAt is the value at one continuous index, at the border as well.
func linearAt(src []float32, size [3]int, p [3]float64, fill float32) float32 {
	if !inside(p, size) {
		return fill
	}
	nx, nxy := size[0], size[0]*size[1]
	x0, x1, fx := bracket(p[0], size[0])
	y0, y1, fy := bracket(p[1], size[1])
	z0, z1, fz := bracket(p[2], size[2])
	a, b := z0*nxy+y0*nx, z0*nxy+y1*nx
	c, d := z1*nxy+y0*nx, z1*nxy+y1*nx
	v00 := lerp(float64(src[a+x0]), float64(src[a+x1]), fx)
	v01 := lerp(float64(src[b+x0]), float64(src[b+x1]), fx)
	v10 := lerp(float64(src[c+x0]), float64(src[c+x1]), fx)
	v11 := lerp(float64(src[d+x0]), float64(src[d+x1]), fx)
	return float32(lerp(lerp(v00, v01, fy), lerp(v10, v11, fy), fz))
}

// bracket is the pair of voxels around a continuous index, clamped to the image, and the weight of the second.
func bracket(x float64, size int) (lo, hi int, f float64) {
	if x <= 0 {
		return 0, 0, 0
	}
	if last := size - 1; x >= float64(last) {
		return last, last, 0
	}
	lo = int(x)
	return lo, lo + 1, x - float64(lo)
}

// lerp leaves out a neighbour of weight 0, so that a NaN or an infinity there does not spread.
func lerp(a, b, f float64) float64 {
	if f == 0 {
		return a
	}
	return a + f*(b-a)
}

func cubicRow(row, coef []float32, size [3]int, at path, fill float32) {
	var index [3][4]int
	var weight [3][4]float64
	nx, nxy := size[0], size[0]*size[1]
	for i := range row {
		p := at.index(i)
		if !inside(p, size) {
			row[i] = fill
			continue
		}
		for n := range 3 {
			support(p[n], size[n], &index[n], &weight[n])
		}
		sum := 0.0
		for c := range 4 {
			wz := weight[2][c]
			if wz == 0 {
				continue
			}
			plane := 0.0
			for b := range 4 {
				wy := weight[1][b]
				if wy == 0 {
					continue
				}
				at := index[2][c]*nxy + index[1][b]*nx
				plane += wy * (weight[0][0]*float64(coef[at+index[0][0]]) + weight[0][1]*float64(coef[at+index[0][1]]) +
					weight[0][2]*float64(coef[at+index[0][2]]) + weight[0][3]*float64(coef[at+index[0][3]]))
			}
			sum += wz * plane
		}
		row[i] = float32(sum)
	}
}

// support gives the four voxels and weights of the cubic B-spline at x, mirrored about the first and last centre.
func support(x float64, size int, index *[4]int, weight *[4]float64) {
	if size == 1 {
		*index, *weight = [4]int{}, [4]float64{1, 0, 0, 0}
		return
	}
	base := math.Floor(x)
	f := x - base
	g := 1 - f
	*weight = [4]float64{g * g * g / 6, 2.0/3 - f*f*(2-f)/2, 2.0/3 - g*g*(2-g)/2, f * f * f / 6}
	for n := range 4 {
		index[n] = mirror(int(base)-1+n, size)
	}
}

func mirror(i, size int) int {
	if size == 1 {
		return 0
	}
	period := 2 * (size - 1)
	i %= period
	if i < 0 {
		i += period
	}
	if i >= size {
		i = period - i
	}
	return i
}
