package nrrd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/caliper-imaging/caliper/volume"
)

// ReadHeader reads what a file says of itself, and none of its voxels.
func ReadHeader(path string) (*Header, error) {
	h, src, err := open(path)
	if err != nil {
		return nil, err
	}
	return h, src.Close()
}

// Read reads the first time point. The unit is Arbitrary: the format does not say it.
func Read(path string) (*volume.Volume, error) {
	for v, err := range Frames(context.Background(), path) {
		return v, err
	}
	return nil, volume.Malformed("nrrd: want a time point, got none")
}

// Frames reads the time points one after the other; it ends after an error.
func Frames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		h, src, err := open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer src.Close()
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

// frame reads one time point. Memory is taken as data arrives.
func (h *Header) frame(src io.Reader) (*volume.Volume, error) {
	need := int64(h.Voxels()) * int64(h.Channels) * int64(h.DType.Size())
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(src, need)); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, volume.Malformed("nrrd: voxels: %w", err)
	} else if n < need {
		return nil, volume.Malformed("nrrd: voxels: want %d bytes by the header, got %d", need, n)
	}
	values := make([]float32, h.Voxels()*h.Channels)
	volume.Samples(values, b.Bytes(), h.DType, h.bigEndian)
	v := &volume.Volume{Geometry: h.Geometry, Channels: h.Channels, Data: values}
	if h.Channels > 1 {
		v.Data = make([]float32, len(values))
		n := h.Voxels()
		for at, x := range values {
			v.Data[at%h.Channels*n+at/h.Channels] = x
		}
	}
	return v, nil
}

type source struct {
	io.Reader
	io.Closer
}

// open reads the header and goes to the first voxel.
func open(path string) (*Header, *source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("nrrd: %w", err)
	}
	b := bufio.NewReaderSize(f, 1<<18)
	h, err := parse(b)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	if h.data != "" {
		f.Close()
		name := filepath.FromSlash(h.data)
		if strings.HasPrefix(strings.ToUpper(name), "LIST") || strings.Contains(name, "%") {
			return nil, nil, volume.Unsupported("nrrd: data file: voxels in several files are not read")
		}
		if !filepath.IsLocal(name) {
			return nil, nil, volume.Malformed("nrrd: data file: want a file beside the header")
		}
		if f, err = os.Open(filepath.Join(filepath.Dir(path), name)); err != nil {
			return nil, nil, volume.Malformed("nrrd: data file: the file of the voxels can't be opened: %w", err)
		}
		b = bufio.NewReaderSize(f, 1<<18)
		h.length = 0
	}
	src := &source{b, f}
	if err := h.start(src, f); err != nil {
		f.Close()
		return nil, nil, err
	}
	return h, src, nil
}

// start skips what comes before the voxels and sees that there are enough.
func (h *Header) start(src *source, f *os.File) error {
	b := src.Reader.(*bufio.Reader)
	for range h.lineSkip {
		if _, err := b.ReadSlice('\n'); err != nil {
			return volume.Malformed("nrrd: line skip: want %d lines before the voxels", h.lineSkip)
		}
	}
	if h.encoding == "gzip" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return volume.Malformed("nrrd: voxels: %w", err)
		}
		src.Reader = z
		if h.byteSkip < 0 {
			return volume.Unsupported("nrrd: byte skip: -1 can't be had from gzip")
		}
	} else {
		info, err := f.Stat()
		if err != nil {
			return fmt.Errorf("nrrd: %w", err)
		}
		need := int64(h.Voxels()) * int64(h.Channels) * int64(h.Frames) * int64(h.DType.Size())
		have := info.Size() - h.length
		if h.byteSkip < 0 {
			h.byteSkip = have - need
		}
		if h.byteSkip < 0 || have-h.byteSkip < need {
			return volume.Malformed("nrrd: voxels: want %d bytes by the header, got %d", need, max(have-max(h.byteSkip, 0), 0))
		}
	}
	if _, err := io.CopyN(io.Discard, src.Reader, h.byteSkip); err != nil {
		return volume.Malformed("nrrd: voxels: %w", err)
	}
	return nil
}

// verify reads a compressed stream to its end, where its checksum is.
func (h *Header) verify(src *source) error {
	if _, packed := src.Reader.(*gzip.Reader); !packed {
		return nil
	}
	if _, err := io.Copy(io.Discard, src); err != nil {
		return volume.Malformed("nrrd: voxels: %w", err)
	}
	return nil
}
