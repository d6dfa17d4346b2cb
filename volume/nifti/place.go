package nifti

import (
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

func (h *Header) note(code, format string, args ...any) {
	h.Notes = append(h.Notes, Note{code, fmt.Sprintf(format, args...)})
}

// place sets the geometry: the sform where its code says so, else the qform, else pixdim alone.
func (h *Header) place(f *fields) error {
	unit := 1.0
	switch f.units & 7 {
	case 0, 2:
	case 1:
		unit = 1000
	case 3:
		unit = 0.001
	default:
		h.note("nifti-units", "spatial unit code %d is not defined; mm assumed", f.units&7)
	}
	switch f.units & 0x38 {
	case 8:
		h.FrameStepS = f.pixdim[4]
	case 16:
		h.FrameStepS = f.pixdim[4] / 1e3
	case 24:
		h.FrameStepS = f.pixdim[4] / 1e6
	}
	if !(h.FrameStepS > 0) || math.IsInf(h.FrameStepS, 0) {
		h.FrameStepS = 0
	}
	var spacing [3]float64
	odd := false
	for n := range 3 {
		spacing[n] = math.Abs(f.pixdim[n+1])
		if !(spacing[n] > 0) || math.IsInf(spacing[n], 0) {
			odd = odd || h.Size[n] > 1
			spacing[n] = 1 / unit
		}
	}
	size := h.Size
	if f.scode > 0 {
		g, err := fromRAS(size, squareUp(f.srow, size, spacing), unit)
		if err == nil {
			h.Geometry, h.Affine = g, "sform"
			h.sheared()
			return nil
		}
		if f.qcode <= 0 {
			return volume.Malformed("nifti: header: sform: %w", err)
		}
		h.note("nifti-sform", "the sform can't be used (%v); the qform is", err)
	}
	if odd {
		h.note("nifti-pixdim", "pixdim %v is not a spacing; 1 mm assumed where it is not", f.pixdim[1:4])
	}
	if f.qcode > 0 {
		g, err := fromRAS(size, fromQuaternion(f, spacing), unit)
		if err != nil {
			return volume.Malformed("nifti: header: qform: %w", err)
		}
		h.Geometry, h.Affine = g, "qform"
		return nil
	}
	h.note("nifti-orientation-unknown", "neither sform nor qform is set: left and right are not known; indices are taken to grow to the right, the front and the head")
	var rows [3][4]float64
	for n := range 3 {
		rows[n][n] = spacing[n]
	}
	g, err := fromRAS(size, rows, unit)
	if err != nil {
		return volume.Malformed("nifti: header: pixdim: %w", err)
	}
	h.Geometry, h.Affine = g, "pixdim"
	return nil
}

func (h *Header) sheared() {
	worst := 0.0
	for n := range 3 {
		a, b := h.Axes[n], h.Axes[(n+1)%3]
		worst = max(worst, math.Abs(a[0]*b[0]+a[1]*b[1]+a[2]*b[2]))
	}
	if worst > 1e-2 {
		h.note("nifti-shear", "the axes of the sform are not at right angles (cosine %.3f)", worst)
	}
}

// squareUp gives a direction to an index of one voxel whose column of the sform is empty: at right angles to the others.
func squareUp(rows [3][4]float64, size [3]int, spacing [3]float64) [3][4]float64 {
	for n := range 3 {
		if size[n] != 1 || rows[0][n] != 0 || rows[1][n] != 0 || rows[2][n] != 0 {
			continue
		}
		a, b := (n+1)%3, (n+2)%3
		var c [3]float64
		for r := range 3 {
			r1, r2 := (r+1)%3, (r+2)%3
			c[r] = rows[r1][a]*rows[r2][b] - rows[r2][a]*rows[r1][b]
		}
		if length := math.Sqrt(c[0]*c[0] + c[1]*c[1] + c[2]*c[2]); length > 0 {
			for r := range 3 {
				rows[r][n] = c[r] / length * spacing[n]
			}
		}
	}
	return rows
}

// fromQuaternion is method 2 of nifti1.h.
func fromQuaternion(f *fields, spacing [3]float64) [3][4]float64 {
	b, c, d := f.quatern[0], f.quatern[1], f.quatern[2]
	a := 1 - (b*b + c*c + d*d)
	if a < 1e-7 {
		length := math.Sqrt(b*b + c*c + d*d)
		b, c, d, a = b/length, c/length, d/length, 0
	} else {
		a = math.Sqrt(a)
	}
	r := [3][3]float64{
		{a*a + b*b - c*c - d*d, 2 * (b*c - a*d), 2 * (b*d + a*c)},
		{2 * (b*c + a*d), a*a + c*c - b*b - d*d, 2 * (c*d - a*b)},
		{2 * (b*d - a*c), 2 * (c*d + a*b), a*a + d*d - c*c - b*b},
	}
	step := spacing
	if f.pixdim[0] < 0 {
		step[2] = -step[2]
	}
	var rows [3][4]float64
	for n := range 3 {
		for m := range 3 {
			rows[n][m] = r[n][m] * step[m]
		}
		rows[n][3] = f.qoffset[n]
	}
	return rows
}

// fromRAS turns index-to-RAS rows in a unit of the given number of mm into a grid in LPS mm.
func fromRAS(size [3]int, rows [3][4]float64, unitMM float64) (volume.Geometry, error) {
	var a [4][4]float64
	for r := range 3 {
		s := unitMM
		if r < 2 {
			s = -unitMM
		}
		for c := range 4 {
			a[r][c] = s * rows[r][c]
			if a[r][c] == 0 {
				a[r][c] = 0 // no negative zero
			}
		}
	}
	a[3][3] = 1
	return volume.FromAffine(size, a)
}

// toRAS is the inverse of fromRAS for mm.
func toRAS(g volume.Geometry) [3][4]float64 {
	a := g.Affine()
	var rows [3][4]float64
	for r := range 3 {
		for c := range 4 {
			rows[r][c] = a[r][c]
			if r < 2 && a[r][c] != 0 {
				rows[r][c] = -a[r][c]
			}
		}
	}
	return rows
}

// quaternion gives b, c, d and qfac for the axes of a grid; ok is false where they are not at right angles.
func quaternion(g volume.Geometry) (q [3]float64, qfac float64, ok bool) {
	rows := toRAS(g)
	var r [3][3]float64
	for n := range 3 {
		for m := range 3 {
			r[n][m] = rows[n][m] / g.Spacing[m]
		}
	}
	for n := range 3 {
		m := (n + 1) % 3
		if math.Abs(r[0][n]*r[0][m]+r[1][n]*r[1][m]+r[2][n]*r[2][m]) > 1e-4 {
			return q, 1, false
		}
	}
	det := r[0][0]*(r[1][1]*r[2][2]-r[1][2]*r[2][1]) - r[0][1]*(r[1][0]*r[2][2]-r[1][2]*r[2][0]) + r[0][2]*(r[1][0]*r[2][1]-r[1][1]*r[2][0])
	qfac = 1
	if det < 0 {
		qfac = -1
		for n := range 3 {
			r[n][2] = -r[n][2]
		}
	}
	var a, b, c, d float64
	if t := r[0][0] + r[1][1] + r[2][2] + 1; t > 0.5 {
		a = 0.5 * math.Sqrt(t)
		b, c, d = 0.25*(r[2][1]-r[1][2])/a, 0.25*(r[0][2]-r[2][0])/a, 0.25*(r[1][0]-r[0][1])/a
	} else {
		xd, yd, zd := 1+r[0][0]-r[1][1]-r[2][2], 1+r[1][1]-r[0][0]-r[2][2], 1+r[2][2]-r[0][0]-r[1][1]
		switch {
		case xd > 1:
			b = 0.5 * math.Sqrt(xd)
			a, c, d = 0.25*(r[2][1]-r[1][2])/b, 0.25*(r[0][1]+r[1][0])/b, 0.25*(r[0][2]+r[2][0])/b
		case yd > 1:
			c = 0.5 * math.Sqrt(yd)
			a, b, d = 0.25*(r[0][2]-r[2][0])/c, 0.25*(r[0][1]+r[1][0])/c, 0.25*(r[1][2]+r[2][1])/c
		default:
			d = 0.5 * math.Sqrt(zd)
			a, b, c = 0.25*(r[1][0]-r[0][1])/d, 0.25*(r[0][2]+r[2][0])/d, 0.25*(r[1][2]+r[2][1])/d
		}
		if a < 0 {
			b, c, d = -b, -c, -d
		}
	}
	return [3]float64{b, c, d}, qfac, true
}
