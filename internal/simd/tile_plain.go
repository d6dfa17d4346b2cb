package simd

import "unsafe"

// tilePlain is the twin of the assembly tiles for vectors of any number of lanes.
func tilePlain(rows, nv, lanes int, t *Tile) {
	cols := (nv-1)*lanes + t.Tail
	taps := unsafe.Slice(t.Taps, t.NTaps)
	for r := 0; r < rows; r += 4 {
		j := 0
		if r+4 <= rows {
			for ; j+2 <= cols; j += 2 {
				tile4x2(t, taps, rows, r, j)
			}
		}
		for ; j < cols; j++ {
			for i := r; i < min(r+4, rows); i++ {
				tile1x1(t, taps, rows, i, j)
			}
		}
	}
}

func tile1x1(t *Tile, taps []Tap, rows, r, j int) {
	var s float32
	step := t.aStride(rows)
	for _, tap := range taps {
		a, b := tap.A+4*r, tap.B+4*j
		for range t.N {
			s += *at(t.A, a) * *at(t.B, b)
			a += step
			b += t.BStride
		}
	}
	finish(t, r, j, s)
}

func tile4x2(t *Tile, taps []Tap, rows, r, j int) {
	var s00, s01, s10, s11, s20, s21, s30, s31 float32
	if t.N == 0 {
		taps = nil // their starts may lie past the end of A and B
	}
	step := t.aStride(rows)
	for _, tap := range taps {
		a, b := at(t.A, tap.A+4*r), at(t.B, tap.B+4*j)
		for i := range t.N {
			w := (*[4]float32)(unsafe.Pointer(at(a, step*i)))
			x := (*[2]float32)(unsafe.Pointer(at(b, t.BStride*i)))
			b0, b1 := x[0], x[1]
			s00 += w[0] * b0
			s01 += w[0] * b1
			s10 += w[1] * b0
			s11 += w[1] * b1
			s20 += w[2] * b0
			s21 += w[2] * b1
			s30 += w[3] * b0
			s31 += w[3] * b1
		}
	}
	finish(t, r, j, s00)
	finish(t, r, j+1, s01)
	finish(t, r+1, j, s10)
	finish(t, r+1, j+1, s11)
	finish(t, r+2, j, s20)
	finish(t, r+2, j+1, s21)
	finish(t, r+3, j, s30)
	finish(t, r+3, j+1, s31)
}

func finish(t *Tile, r, j int, s float32) {
	if t.Bias != nil {
		s += *at(t.Bias, 4*r)
	}
	if t.Init != nil {
		s += *at(t.Init, r*t.CStride+4*j)
	}
	if s < t.Lo {
		s = t.Lo
	}
	if s > t.Hi {
		s = t.Hi
	}
	*at(t.C, r*t.CStride+4*j) = s
}
