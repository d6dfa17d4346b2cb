package dicom

import (
	"math"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// sliceTiming gives the times in seconds at which the slices of a volume were excited, in the order in
// which a NIfTI image holds them; nil where nothing tells. trS is the repetition time; withDelayS is
// that time with what GE leaves out of it.
func (st *Stack) sliceTiming(l lookup, trS float64) (timing []float64, withDelayS float64) {
	withDelayS = trS
	first := st.times[0]
	n := len(first)
	if n < 2 || st.steps != nil || st.uneven != nil || l.str(tag.MRAcquisitionType) == "3D" || st.Series.Modality != "MR" {
		return nil, trS
	}
	second := first
	if len(st.times) > 1 {
		second = st.times[1]
	}
	switch {
	case l.maker == siemens && first[0].part > 0:
		// The first volume of some sequences has bogus times: then the second's are taken.
		timing = firstGood(trS, mosaicTimes(first[0].file, n), mosaicTimes(second[0].file, n))
		if timing == nil {
			timing = l.protocolTiming(n, trS)
		}
	case l.maker == siemens:
		timing = firstGood(trS, startTimes(first), startTimes(second))
		if len(st.times) > 1 && timing != nil {
			timing = startTimes(second)
		}
		if timing == nil {
			timing = clockTimes(first)
		}
	case l.maker == uih && first[0].part > 0:
		if timing = gridTimes(first[0].file, n); st.tiledBackwards() {
			slices.Reverse(timing)
		}
	case l.maker == uih && len(st.times) > 1:
		timing = clockTimes(first)
	case l.maker == ge && len(st.times) > 1:
		if timing, withDelayS = l.geTiming(n, trS); timing != nil && !st.acquiredAlong() {
			slices.Reverse(timing)
		}
	}
	lo, hi := span(timing)
	if timing == nil || hi-lo < 1e-6 {
		return nil, withDelayS
	}
	for i := range timing {
		timing[i] -= lo
	}
	return timing, withDelayS
}

// firstGood is a, or b where a is missing, exceeds the repetition time or spans another time than b.
func firstGood(trS float64, a, b []float64) []float64 {
	if a == nil || b == nil {
		return a
	}
	aLo, aHi := span(a)
	bLo, bHi := span(b)
	if same := math.Abs(aHi-aLo-(bHi-bLo)) < 1e-3*math.Max(1e-3, aHi-aLo); (same || bHi-bLo >= trS || bHi == bLo) && aHi-aLo <= trS {
		return a
	}
	return b
}

func span(v []float64) (lo, hi float64) {
	if len(v) == 0 {
		return 0, 0
	}
	return slices.Min(v), slices.Max(v)
}

// mosaicTimes are the times of a Siemens mosaic, in s.
func mosaicTimes(f *File, n int) []float64 {
	v := f.csa().floats("MosaicRefAcqTimes")
	if len(v) < n {
		v = f.privateFloats(siemensMR, 0x0019, 0x29)
	}
	if len(v) < n {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = v[i] / 1000
	}
	return out
}

// startTimes are the times from the start of a Siemens enhanced series, in s.
func startTimes(in []slice) []float64 {
	out := make([]float64, len(in))
	for i, s := range in {
		v := lookup{frameHeader: s.head}.private(siemensFrame, 0x0021, 0x04)
		if len(v) == 0 {
			return nil
		}
		out[i] = v[0]
	}
	return out
}

// clockTimes are the acquisition times of slices that lie in files of their own, in s; past midnight
// they go on.
func clockTimes(in []slice) []float64 {
	out := make([]float64, len(in))
	for i, s := range in {
		text := s.head.data.String(tag.AcquisitionTime)
		if text == "" || i > 0 && s.file == in[0].file {
			return nil
		}
		out[i] = clock(text).Seconds()
	}
	return pastMidnight(out)
}

// pastMidnight adds a day to times that lie after midnight where others lie before.
func pastMidnight(v []float64) []float64 {
	if lo, hi := span(v); hi-lo > 12*3600 {
		for i := range v {
			if v[i] < 12*3600 {
				v[i] += 24 * 3600
			}
		}
	}
	return v
}

// gridTimes are the acquisition times of the slices of a UIH grid, in s.
func gridTimes(f *File, n int) []float64 {
	var out []float64
	for _, item := range gridSlices(f, n) {
		text := item.String(tag.AcquisitionTime)
		if text == "" {
			if text = item.String(tag.AcquisitionDateTime); len(text) > 8 {
				text = text[8:]
			}
		}
		if text == "" {
			return nil
		}
		out = append(out, clock(text).Seconds())
	}
	return pastMidnight(out)
}

// acquiredAlong says whether instance numbers rise along the normal.
func (st *Stack) acquiredAlong() bool {
	first := st.times[0]
	return first[0].instance <= first[len(first)-1].instance
}

// protocolTiming is what a Siemens protocol without times lets expect: slices evenly over the
// repetition time less its delay, ascending, descending or interleaved.
func (l lookup) protocolTiming(n int, trS float64) []float64 {
	mode := int(l.number("sSliceArray.ucMode"))
	if l.protocol == nil || multibandOf(l) > 1 || mode != 1 && mode != 2 && mode != 4 {
		return nil
	}
	step := (trS - l.number("lDelayTimeInTR")/1e6) / float64(n)
	out := make([]float64, n)
	odd, even := 0, (n+1)/2 // places in time of slices 0, 2, 4 … and of 1, 3, 5 …
	if n%2 == 0 {
		odd, even = (n+1)/2, 0
	}
	for i := range out {
		switch {
		case mode == 1:
			out[i] = float64(i) * step
		case mode == 2:
			out[i] = float64(n-1-i) * step
		case i%2 == 0:
			out[i] = float64(odd+i/2) * step
		default:
			out[i] = float64(even+i/2) * step
		}
	}
	return out
}

// multibandOf is the number of slices excited at once as the vendor names it, at least 1.
func multibandOf(l lookup) int {
	switch l.maker {
	case siemens:
		text := l.privateText(siemensMR, 0x0051, 0x11)
		if text == "" {
			text = l.privateText(siemensShared, 0x0021, 0x09)
		}
		if _, s, ok := strings.Cut(text, "s"); ok { // "p2s3"
			n := 0
			for _, c := range s {
				if c < '0' || c > '9' {
					break
				}
				n = min(10*n+int(c-'0'), 1<<10)
			}
			return max(1, n)
		}
	case ge:
		return max(1, int(min(1<<10, l.privateNum(geParameters, 0x0043, 0xb6))))
	}
	return 1
}
