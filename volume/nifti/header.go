// Package nifti reads and writes NIfTI-1 and NIfTI-2 images (nifti1.h and nifti2.h of the NIfTI data
// format working group), single files and .hdr/.img pairs, plain or gzipped. Positions are converted
// from the format's RAS to LPS here and nowhere else.
package nifti

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// Header is what a file says before its voxels.
type Header struct {
	volume.Geometry
	Version    int // 1 or 2
	Frames     int // time points
	Channels   int // 1; 3 or 4 for colour; the length of vectors otherwise
	Type       Type
	BigEndian  bool
	Slope      float64 // value = stored·Slope + Inter; 1 and 0 where the file has none
	Inter      float64
	Intent     int // NIFTI_INTENT code; 1002 is a label image
	FrameStepS float64
	Affine     string // what gave the geometry: sform, qform or pixdim
	Notes      []Note

	offset int64
	single bool // voxels in the same file
}

// Note is something odd in a header that a reader of the image should know; Code is lower-kebab.
type Note struct{ Code, Text string }

// IntentLabel is NIFTI_INTENT_LABEL: voxels are labels.
const IntentLabel = 1002

const intentVector = 1007

// Label reports whether the header itself says that voxels are labels.
func (h *Header) Label() bool { return h.Intent == IntentLabel }

// Scaled reports whether stored values differ from values.
func (h *Header) Scaled() bool { return h.Slope != 1 || h.Inter != 0 }

// frameBytes is the number of stored bytes of one time point.
func (h *Header) frameBytes() int64 {
	return int64(h.Voxels()) * int64(h.Channels) * int64(h.Type.Size())
}

const (
	size1, size2 = 348, 540
	minOffset1   = 352
	minOffset2   = 544
)

// fields are the parts of a header that both versions have.
type fields struct {
	magic            []byte
	dim              [8]int64
	intent           int
	datatype, bitpix int
	pixdim           [8]float64
	offset           float64
	slope, inter     float64
	units            int
	qcode, scode     int
	quatern, qoffset [3]float64
	srow             [3][4]float64
}

// Parse reads a header from the first bytes of a file: 348 for NIfTI-1, 540 for NIfTI-2.
func Parse(b []byte) (*Header, error) {
	if len(b) < size1 {
		return nil, volume.Malformed("nifti: header: want at least %d bytes, got %d", size1, len(b))
	}
	var f fields
	h := &Header{}
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case binary.LittleEndian.Uint32(b) == size1:
		h.Version = 1
	case binary.BigEndian.Uint32(b) == size1:
		h.Version, h.BigEndian, order = 1, true, binary.BigEndian
	case binary.LittleEndian.Uint32(b) == size2:
		h.Version = 2
	case binary.BigEndian.Uint32(b) == size2:
		h.Version, h.BigEndian, order = 2, true, binary.BigEndian
	default:
		return nil, volume.Malformed("nifti: header: want sizeof_hdr 348 or 540, got %d", binary.LittleEndian.Uint32(b))
	}
	if h.Version == 1 {
		f.read1(b, order)
	} else {
		if len(b) < size2 {
			return nil, volume.Malformed("nifti: header: want %d bytes of NIfTI-2, got %d", size2, len(b))
		}
		f.read2(b, order)
	}
	if err := h.fill(&f); err != nil {
		return nil, err
	}
	return h, nil
}

func (f *fields) read1(b []byte, o binary.ByteOrder) {
	i16 := func(at int) int { return int(int16(o.Uint16(b[at:]))) }
	f32 := func(at int) float64 { return float64(math.Float32frombits(o.Uint32(b[at:]))) }
	for n := range 8 {
		f.dim[n] = int64(i16(40 + 2*n))
		f.pixdim[n] = f32(76 + 4*n)
	}
	f.intent, f.datatype, f.bitpix = i16(68), i16(70), i16(72)
	f.offset, f.slope, f.inter = f32(108), f32(112), f32(116)
	f.units = int(b[123])
	f.qcode, f.scode = i16(252), i16(254)
	for n := range 3 {
		f.quatern[n], f.qoffset[n] = f32(256+4*n), f32(268+4*n)
		for c := range 4 {
			f.srow[n][c] = f32(280 + 16*n + 4*c)
		}
	}
	f.magic = b[344:348]
}

