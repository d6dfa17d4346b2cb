package metaimage

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

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
	return nil, volume.Malformed("metaimage: want a time point, got none")
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
		return nil, volume.Malformed("metaimage: voxels: %w", err)
	} else if n < need {
		return nil, volume.Malformed("metaimage: voxels: want %d bytes by the header, got %d", need, n)
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
		return nil, nil, fmt.Errorf("metaimage: %w", err)
	}
	b := bufio.NewReaderSize(f, 1<<18)
	h, err := parse(b)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	src := &source{b, f}
	if !strings.EqualFold(h.data, "LOCAL") {
		f.Close()
		if src, err = h.beside(path); err != nil {
			return nil, nil, err
		}
	}
	if h.compressed {
		z, err := zlib.NewReader(src.Reader)
		if err != nil {
			src.Close()
			return nil, nil, volume.Malformed("metaimage: voxels: %w", err)
		}
		src.Reader = z
		return h, src, nil
	}
	info, err := src.Closer.(*os.File).Stat()
	if err != nil {
		src.Close()
		return nil, nil, fmt.Errorf("metaimage: %w", err)
	}
	have := info.Size()
	if strings.EqualFold(h.data, "LOCAL") {
		have -= h.length
	}
	need := int64(h.Voxels()) * int64(h.Channels) * int64(h.Frames) * int64(h.DType.Size())
	skip := h.skip
	if skip < 0 {
		skip = have - need
	}
	if skip < 0 || have-skip < need {
		src.Close()
		return nil, nil, volume.Malformed("metaimage: voxels: want %d bytes by the header, got %d", need, max(have-max(skip, 0), 0))
	}
	if _, err := io.CopyN(io.Discard, src.Reader, skip); err != nil {
		src.Close()
		return nil, nil, volume.Malformed("metaimage: voxels: %w", err)
	}
	return h, src, nil
}

// beside opens the file of the voxels, which must lie in the header's folder.
func (h *Header) beside(path string) (*source, error) {
	name := filepath.FromSlash(h.data)
	if strings.EqualFold(name, "LIST") || strings.Contains(name, "%") {
		return nil, volume.Unsupported("metaimage: ElementDataFile: voxels in several files are not read")
	}
	if !filepath.IsLocal(name) {
		return nil, volume.Malformed("metaimage: ElementDataFile: want a file beside the header")
	}
	f, err := os.Open(filepath.Join(filepath.Dir(path), name))
	if err != nil {
		return nil, volume.Malformed("metaimage: ElementDataFile: the file of the voxels can't be opened: %w", err)
	}
	return &source{bufio.NewReaderSize(f, 1<<18), f}, nil
}

// verify reads a compressed stream to its end, where its checksum is.
func (h *Header) verify(src *source) error {
	if !h.compressed {
		return nil
	}
	if _, err := io.Copy(io.Discard, src); err != nil {
		return volume.Malformed("metaimage: voxels: %w", err)
	}
	return nil
}
