package dicom

import (
	"context"
	"encoding/binary"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Scale says whether all values of the series are stored × slope + intercept, with one scale for all
// frames on the series' grid: then StoredInto reads the stored values. info lays out one slice.
func (st *Stack) Scale() (info frame.Info, slope, intercept float64, ok bool) {
	if st.Err != nil || st.tilted || st.steps != nil || st.uneven != nil || st.Series.Channels != 1 || len(st.times) == 0 {
		return info, 0, 0, false
	}
	var last *File
	slope = 1
	for t, point := range st.times {
		for k, s := range point {
			if s.file != last {
				this, err := s.file.FrameInfo()
				if err != nil || this.Samples != 1 || this.BitsAllocated < 8 || this.Photometric == "PALETTE COLOR" ||
					st.projection && this.Photometric == "MONOCHROME1" {
					return info, 0, 0, false
				}
				if last != nil && (this.BitsAllocated != info.BitsAllocated || this.Signed != info.Signed) {
					return info, 0, 0, false
				}
				if s.part > 0 {
					this.Rows, this.Columns = s.rows, s.columns
				}
				if this.Rows != st.Series.Geometry.Size[1] || this.Columns != st.Series.Geometry.Size[0] {
					return info, 0, 0, false
				}
				info, last = this, s.file
			} else if s.head.own == nil {
				continue // the same scale as the frame before it
			}
			m, err := s.head.modality()
			if scale := s.head.philipsScale(); scale > 0 && err == nil {
				m.slope, m.intercept = s.head.philipsSingle(scale)
			}
			if err != nil || m.lut != nil {
				return info, 0, 0, false
			}
			if t == 0 && k == 0 {
				slope, intercept = m.slope, m.intercept
			} else if m.slope != slope || m.intercept != intercept {
				return info, 0, 0, false
			}
		}
	}
	return info, slope, intercept, true
}

// StoredInto reads the stored values of time point t into dst, slice after slice along the grid, rows as
// they are stored: for a series whose Scale is ok, in the type that its info says. bits are those that
// any 16-bit value has set.
func (st *Stack) StoredInto(ctx context.Context, t int, dst []byte) (bits uint16, err error) {
	if t < 0 || t >= len(st.times) {
		return 0, frame.Errorf(pkg, "time point: want 0 to %d, got %d", len(st.times)-1, t)
	}
	in := st.times[t]
	size := len(dst) / len(in)
	set := make([]uint16, st.maxParts(len(in)))
	err = st.inParts(ctx, len(in), func(read *sliceReader, part, k int) error {
		some, err := read.stored(dst[k*size:][:size], in[k])
		set[part] |= some
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, some := range set {
		bits |= some
	}
	return bits, nil
}

// correct is frame.Correct, which most 16-bit images don't need, and what bits the values have.
func correct(b []byte, info frame.Info) uint16 {
	if info.BytesPerSample() != 2 {
		frame.Correct(b, info)
		return 0
	}
	bits := setBits(b)
	if info.BitsStored < 16 && (info.Signed || bits>>info.BitsStored != 0) {
		frame.Correct(b, info)
		bits = setBits(b)
	}
	return bits
}

// setBits are the bits that any of the 16-bit words has.
func setBits(b []byte) uint16 {
	var x, y uint64
	for len(b) >= 32 {
		x |= binary.LittleEndian.Uint64(b) | binary.LittleEndian.Uint64(b[8:])
		y |= binary.LittleEndian.Uint64(b[16:]) | binary.LittleEndian.Uint64(b[24:])
		b = b[32:]
	}
	x |= y
	x |= x >> 32
	out := uint16(x | x>>16)
	for ; len(b) >= 2; b = b[2:] {
		out |= binary.LittleEndian.Uint16(b)
	}
	return out
}

// stored decodes one slice into dst.
func (r *sliceReader) stored(dst []byte, s slice) (bits uint16, err error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if err := r.open(s); err != nil {
		return 0, err
	}
	info := r.pixels.info
	if s.part == 0 {
		if info.Size() != len(dst) {
			return 0, frame.Errorf(pkg, "series: want slices of %d bytes, got %d", len(dst), info.Size())
		}
		if err := r.pixels.decodeOpen(s.frame, dst); err != nil {
			return 0, err
		}
		return correct(dst, info), nil
	}
	if r.frame != s.frame {
		r.frame = -1
		if len(r.raw) != info.Size() {
			r.raw = make([]byte, info.Size())
		}
		if err := r.pixels.decodeOpen(s.frame, r.raw); err != nil {
			return 0, err
		}
		bits = correct(r.raw, info)
		r.frame = s.frame
	}
	tile, _ := crop(r.raw, info, s)
	if len(tile) != len(dst) {
		return 0, frame.Errorf(pkg, "series: want slices of %d bytes, got %d", len(dst), len(tile))
	}
	copy(dst, tile)
	return bits, nil
}

// Descending says whether a NIfTI image has the slices the other way than the grid: those of a Siemens
// mosaic that is stored against the normal of its planes keep their order.
func (st *Stack) Descending() bool {
	return st.tiledBackwards() && makerOf(st.times[0][0].head.data) != uih
}

// tiledBackwards says whether the slices of a mosaic are stored against the normal.
func (st *Stack) tiledBackwards() bool {
	if len(st.times) == 0 {
		return false
	}
	first := st.times[0]
	return len(first) > 1 && first[0].part > first[len(first)-1].part
}

// Ready sees that the pixels of the first frame are there, before memory for all is asked for.
func (st *Stack) Ready() error {
	if st.Err != nil {
		return st.Err
	}
	r := sliceReader{ctx: context.Background(), stack: st}
	defer r.close()
	return r.open(st.times[0][0])
}

// Turnable says whether the series is one volume of magnetic resonance that was acquired in three
// dimensions, and not by echo-planar imaging: rows, columns and slices of such have no order in time.
func (st *Stack) Turnable() bool {
	if len(st.times) != 1 || len(st.times[0]) < 2 || st.Series.Modality != "MR" {
		return false
	}
	l := lookup{frameHeader: st.times[0][0].head, maker: makerOf(st.times[0][0].head.data)}
	return l.threeDimensional() && !strings.HasPrefix(l.str(tag.EchoPlanarPulseSequence), "Y") && !strings.Contains(l.str(tag.ScanningSequence), "EP")
}

func (l lookup) threeDimensional() bool {
	if v := l.str(tag.MRAcquisitionType); v != "" || l.maker != philips {
		return v == "3D"
	}
	return strings.HasPrefix(l.privateText(philipsCreator, 0x2005, 0x6f), "3D")
}

// First is the object that the series begins with, or nil.
func (st *Stack) First() *File {
	if len(st.times) == 0 || len(st.times[0]) == 0 {
		return nil
	}
	return st.times[0][0].file
}
