package dicom

import (
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// FrameTimes are the times in s at which the frames of a cine begin: FrameTimeVector, the clock of
// each frame (FrameReferenceDateTime or FrameAcquisitionDateTime), FrameTime, or the rate that is told (PS3.3
// C.7.6.5 and C.7.6.16.2.2); nil where the series is none.
func (st *Stack) FrameTimes() []float64 {
	n := len(st.times)
	if n < 2 || st.times[0][0].file != st.times[n-1][0].file {
		return nil
	}
	e := st.times[0][0].head.data
	out := make([]float64, n)
	if v := e.Floats(tag.FrameTimeVector); len(v) == n {
		at := 0.0
		for i, step := range v {
			if i > 0 { // the first value is 0, or says when the first frame begins
				at += step / 1000
			}
			out[i] = at
		}
		return out
	}
	if frameClocks(st.times, out) {
		return out
	}
	step := 0.0
	if v, ok := e.Float(tag.FrameTime); ok && v > 0 {
		step = v / 1000
	} else {
		for _, t := range []tag.Tag{tag.CineRate, tag.RecommendedDisplayFrameRate} {
			if v, ok := e.Float(t); ok && v > 0 {
				step = 1 / v
				break
			}
		}
	}
	if step <= 0 {
		return nil
	}
	for i := range out {
		out[i] = float64(i) * step
	}
	return out
}

// frameClocks writes the times of frames that each have a clock of their own, which goes on from frame to frame.
func frameClocks(times [][]slice, out []float64) bool {
	for _, t := range []tag.Tag{tag.FrameReferenceDateTime, tag.FrameAcquisitionDateTime} {
		var first, last time.Time
		ok := true
		for n := range times {
			at, found := dateTime(times[n][0].head.own.Item(tag.FrameContentSequence).String(t))
			if n == 0 {
				first = at
			}
			if ok = found && (n == 0 || at.After(last)); !ok {
				break
			}
			last = at
			out[n] = at.Sub(first).Seconds()
		}
		if ok {
			return true
		}
	}
	return false
}
