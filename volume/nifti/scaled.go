package nifti

import (
	"encoding/binary"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// Scaled is stored values whose meaning is value × Slope + Inter, and what a header says besides. StepS
// is the time from frame to frame in seconds, 0 where it is not known. Text is the description, of which
// 79 bytes are kept. PhaseAxis is the axis of phase encoding in the plane of the slices, counted from 1; 0
// where it is not known.
type Scaled struct {
	volume.Raw
	Slope, Inter float64
	StepS        float64
	Text         string
	PhaseAxis    int
}

// amend puts x into a header that is else complete; nil has nothing to say.
func (x *Scaled) amend(b []byte) {
	if x == nil {
		return
	}
	le := binary.LittleEndian
	dimInfo := byte(0)
	switch x.PhaseAxis {
	case 1:
		dimInfo = 3<<4 | 1<<2 | 2
	case 2:
		dimInfo = 3<<4 | 2<<2 | 1
	}
	step := x.StepS
	if !(step > 0) || math.IsInf(step, 0) {
		step = 0
	}
	if le.Uint32(b) == size1 {
		b[39] = dimInfo
		le.PutUint32(b[76+16:], math.Float32bits(float32(step)))
		le.PutUint32(b[112:], math.Float32bits(float32(x.Slope)))
		le.PutUint32(b[116:], math.Float32bits(float32(x.Inter)))
		b[123] = 2 | 8 // mm and seconds
		copy(b[148:148+79], x.Text)
		return
	}
	b[524] = dimInfo
	le.PutUint64(b[104+32:], math.Float64bits(step))
	le.PutUint64(b[176:], math.Float64bits(x.Slope))
	le.PutUint64(b[184:], math.Float64bits(x.Inter))
	le.PutUint32(b[500:], 2|8)
	copy(b[240:240+79], x.Text)
}
