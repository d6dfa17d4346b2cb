package register

import "math"

// parametersOf is the number of parameters of each kind.
var parametersOf = map[Kind]int{Rigid3D: 6, Similarity3D: 7, Affine3D: 12, Rigid2D: 3, Similarity2D: 4, Affine2D: 6}

// space builds transforms of one kind around a start. Parameters are in mm: those of the matrix are
// scaled by the reach of the samples, so that one unit of any of them moves points about one mm.
type space struct {
	kind    Kind
	base    Linear
	axes    [3][3]float64 // unit directions of the fixed image's indices; 2-D kinds act in the first two
	reachMM float64
}

// at is the transform of the parameters; all zero is the base.
func (s *space) at(p []float64) *Linear {
	t := s.base
	t.Kind = s.kind
	r := s.reachMM
	var m [3][3]float64
	shift := func(n int, axis int, v float64) {
		_ = n
		for c := range 3 {
			t.Translation[c] += v * s.axes[axis][c]
		}
	}
	switch s.kind {
	case Rigid3D:
		m = rotation([3]float64{p[0] / r, p[1] / r, p[2] / r})
		addTo(&t.Translation, p[3:])
	case Similarity3D:
		m = rotation([3]float64{p[0] / r, p[1] / r, p[2] / r})
		scale(&m, math.Exp(p[6]/r))
		addTo(&t.Translation, p[3:])
	case Affine3D:
		m = identity3
		for n := range 9 {
			m[n/3][n%3] += p[n] / r
		}
		addTo(&t.Translation, p[9:])
	case Rigid2D, Similarity2D:
		f := 1.0
		if s.kind == Similarity2D {
			f = math.Exp(p[3] / r)
		}
		sin, cos := math.Sincos(p[0] / r)
		m = s.inPlane([2][2]float64{{f * cos, -f * sin}, {f * sin, f * cos}})
		shift(1, 0, p[1])
		shift(2, 1, p[2])
	case Affine2D:
		m = s.inPlane([2][2]float64{{1 + p[0]/r, p[1] / r}, {p[2] / r, 1 + p[3]/r}})
		shift(4, 0, p[4])
		shift(5, 1, p[5])
	}
	t.A = product3(m, s.base.A)
	return &t
}

// inPlane is the matrix in LPS of a 2-D matrix over the first two index directions.
func (s *space) inPlane(m [2][2]float64) [3][3]float64 {
	normal := cross3(s.axes[0], s.axes[1])
	basis := [3][3]float64{s.axes[0], s.axes[1], normal} // rows
	inner := [3][3]float64{{m[0][0], m[0][1], 0}, {m[1][0], m[1][1], 0}, {0, 0, 1}}
	return product3(product3(transpose3(basis), inner), basis)
}

// slopes is how the 12 numbers of the transform (matrix row by row, translation) change with each
// parameter, by central differences.
func (s *space) slopes(p []float64) [][12]float64 {
	out := make([][12]float64, len(p))
	q := append([]float64(nil), p...)
	const h = 1e-4
	for n := range p {
		q[n] = p[n] + h
		up := s.at(q)
		q[n] = p[n] - h
		down := s.at(q)
		q[n] = p[n]
		for k := range 9 {
			out[n][k] = (up.A[k/3][k%3] - down.A[k/3][k%3]) / (2 * h)
		}
		for k := range 3 {
			out[n][9+k] = (up.Translation[k] - down.Translation[k]) / (2 * h)
		}
	}
	return out
}

func addTo(t *[3]float64, p []float64) {
	for n := range 3 {
		t[n] += p[n]
	}
}

func scale(m *[3][3]float64, f float64) {
	for r := range 3 {
		for c := range 3 {
			m[r][c] *= f
		}
	}
}

func cross3(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// rotation is the matrix that turns about the vector by its length in radians (Rodrigues).
func rotation(w [3]float64) [3][3]float64 {
	angle := math.Sqrt(w[0]*w[0] + w[1]*w[1] + w[2]*w[2])
	a, b := 1.0, 0.5
	if angle > 1e-6 {
		a, b = math.Sin(angle)/angle, (1-math.Cos(angle))/(angle*angle)
	}
	k := [3][3]float64{{0, -w[2], w[1]}, {w[2], 0, -w[0]}, {-w[1], w[0], 0}}
	kk := product3(k, k)
	m := identity3
	for r := range 3 {
		for c := range 3 {
			m[r][c] += a*k[r][c] + b*kk[r][c]
		}
	}
	return m
}
