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
	nx, nxy := size[0], size[0]*size[1]
	for i := range row {
		p := at.index(i)
		if !inside(p, size) {
			row[i] = fill
			continue
		}
		x0, x1, fx := bracket(p[0], size[0])
		y0, y1, fy := bracket(p[1], size[1])
		z0, z1, fz := bracket(p[2], size[2])
		a, b := z0*nxy+y0*nx, z0*nxy+y1*nx
		c, d := z1*nxy+y0*nx, z1*nxy+y1*nx
		v00 := lerp(float64(src[a+x0]), float64(src[a+x1]), fx)
		v01 := lerp(float64(src[b+x0]), float64(src[b+x1]), fx)
		v10 := lerp(float64(src[c+x0]), float64(src[c+x1]), fx)
		v11 := lerp(float64(src[d+x0]), float64(src[d+x1]), fx)
		row[i] = float32(lerp(lerp(v00, v01, fy), lerp(v10, v11, fy), fz))
	}
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
