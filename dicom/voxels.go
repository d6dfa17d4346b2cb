package dicom

import (
	"context"
	"iter"
	"math"
	"runtime"
	"sync"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/volume"
)

// Frames is the number of time points; 1 for a still image.
func (st *Stack) Frames() int { return len(st.times) }

// Volume reads time point t: modality values (PS3.3 C.11.1) of grey images, RGB of colour ones.
// MONOCHROME1 is turned round for projections, so that bright stands for dense. Padding stays as stored.
func (st *Stack) Volume(ctx context.Context, t int) (*volume.Volume, error) {
	if st.Err != nil {
		return nil, st.Err
	}
	if t < 0 || t >= len(st.times) {
		return nil, frame.Errorf(pkg, "time point: want 0 to %d, got %d", len(st.times)-1, t)
	}
	in := st.times[t]
	g := st.Series.Geometry
	g.Size[2] = len(in)
	first := sliceReader{ctx: ctx, stack: st}
	err := first.open(in[0]) // sees that the first frame is there before memory is asked for
	first.close()
	if err != nil {
		return nil, err
	}
	v, err := volume.New(g, st.Series.Channels, volume.Arbitrary)
	if err != nil {
		return nil, within("series", err)
	}
	if err := st.fill(ctx, v, in); err != nil {
		return nil, err
	}
	if st.tilted {
		straighten(v, in)
	}
	if st.steps != nil || st.uneven != nil {
		return st.regular(v)
	}
	return v, nil
}

// fill decodes all slices.
func (st *Stack) fill(ctx context.Context, v *volume.Volume, in []slice) error {
	return st.inParts(ctx, len(in), func(read *sliceReader, part, k int) error {
		err := read.slice(v, k, in[k])
		if part == 0 {
			v.Unit = read.unit
		}
		return err
	})
}

// maxParts is the number of parts in which n slices are read at once: as many as there are processors for.
func (st *Stack) maxParts(n int) int {
	return max(1, min(runtime.GOMAXPROCS(0), n, st.Series.Geometry.Voxels()>>16))
}

