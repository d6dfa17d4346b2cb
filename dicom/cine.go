package dicom

import "github.com/suyashkumar/dicom/pkg/tag"

// FrameTimes are the times in s at which the frames of a cine begin: FrameTimeVector, FrameTime, or the
// rate that is told (PS3.3 C.7.6.5); nil where the series is none.
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
