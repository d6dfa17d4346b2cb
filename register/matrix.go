package register

import "math"

func determinant3(m [3][3]float64) float64 {
	return m[0][0]*(m[1][1]*m[2][2]-m[1][2]*m[2][1]) -
		m[0][1]*(m[1][0]*m[2][2]-m[1][2]*m[2][0]) +
		m[0][2]*(m[1][0]*m[2][1]-m[1][1]*m[2][0])
}

func inverse3(m [3][3]float64) (inv [3][3]float64, ok bool) {
	det := determinant3(m)
	if !(math.Abs(det) > 1e-12) {
		return inv, false
	}
	for r := range 3 {
		for c := range 3 {
			r1, r2, c1, c2 := (c+1)%3, (c+2)%3, (r+1)%3, (r+2)%3
			inv[r][c] = (m[r1][c1]*m[r2][c2] - m[r1][c2]*m[r2][c1]) / det
		}
	}
	return inv, true
}

func multiply3(m [3][3]float64, v [3]float64) [3]float64 {
	var out [3]float64
	for r := range 3 {
		out[r] = m[r][0]*v[0] + m[r][1]*v[1] + m[r][2]*v[2]
	}
	return out
}

func product3(a, b [3][3]float64) [3][3]float64 {
	var out [3][3]float64
	for r := range 3 {
		for c := range 3 {
			out[r][c] = a[r][0]*b[0][c] + a[r][1]*b[1][c] + a[r][2]*b[2][c]
		}
	}
	return out
}

func transpose3(m [3][3]float64) [3][3]float64 {
	for r := range 3 {
		for c := range r {
			m[r][c], m[c][r] = m[c][r], m[r][c]
		}
	}
	return m
}

// eigenSymmetric3 is the eigenvalues, largest first, and eigenvectors (columns) of a symmetric
// matrix, by Jacobi rotations.
func eigenSymmetric3(m [3][3]float64) (values [3]float64, vectors [3][3]float64) {
	vectors = identity3
	for range 60 {
		off := m[0][1]*m[0][1] + m[0][2]*m[0][2] + m[1][2]*m[1][2]
		if off < 1e-28*(1e-300+m[0][0]*m[0][0]+m[1][1]*m[1][1]+m[2][2]*m[2][2]) {
			break
		}
		for p := range 2 {
			for q := p + 1; q < 3; q++ {
				if m[p][q] == 0 {
					continue
				}
				theta := (m[q][q] - m[p][p]) / (2 * m[p][q])
				t := 1 / (math.Abs(theta) + math.Sqrt(theta*theta+1))
				if theta < 0 {
					t = -t
				}
				c := 1 / math.Sqrt(t*t+1)
				rot := identity3
				rot[p][p], rot[q][q], rot[p][q], rot[q][p] = c, c, t*c, -t*c
				m = product3(product3(transpose3(rot), m), rot)
				vectors = product3(vectors, rot)
			}
		}
	}
	order := [3]int{0, 1, 2}
	for a := range 2 {
		for b := a + 1; b < 3; b++ {
			if m[order[b]][order[b]] > m[order[a]][order[a]] {
				order[a], order[b] = order[b], order[a]
			}
		}
	}
	var sorted [3][3]float64
	for n, from := range order {
		values[n] = m[from][from]
		for r := range 3 {
			sorted[r][n] = vectors[r][from]
		}
	}
	return values, sorted
}

func singularValues3(m [3][3]float64) [3]float64 {
	values, _ := eigenSymmetric3(product3(transpose3(m), m))
	for n := range values {
		values[n] = math.Sqrt(max(values[n], 0))
	}
	return values
}

// nearestRotation is the rotation of the polar decomposition, by Newton's iteration (Higham 1986).
func nearestRotation(m [3][3]float64) [3][3]float64 {
	for range 50 {
		inv, ok := inverse3(m)
		if !ok {
			return identity3
		}
		inv = transpose3(inv)
		change := 0.0
		for r := range 3 {
			for c := range 3 {
				next := (m[r][c] + inv[r][c]) / 2
				change = max(change, math.Abs(next-m[r][c]))
				m[r][c] = next
			}
		}
		if change < 1e-14 {
			break
		}
	}
	return m
}