func (f *fields) read2(b []byte, o binary.ByteOrder) {
	i32 := func(at int) int { return int(int32(o.Uint32(b[at:]))) }
	f64 := func(at int) float64 { return math.Float64frombits(o.Uint64(b[at:])) }
	f.magic = b[4:12]
	f.datatype, f.bitpix = int(int16(o.Uint16(b[12:]))), int(int16(o.Uint16(b[14:])))
	for n := range 8 {
		f.dim[n] = int64(o.Uint64(b[16+8*n:]))
		f.pixdim[n] = f64(104 + 8*n)
	}
	f.offset = float64(int64(o.Uint64(b[168:])))
	f.slope, f.inter = f64(176), f64(184)
	f.qcode, f.scode = i32(344), i32(348)
	for n := range 3 {
		f.quatern[n], f.qoffset[n] = f64(352+8*n), f64(376+8*n)
		for c := range 4 {
			f.srow[n][c] = f64(400 + 32*n + 8*c)
		}
	}
	f.units, f.intent = i32(500), i32(504)
}

func (h *Header) fill(f *fields) error {
	minOffset := int64(minOffset1)
	if h.Version == 2 {
		minOffset = minOffset2
	}
	switch {
	case bytes.HasPrefix(f.magic, []byte("n+1\x00")), bytes.HasPrefix(f.magic, []byte("n+2\x00")):
		h.single = true
	case bytes.HasPrefix(f.magic, []byte("ni1\x00")), bytes.HasPrefix(f.magic, []byte("ni2\x00")):
		minOffset = 0
	default:
		if bytes.Equal(f.magic, []byte{0, 0, 0, 0}) && h.Version == 1 {
			return volume.Unsupported("nifti: header: this is ANALYZE 7.5, which does not say left from right; want NIfTI (convert it first)")
		}
		return volume.Malformed("nifti: header: magic: want n+1, ni1, n+2 or ni2, got %q", f.magic)
	}
	if math.IsNaN(f.offset) || f.offset < 0 || f.offset > 1<<40 || f.offset != math.Trunc(f.offset) {
		return volume.Malformed("nifti: header: vox_offset: want a whole number of bytes, got %g", f.offset)
	}
	h.offset = int64(f.offset)
	if h.offset < minOffset {
		if h.offset != 0 {
			h.note("nifti-vox-offset", "vox_offset %d lies inside the header; %d used", h.offset, minOffset)
		}
		h.offset = minOffset
	}
	h.Type = Type(f.datatype)
	if err := h.Type.check(f.bitpix); err != nil {
		return err
	}
	if err := h.shape(f); err != nil {
		return err
	}
	h.Slope, h.Inter = f.slope, f.inter
	if !(math.Abs(f.slope) > 0) || math.IsInf(f.slope, 0) || h.Type.colour() {
		h.Slope, h.Inter = 1, 0
	} else if math.IsNaN(f.inter) || math.IsInf(f.inter, 0) {
		h.Inter = 0
	}
	h.Intent = f.intent
	return h.place(f)
}

func (h *Header) shape(f *fields) error {
	rank := f.dim[0]
	if rank < 1 || rank > 7 {
		return volume.Malformed("nifti: header: dim[0]: want 1 to 7, got %d", rank)
	}
	dim := [8]int64{rank, 1, 1, 1, 1, 1, 1, 1}
	for n := int64(1); n <= rank; n++ {
		dim[n] = f.dim[n]
		if dim[n] == 0 && n > 3 {
			dim[n] = 1
		}
		if dim[n] < 1 || dim[n] > volume.MaxVoxels {
			return volume.Malformed("nifti: header: dim[%d]: want 1 or more, got %d", n, f.dim[n])
		}
	}
	if dim[6] > 1 || dim[7] > 1 {
		return volume.Unsupported("nifti: header: want at most 5 dimensions, got dim %v", dim)
	}
	h.Size = [3]int{int(dim[1]), int(dim[2]), int(dim[3])}
	h.Frames, h.Channels = int(dim[4]), h.Type.samples()
	if dim[5] > 1 {
		if h.Frames > 1 || h.Channels > 1 {
			return volume.Unsupported("nifti: header: want vectors or time points or colour, got several: dim %v", dim)
		}
		h.Channels = int(dim[5])
	}
	values := int64(1)
	for _, d := range []int64{dim[1], dim[2], dim[3], dim[4], int64(h.Channels)} {
		if values > volume.MaxVoxels/d {
			return volume.Malformed("nifti: header: dim %v: want at most %d values", dim, volume.MaxVoxels)
		}
		values *= d
	}
	return nil
}

func (h *Header) payload() int64 { return h.frameBytes() * int64(h.Frames) }
