package dicom

import (
	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/native"
)

// frameHeader looks attributes up for one frame: in its functional group, then in the shared one
// (PS3.3 C.7.6.16), then in the data set itself.
type frameHeader struct {
	own, shared, data Elements
}

// frameHeaders gives the header of each frame; the sequences are opened once.
func (f *File) frameHeaders() []frameHeader {
	n := f.NumFrames()
	per := f.Items(tag.PerFrameFunctionalGroupsSequence)
	shared := f.Item(tag.SharedFunctionalGroupsSequence)
	n = min(n, f.heldFrames()) // a wrong NumberOfFrames must not ask for memory
	out := make([]frameHeader, n)
	for i := range out {
		out[i] = frameHeader{shared: shared, data: f.Elements}
		if i < len(per) {
			out[i].own = per[i]
		}
	}
	return out
}

// heldFrames is how many frames the pixel data can hold at most, by their size.
func (f *File) heldFrames() int {
	length := f.size - f.pixel.value
	if f.enc.deflated {
		length = min(maxInflated, 1032*length) // the most that deflate can pack
	}
	if f.pixel.length == undefined {
		return int(max(0, length/8)) // a fragment takes 8 bytes and more
	}
	info, err := f.FrameInfo()
	if err != nil {
		return 1
	}
	return int(max(1, min(length, int64(f.pixel.length))*8/native.Bits(info)))
}

// macro gives the item of a functional group macro, or nil.
func (h frameHeader) macro(sequence tag.Tag) Elements {
	if item := h.own.Item(sequence); item != nil {
		return item
	}
	return h.shared.Item(sequence)
}

func (h frameHeader) floats(sequence, t tag.Tag) []float64 {
	if v := h.macro(sequence).Floats(t); v != nil {
		return v
	}
	return h.data.Floats(t)
}

func (h frameHeader) float(sequence, t tag.Tag) (float64, bool) {
	if v := h.floats(sequence, t); len(v) > 0 {
		return v[0], true
	}
	return 0, false
}

func (h frameHeader) strings(sequence, t tag.Tag) []string {
	if v := h.macro(sequence).Strings(t); v != nil {
		return v
	}
	return h.data.Strings(t)
}

// Plane is the place of one frame in the patient: PS3.3 C.7.6.2 and C.7.6.16.2.
type Plane struct {
	Position       [3]float64 // LPS mm, of the first pixel's centre
	Row, Col       [3]float64 // unit directions in which columns and rows count up
	SpacingMM      [2]float64 // between rows, between columns
	Thickness      float64
	SpacingBetween float64 // SpacingBetweenSlices; 0 where it is not given
}

// Planes gives the place of every frame; it errs where one has none.
func (f *File) Planes() ([]Plane, error) {
	var out []Plane
	for n, s := range slicesOf(f) {
		if !s.placed || s.spacingMM[0] == 0 {
			return nil, frame.Errorf(pkg, "frame %d: want a position, an orientation and a pixel spacing, got not all", n)
		}
		out = append(out, Plane{s.pos, s.row, s.col, s.spacingMM, s.thickness, s.between})
	}
	if len(out) == 0 {
		return nil, frame.Errorf(pkg, "pixel data: want frames, got none")
	}
	return out, nil
}
