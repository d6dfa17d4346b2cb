// Package mgh reads and writes FreeSurfer's volumes, .mgh and gzipped .mgz:
// https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat. Positions are converted from the
// format's RAS to LPS.
package mgh

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/internal/inflate"
	"github.com/caliper-imaging/caliper/volume"
)

// headerSize is where the voxels begin.
const headerSize = 284

// maxInflation is more than DEFLATE can expand data.
const maxInflation = 1100

// Header is what a file says before its voxels.
type Header struct {
	volume.Geometry
	Frames int
	DType  volume.DType
	Placed bool // the file says where its voxels lie; else they are taken as coronal, as FreeSurfer does
}

// Parse reads a header from the first 284 bytes of a file.
func Parse(b []byte) (*Header, error) {
	if len(b) < headerSize {
		return nil, volume.Malformed("mgh: header: want %d bytes, got %d", headerSize, len(b))
	}
	at := func(n int) int { return int(int32(binary.BigEndian.Uint32(b[4*n:]))) }
	if at(0) != 1 {
		return nil, volume.Malformed("mgh: version: want 1, got %d", at(0))
	}
	h := &Header{Frames: at(4)}
	values := 1
	for n, s := range []int{at(1), at(2), at(3), at(4)} {
		if s < 1 || values > volume.MaxVoxels/s {
			return nil, volume.Malformed("mgh: sizes: want 1 or more and at most %d values, got %d at place %d", volume.MaxVoxels, s, n)
		}
		values *= s
	}
	switch at(5) {
	case 0:
		h.DType = volume.Uint8
	case 1:
		h.DType = volume.Int32
	case 3:
		h.DType = volume.Float32
	case 4:
		h.DType = volume.Int16
	case 10:
		h.DType = volume.Uint16
	default:
		return nil, volume.Unsupported("mgh: type: want 0, 1, 3, 4 or 10, got %d", at(5))
	}
	size := [3]int{at(1), at(2), at(3)}
	spacing := [3]float64{1, 1, 1}
	// FreeSurfer's default: i to the left, j to the feet, k to the front
	axes := [3][3]float64{{-1, 0, 0}, {0, 0, -1}, {0, 1, 0}}
	var centre [3]float64
	if int16(binary.BigEndian.Uint16(b[28:])) > 0 {
		h.Placed = true
		f := func(n int) float64 { return float64(math.Float32frombits(binary.BigEndian.Uint32(b[30+4*n:]))) }
		for n := range 3 {
			spacing[n] = f(n)
			axes[n] = [3]float64{f(3 + 3*n), f(4 + 3*n), f(5 + 3*n)}
			centre[n] = f(12 + n)
		}
	}
	var a [4][4]float64
	for r := range 3 {
		sign := 1.0
		if r < 2 {
			sign = -1
		}
		a[r][3] = centre[r]
		for n := range 3 {
			a[r][n] = sign * axes[n][r] * spacing[n]
			a[r][3] -= axes[n][r] * spacing[n] * float64(size[n]) / 2
		}
		a[r][3] *= sign
	}
	a[3][3] = 1
	g, err := volume.FromAffine(size, a)
	if err != nil {
		return nil, volume.Malformed("mgh: header: %w", err)
	}
	h.Geometry = g
	return h, nil
}

// ReadHeader reads what a file says of itself, and none of its voxels.
func ReadHeader(path string) (*Header, error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("mgh: %w", err)
	}
	defer f.Close()
	h, _, err := begin(f, f.Size())
	return h, err
}

// ReadRaw reads the stored values of all frames in their own type, little endian. The shape is frame (where
// there are several), k, j, i.
func ReadRaw(path string) (*volume.Raw, error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("mgh: %w", err)
	}
	defer f.Close()
	h, src, err := begin(f, f.Size())
	if err != nil {
		return nil, err
	}
	b, err := h.bytes(src, h.Frames)
	if err == nil {
		err = h.verify(src)
	}
	if err != nil {
		return nil, err
	}
	for size, at := h.DType.Size(), 0; at < len(b); at += size {
		slices.Reverse(b[at : at+size])
	}
	raw := &volume.Raw{Geometry: h.Geometry, DType: h.DType, Shape: []int{h.Size[2], h.Size[1], h.Size[0]}, Channels: 1, Bytes: b}
	if h.Frames > 1 {
		raw.Shape = append([]int{h.Frames}, raw.Shape...)
	}
	return raw, nil
}

// Read reads the first frame. The unit is Arbitrary: the format does not say it.
func Read(path string) (*volume.Volume, error) {
	for v, err := range Frames(context.Background(), path) {
		return v, err
	}
	return nil, volume.Malformed("mgh: want a frame, got none")
}

// Frames reads the frames one after the other; it ends after an error.
func Frames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		f, err := archive.Open(path)
		if err != nil {
			yield(nil, fmt.Errorf("mgh: %w", err))
			return
		}
		defer f.Close()
		h, src, err := begin(f, f.Size())
		if err != nil {
			yield(nil, err)
			return
		}
		for n := range h.Frames {
			v, err := h.frame(src)
			if err == nil && n == h.Frames-1 {
				err = h.verify(src)
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// begin reads the header of a stream of size bytes and checks that the voxels can be there.
func begin(r io.Reader, size int64) (*Header, io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<18)
	src := io.Reader(b)
	packed := false
	if magic, _ := b.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := inflate.NewGzip(b)
		if err != nil {
			return nil, nil, volume.Malformed("mgh: gzip: %w", err)
		}
		src, packed = z, true
	}
	head := make([]byte, headerSize)
	n, err := io.ReadFull(src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil, volume.Malformed("mgh: header: %w", err)
	}
	h, err := Parse(head[:n])
	if err != nil {
		return nil, nil, err
	}
	need := headerSize + int64(h.Voxels())*int64(h.Frames)*int64(h.DType.Size())
	if packed {
		size *= maxInflation
	}
	if size < need {
		return nil, nil, volume.Malformed("mgh: voxels: want %d bytes by the header, more than the file holds", need)
	}
	return h, src, nil
}

// bytes reads the next frames. Memory is taken as data arrives.
func (h *Header) bytes(src io.Reader, frames int) ([]byte, error) {
	need := int64(h.Voxels()) * int64(h.DType.Size()) * int64(frames)
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(src, need)); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, volume.Malformed("mgh: voxels: %w", err)
	} else if n < need {
		return nil, volume.Malformed("mgh: voxels: want %d bytes by the header, got %d", need, n)
	}
	return b.Bytes(), nil
}

func (h *Header) frame(src io.Reader) (*volume.Volume, error) {
	b, err := h.bytes(src, 1)
	if err != nil {
		return nil, err
	}
	v := &volume.Volume{Geometry: h.Geometry, Channels: 1, Data: make([]float32, h.Voxels())}
	volume.Samples(v.Data, b, h.DType, true)
	return v, nil
}

// verify reads a compressed stream to its end, where its checksum is.
func (h *Header) verify(src io.Reader) error {
	if _, packed := src.(*inflate.Gzip); !packed {
		return nil
	}
	if _, err := io.Copy(io.Discard, src); err != nil {
		return volume.Malformed("mgh: voxels: %w", err)
	}
	return nil
}
