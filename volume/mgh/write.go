package mgh

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/gzipped"
	"github.com/caliper-imaging/caliper/volume"
)

// Write writes an image, a mask or stored values (volume.StoredOf), gzipped where the name ends in .mgz.
// Types that the format lacks take the next larger integer that it has; float64, 64-bit integers, uint32 and
// several channels are refused where a value would not fit. The place of the voxels is kept as float32.
func Write(path string, image any) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		if !strings.EqualFold(filepath.Ext(path), ".mgz") {
			return Encode(w, image)
		}
		return gzipped.Encode(w, func(z io.Writer) error { return Encode(z, image) })
	})
}

// Encode writes an image as Write does, uncompressed.
func Encode(w io.Writer, image any) error {
	r, err := volume.StoredOf(image)
	if err != nil {
		return fmt.Errorf("mgh: write: %w", err)
	}
	if r.Channels > 1 {
		return volume.Unsupported("mgh: write: want one channel, got %d: the format has no colour", r.Channels)
	}
	b, code, err := values(r)
	if err != nil {
		return err
	}
	head := make([]byte, headerSize)
	be := binary.BigEndian
	for n, x := range []int{1, r.Size[0], r.Size[1], r.Size[2], r.Frames(), code} {
		be.PutUint32(head[4*n:], uint32(x))
	}
	be.PutUint16(head[28:], 1)
	f32 := func(n int, x float64) { be.PutUint32(head[30+4*n:], math.Float32bits(float32(x))) }
	centre := r.PointLPS([3]float64{float64(r.Size[0]) / 2, float64(r.Size[1]) / 2, float64(r.Size[2]) / 2})
	for n := range 3 {
		f32(n, r.Spacing[n])
		for c := range 3 {
			f32(3+3*n+c, ras(r.Axes[n], c))
		}
		f32(12+n, ras(centre, n))
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// ras is a component of an LPS vector in the format's frame.
func ras(lps [3]float64, c int) float64 {
	if c < 2 {
		return 0 - lps[c]
	}
	return lps[c]
}

// values gives the values big endian in a type of the format.
func values(r *volume.Raw) (b []byte, code int, err error) {
	be := binary.BigEndian
	switch r.DType {
	case volume.Uint8, volume.Bool:
		return r.Bytes, 0, nil
	case volume.Int8:
		b = make([]byte, 0, 2*len(r.Bytes))
		for _, x := range r.Bytes {
			b = be.AppendUint16(b, uint16(int16(int8(x))))
		}
		return b, 4, nil
	case volume.Int16, volume.Uint16, volume.Int32, volume.Float32:
		b = append([]byte(nil), r.Bytes...)
		size := r.DType.Size()
		for at := 0; at < len(b); at += size {
			for lo, hi := at, at+size-1; lo < hi; lo, hi = lo+1, hi-1 {
				b[lo], b[hi] = b[hi], b[lo]
			}
		}
		return b, map[volume.DType]int{volume.Int16: 4, volume.Uint16: 10, volume.Int32: 1, volume.Float32: 3}[r.DType], nil
	case volume.Float64:
		b = make([]byte, 0, len(r.Bytes)/2)
		for at := 0; at < len(r.Bytes); at += 8 {
			x := math.Float64frombits(binary.LittleEndian.Uint64(r.Bytes[at:]))
			if float64(float32(x)) != x && x == x {
				return nil, 0, volume.Unsupported("mgh: write: want values that float32 holds, got one of float64")
			}
			b = be.AppendUint32(b, math.Float32bits(float32(x)))
		}
		return b, 3, nil
	}
	size := r.DType.Size()
	for at := 0; at < len(r.Bytes); at += size {
		var x int64
		fits := true
		switch r.DType {
		case volume.Uint32:
			x = int64(binary.LittleEndian.Uint32(r.Bytes[at:]))
		case volume.Int64:
			x = int64(binary.LittleEndian.Uint64(r.Bytes[at:]))
		case volume.Uint64:
			u := binary.LittleEndian.Uint64(r.Bytes[at:])
			x, fits = int64(u), u <= math.MaxInt32
		}
		if !fits || x < math.MinInt32 || x > math.MaxInt32 {
			return nil, 0, volume.Unsupported("mgh: write: want values that int32 holds, got one of %s", r.DType)
		}
		b = be.AppendUint32(b, uint32(int32(x)))
	}
	return b, 1, nil
}
