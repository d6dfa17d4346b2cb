package analyze

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// ReadRaw reads the stored values of all time points in their own type, without the scale factor, little endian:
// shape frame (where there are several), k, j, i, channel (of RGB).
func ReadRaw(path string) (*volume.Raw, error) {
	h, err := ReadHeader(path)
	if err != nil {
		return nil, err
	}
	src, done, err := h.voxels(path)
	if err != nil {
		return nil, err
	}
	defer done()
	b, err := h.bytes(src, h.Frames)
	if err != nil {
		return nil, err
	}
	if size := h.DType.Size(); h.BigEndian && size > 1 {
		for at := 0; at < len(b); at += size {
			slices.Reverse(b[at : at+size])
		}
	}
	r := &volume.Raw{Geometry: h.Geometry, DType: h.DType, Channels: h.Channels, Bytes: b}
	if h.Frames > 1 {
		r.Shape = append(r.Shape, h.Frames)
	}
	r.Shape = append(r.Shape, h.Size[2], h.Size[1], h.Size[0])
	if h.Channels > 1 {
		r.Shape = append(r.Shape, h.Channels)
	}
	return r, nil
}

// Read reads the first time point, scaled. The unit is Arbitrary: the format does not say it.
func Read(path string) (*volume.Volume, error) {
	for v, err := range Frames(context.Background(), path) {
		return v, err
	}
	return nil, volume.Malformed("analyze: want a time point, got none")
}

// Frames reads the time points one after the other, scaled; it ends after an error.
func Frames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		h, err := ReadHeader(path)
		if err != nil {
			yield(nil, err)
			return
		}
		src, done, err := h.voxels(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer done()
		for range h.Frames {
			b, err := h.bytes(src, 1)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(h.volume(b), nil) {
				return
			}
		}
	}
}

// voxels opens the .img and goes to the first voxel.
func (h *Header) voxels(path string) (io.Reader, func() error, error) {
	_, data := paths(path)
	r, size, close, err := stream(data)
	if err != nil {
		return nil, nil, err
	}
	need := h.skip + int64(h.Voxels())*int64(h.Frames*h.Channels*h.DType.Size())
	if packed := strings.HasSuffix(strings.ToLower(data), ".gz"); !packed && size < need {
		close()
		return nil, nil, volume.Malformed("analyze: voxels: want %d bytes by the header, got %d", need, size)
	}
	if _, err := io.CopyN(io.Discard, r, h.skip); err != nil {
		close()
		return nil, nil, volume.Malformed("analyze: voxels: want %d bytes before them: %w", h.skip, err)
	}
	return r, close, nil
}

// bytes reads the next time points. Memory is taken as data arrives.
func (h *Header) bytes(src io.Reader, frames int) ([]byte, error) {
	need := int64(h.Voxels()) * int64(frames*h.Channels*h.DType.Size())
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(src, need)); err != nil || n < need {
		return nil, volume.Malformed("analyze: voxels: want %d bytes by the header, got %d (%v)", need, n, err)
	}
	return b.Bytes(), nil
}

func (h *Header) volume(b []byte) *volume.Volume {
	n := h.Voxels()
	values := make([]float32, n*h.Channels)
	volume.Samples(values, b, h.DType, h.BigEndian)
	v := &volume.Volume{Geometry: h.Geometry, Channels: h.Channels, Data: values}
	if h.Channels > 1 {
		v.Data = make([]float32, len(values))
		for at, x := range values {
			v.Data[at%h.Channels*n+at/h.Channels] = x
		}
	}
	if h.Slope != 1 {
		for at, x := range v.Data {
			v.Data[at] = float32(float64(x) * h.Slope)
		}
	}
	return v
}
