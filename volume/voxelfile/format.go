package voxelfile

import (
	"bufio"
	"context"
	"iter"

	"github.com/caliper-imaging/caliper/volume"
)

// Format is one format with headers of type H.
type Format[H any] struct {
	Name  string // as errors begin
	Field string // the header's word for the file of the voxels
	// Parse reads a header and no byte more. It has held Layout's sizes to volume.MaxVoxels.
	Parse func(*bufio.Reader) (*H, *Layout, error)
}

// ReadHeader reads what a file says of itself, and none of its voxels; it sees that a file that is not
// packed has enough of them.
func (f Format[H]) ReadHeader(path string) (*H, error) {
	h, src, err := f.open(path)
	if err != nil {
		return nil, err
	}
	return h, src.close()
}

// Read reads the first time point. Its unit is Arbitrary.
func (f Format[H]) Read(path string) (*volume.Volume, error) {
	for v, err := range f.Frames(context.Background(), path) {
		return v, err
	}
	return nil, volume.Malformed("%s: want a time point, got none", f.Name)
}

// Frames reads the time points one after the other; it ends after an error.
func (f Format[H]) Frames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		_, src, err := f.open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer src.close()
		for n := range src.Frames {
			b, err := src.bytes(src.frameBytes())
			if err == nil && n == src.Frames-1 {
				err = src.verify()
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(src.volume(b), nil) {
				return
			}
		}
	}
}

// ReadRaw reads the stored values of all time points in their own type, little endian. The shape is frame
// (where there are several), k, j, i, channel (where there are several).
func (f Format[H]) ReadRaw(path string) (*volume.Raw, error) {
	_, src, err := f.open(path)
	if err != nil {
		return nil, err
	}
	defer src.close()
	b, err := src.bytes(src.frameBytes() * int64(src.Frames))
	if err == nil {
		err = src.verify()
	}
	if err != nil {
		return nil, err
	}
	if src.BigEndian {
		swap(b, src.DType.Size())
	}
	return &volume.Raw{Geometry: src.Geometry, DType: src.DType, Shape: src.shape(), Channels: src.Channels, Bytes: b}, nil
}

// swap turns the byte order of values round.
func swap(b []byte, size int) {
	if size < 2 {
		return
	}
	for at := 0; at+size <= len(b); at += size {
		for lo, hi := at, at+size-1; lo < hi; lo, hi = lo+1, hi-1 {
			b[lo], b[hi] = b[hi], b[lo]
		}
	}
}