// inParts calls f for each of n slices, part by part at once, with the part's own reader. A part ends at its first error; the first
// part's is returned.
func (st *Stack) inParts(ctx context.Context, n int, f func(read *sliceReader, part, k int) error) error {
	parts := st.maxParts(n)
	errs := make([]error, parts)
	var wait sync.WaitGroup
	for part := range parts {
		wait.Go(func() {
			read := sliceReader{ctx: ctx, stack: st}
			defer read.close()
			for k := n * part / parts; k < n*(part+1)/parts && errs[part] == nil; k++ {
				errs[part] = f(&read, part, k)
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Volumes reads all time points one after another.
func (st *Stack) Volumes(ctx context.Context) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		for t := range st.times {
			v, err := st.Volume(ctx, t)
			if !yield(v, err) || err != nil {
				return
			}
		}
		if len(st.times) == 0 {
			yield(nil, st.Err)
		}
	}
}

// sliceReader decodes slices into a volume; it keeps the object of the last slice open.
type sliceReader struct {
	ctx     context.Context
	stack   *Stack
	file    *File
	pixels  *pixelReader
	palette *palette
	raw     []byte
	frame   int // decoded in raw, or -1
	unit    volume.Unit
}

func (r *sliceReader) close() {
	if r.pixels != nil {
		r.pixels.close()
		r.pixels = nil
	}
}

func (r *sliceReader) open(s slice) error {
	if r.file == s.file {
		return nil
	}
	r.close()
	var err error
	if r.pixels, err = s.file.openPixels(); err != nil {
		return err
	}
	r.file, r.palette, r.frame = s.file, nil, -1
	if r.pixels.info.Photometric == "PALETTE COLOR" && r.pixels.info.Samples == 1 {
		if r.palette, err = s.file.palette(); err != nil {
			return err
		}
	}
	return r.pixels.ready(s.frame)
}

func (r *sliceReader) slice(v *volume.Volume, k int, s slice) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.open(s); err != nil {
		return err
	}
	info := r.pixels.info
	n := v.Size[0] * v.Size[1]
	grey16 := info.Samples == 1 && info.BitsAllocated == 16 && r.palette == nil
	if r.frame != s.frame {
		r.frame = -1
		if len(r.raw) != info.Size() {
			r.raw = make([]byte, info.Size())
		}
		if err := r.pixels.decodeOpen(s.frame, r.raw); err != nil {
			return err
		}
		if !grey16 { // whose bits modality.apply corrects
			frame.Correct(r.raw, info)
		}
		r.frame = s.frame
	}
	raw := r.raw
	if s.part > 0 {
		raw, info = crop(raw, info, s)
	}
	if info.Columns != v.Size[0] || info.Rows != v.Size[1] {
		return frame.Errorf(pkg, "series: want slices of %d × %d, got %d × %d", v.Size[1], v.Size[0], info.Rows, info.Columns)
	}
	planes := [3][]float32{}
	for c := range min(3, v.Channels) {
		planes[c] = v.Channel(c)[k*n:][:n]
	}
	switch {
	case r.palette != nil:
		if v.Channels != 3 {
			return frame.Errorf(pkg, "series: want %d channels, got a palette", v.Channels)
		}
		r.palette.rgb(planes, raw, info)
		return nil
	case info.Samples == 3 && v.Channels == 3:
		info.Photometric = r.pixels.photometric(s.frame)
		toRGB(planes, raw, info)
		return nil
	case info.Samples != 1 || v.Channels != 1:
		return frame.Errorf(pkg, "series: want %d channels, got %d samples", v.Channels, info.Samples)
	}
	m, err := s.head.modality()
	if err != nil {
		return err
	}
	if k == 0 {
		r.unit = unitOf(r.stack.Series.Modality, m.unit, s.head.macro(tag.PixelValueTransformationSequence) != nil || s.file.Has(tag.RescaleSlope))
	}
	m.apply(planes[0], raw, info)
	if r.stack.projection && info.Photometric == "MONOCHROME1" {
		lo, hi := m.bounds(info)
		for i, x := range planes[0] {
			planes[0][i] = lo + hi - x
		}
	}
	return nil
}

// crop takes the slice out of a mosaic.
func crop(raw []byte, info frame.Info, s slice) ([]byte, frame.Info) {
	size := info.Samples * info.BytesPerSample()
	out := make([]byte, 0, s.rows*s.columns*size)
	for y := range s.rows {
		at := ((s.tile[1]+y)*info.Columns + s.tile[0]) * size
		if at+s.columns*size > len(raw) {
			return nil, info // of another size: refused by the caller
		}
		out = append(out, raw[at:at+s.columns*size]...)
	}
	info.Rows, info.Columns = s.rows, s.columns
	return out, info
}

// bounds is the range that modality values can have.
func (m modality) bounds(info frame.Info) (lo, hi float32) {
	if m.lut != nil {
		lo, hi = m.lut[0], m.lut[0]
		for _, x := range m.lut {
			lo, hi = min(lo, x), max(hi, x)
		}
		return lo, hi
	}
	first, last := 0.0, math.Exp2(float64(info.BitsStored))-1
	if info.Signed {
		first, last = -math.Exp2(float64(info.BitsStored-1)), math.Exp2(float64(info.BitsStored-1))-1
	}
	a, b := first*m.slope+m.intercept, last*m.slope+m.intercept
	return float32(min(a, b)), float32(max(a, b))
}

// straighten moves each slice within its plane so that all lie on the normal through the first,
// linearly between pixels; what comes from outside takes the value at the border.
func straighten(v *volume.Volume, in []slice) {
	w, h := v.Size[0], v.Size[1]
	row := make([]float32, w*h)
	for c := range v.Channels {
		for k := range in {
			d := displacement(in[0], in[k])
			plane := v.Channel(c)[k*w*h:][:w*h]
			copy(row, plane)
			dx, dy := -d[0]/v.Spacing[0], -d[1]/v.Spacing[1]
			for y := range h {
				y0, fy := split(float64(y)+dy, h)
				for x := range w {
					x0, fx := split(float64(x)+dx, w)
					a, b := row[y0*w+x0], row[y0*w+min(x0+1, w-1)]
					e, f := row[min(y0+1, h-1)*w+x0], row[min(y0+1, h-1)*w+min(x0+1, w-1)]
					top, bottom := a+(b-a)*fx, e+(f-e)*fx
					plane[y*w+x] = top + (bottom-top)*fy
				}
			}
		}
	}
}

// split gives the whole and the broken part of a position held to 0 … n-1.
func split(at float64, n int) (int, float32) {
	at = max(0, min(at, float64(n-1)))
	whole := int(at)
	return whole, float32(at - float64(whole))
}

// regular puts the slices of v onto the even grid of the series, linearly between neighbours.
func (st *Stack) regular(v *volume.Volume) (*volume.Volume, error) {
	out, err := volume.New(st.Series.Geometry, v.Channels, v.Unit)
	if err != nil {
		return nil, within("series", err)
	}
	place := make([]float64, v.Size[2]) // of the slices, in grid steps
	for k := range place {
		if st.steps != nil {
			place[k] = float64(st.steps[k])
		} else {
			place[k] = st.uneven[k] / out.Spacing[2]
		}
	}
	n := v.Size[0] * v.Size[1]
	lower := 0
	for k := range out.Size[2] {
		for lower+2 < len(place) && place[lower+1] <= float64(k) {
			lower++
		}
		upper := min(lower+1, len(place)-1)
		f := float32(0)
		if upper > lower {
			f = float32(max(0, min(1, (float64(k)-place[lower])/(place[upper]-place[lower]))))
		}
		for c := range v.Channels {
			a, b, dst := v.Channel(c)[lower*n:][:n], v.Channel(c)[upper*n:][:n], out.Channel(c)[k*n:][:n]
			switch f {
			case 0:
				copy(dst, a)
			case 1:
				copy(dst, b)
			default:
				for i := range dst {
					dst[i] = a[i] + (b[i]-a[i])*f
				}
			}
		}
	}
	return out, nil
}
