package simd

import "math"

// Turn is the work of one call of the kernel that turns a block over, so that what was a column becomes a row:
//
//	Dst[c][r] = clamp(Src[r][c] + Bias[c] + Add[c][r])
//
// for r < Rows and c < Columns, both from 1 to Lanes(). All of Src's Lanes() rows are read, in whole vectors. Add, which may be
// nil and may be Dst, has the rows of Dst. Strides are in bytes.
type Turn struct {
	Src       *float32
	SrcStride int
	Dst       *float32
	DstStride int
	Rows      int
	Columns   int
	Bias      *float32 // as many as there are columns; they may be fewer than Lanes()
	Add       *float32
	Lo, Hi    float32
}

// RunTurn runs the kernel.
func RunTurn(t *Turn) { active.turn(t) }

// NoClamp sets Lo and Hi so that nothing is clamped.
func (t *Turn) NoClamp() {
	t.Lo, t.Hi = float32(math.Inf(-1)), float32(math.Inf(1))
}

func turnPlain(t *Turn) {
	for c := range t.Columns {
		for r := range t.Rows {
			s := *at(t.Src, r*t.SrcStride+4*c) + *at(t.Bias, 4*c)
			if t.Add != nil {
				s += *at(t.Add, c*t.DstStride+4*r)
			}
			if s < t.Lo {
				s = t.Lo
			}
			if s > t.Hi {
				s = t.Hi
			}
			*at(t.Dst, c*t.DstStride+4*r) = s
		}
	}
}
