package nifti

import (
	"context"
	"encoding/binary"
	"iter"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// ReadHeader reads what a file says of itself, and none of its voxels.
func ReadHeader(path string) (*Header, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Header, nil
}

// Read reads the first time point of a file, scaled by its slope and intercept. The unit is Arbitrary:
// NIfTI does not say it.
func Read(path string) (*volume.Volume, error) { return ReadFrame(path, 0) }

// ReadFrame reads one time point, counted from 0.
func ReadFrame(path string, n int) (*volume.Volume, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := r.Skip(n); err != nil {
		return nil, err
	}
	return r.Next()
}

// Frames reads the time points of a file one after the other; it ends after an error.
func Frames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		r, err := Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.Close()
		for range r.Frames {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			v, err := r.Next()
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Next reads the next time point; it returns io.EOF after the last.
func (r *Reader) Next() (*volume.Volume, error) {
	v := &volume.Volume{Geometry: r.Geometry, Channels: r.Channels}
	values := r.Voxels() * r.Channels
	if !r.wary || r.Type.colour() {
		v.Data = make([]float32, values)
	}
	o := r.order()
	err := r.stream(func(first int, piece []byte) error {
		v.Data = reach(v.Data, first+len(piece)/r.Type.Size())
		dst := v.Data[first:]
		switch {
		case r.Type.colour():
			interleaved(v, first, piece)
		case r.Scaled():
			r.Type.values(piece, o, func(n int, x float64) { dst[n] = float32(x*r.Slope + r.Inter) })
		default:
			r.Type.float32s(dst, piece, o)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// reach lengthens a slice to n where it is shorter.
func reach[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	return append(s, make([]T, n-len(s))...)
}

// interleaved spreads colour samples over the planes of v.
func interleaved(v *volume.Volume, first int, piece []byte) {
	n := v.Voxels()
	for s, x := range piece {
		at := first + s
		v.Data[at%v.Channels*n+at/v.Channels] = float32(x)
	}
}

// float32s converts unscaled samples; the frequent types are done without a call for each.
func (t Type) float32s(dst []float32, piece []byte, o binary.ByteOrder) {
	little := o == binary.ByteOrder(binary.LittleEndian)
	switch {
	case t == Uint8:
		for n, x := range piece {
			dst[n] = float32(x)
		}
	case t == Int16 && little:
		dst = dst[:len(piece)/2]
		for n := range dst {
			dst[n] = float32(int16(binary.LittleEndian.Uint16(piece[2*n:])))
		}
	case t == Float32 && little:
		dst = dst[:len(piece)/4]
		for n := range dst {
			dst[n] = math.Float32frombits(binary.LittleEndian.Uint32(piece[4*n:]))
		}
	default:
		t.values(piece, o, func(n int, x float64) { dst[n] = float32(x) })
	}
}

// ReadMask reads a label image: its values, scaled by slope and intercept, must be whole numbers from 0 to 65535.
func ReadMask(path string) (*volume.Mask, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if r.Frames != 1 || r.Channels != 1 {
		return nil, volume.Unsupported("nifti: mask: want one time point of one channel, got %d of %d", r.Frames, r.Channels)
	}
	m := &volume.Mask{Geometry: r.Geometry}
	if !r.wary {
		m.Labels = make([]uint16, r.Voxels())
	}
	bad, wrong := false, 0.0
	o := r.order()
	err = r.stream(func(first int, piece []byte) error {
		m.Labels = reach(m.Labels, first+len(piece)/r.Type.Size())
		dst := m.Labels[first:]
		r.Type.values(piece, o, func(n int, x float64) {
			x = x*r.Slope + r.Inter
			if l := uint16(max(0, min(x, math.MaxUint16))); float64(l) == x {
				dst[n] = l
			} else if !bad {
				bad, wrong = true, x
			}
		})
		if bad {
			return volume.Malformed("nifti: mask: want whole numbers from 0 to 65535, got %g", wrong)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// ReadRaw reads the stored values of all time points in their own type, without slope and intercept,
// little endian. The shape is frame (where there are several), vector component (where there are
// several), k, j, i, colour sample (where there are several).
func ReadRaw(path string) (*volume.Raw, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw := &volume.Raw{Geometry: r.Geometry, DType: r.Type.DType()}
	if r.Frames > 1 {
		raw.Shape = append(raw.Shape, r.Frames)
	}
	if r.Channels > 1 && !r.Type.colour() {
		raw.Shape = append(raw.Shape, r.Channels)
	}
	raw.Shape = append(raw.Shape, r.Size[2], r.Size[1], r.Size[0])
	if r.Type.colour() {
		raw.Shape = append(raw.Shape, r.Channels)
	}
	if !r.wary {
		raw.Bytes = make([]byte, 0, r.payload())
	}
	size := r.Type.Size()
	for range r.Frames {
		err := r.stream(func(_ int, piece []byte) error {
			if r.BigEndian && size > 1 {
				for at := 0; at < len(piece); at += size {
					for lo, hi := at, at+size-1; lo < hi; lo, hi = lo+1, hi-1 {
						piece[lo], piece[hi] = piece[hi], piece[lo]
					}
				}
			}
			raw.Bytes = append(raw.Bytes, piece...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return raw, nil
}
