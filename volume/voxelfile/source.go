package voxelfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/caliper-imaging/caliper/volume"
)

const bufferBytes = 1 << 18

// source is a file that stands at a voxel.
type source struct {
	*Layout
	name   string // of the format
	voxels io.Reader
	file   *os.File
}

func (s *source) close() error { return s.file.Close() }

// open reads the header and goes to the first voxel.
func (f Format[H]) open(path string) (*H, *source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	b := bufio.NewReaderSize(file, bufferBytes)
	h, l, err := f.Parse(b)
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	before := l.HeaderBytes
	if l.DataFile != "" {
		file.Close()
		if file, err = f.beside(path, l.DataFile); err != nil {
			return nil, nil, err
		}
		b = bufio.NewReaderSize(file, bufferBytes)
		before = 0
	}
	s := &source{Layout: l, name: f.Name, file: file}
	if err := s.start(b, before); err != nil {
		file.Close()
		return nil, nil, err
	}
	return h, s, nil
}

// beside opens the file of the voxels, which must lie in the header's folder.
func (f Format[H]) beside(path, data string) (*os.File, error) {
	name := filepath.FromSlash(data)
	if !filepath.IsLocal(name) {
		return nil, volume.Malformed("%s: %s: want a file beside the header", f.Name, f.Field)
	}
	file, err := os.Open(filepath.Join(filepath.Dir(path), name))
	if err != nil {
		return nil, volume.Malformed("%s: %s: the file of the voxels can't be opened: %w", f.Name, f.Field, err)
	}
	return file, nil
}

// start skips what comes before the voxels and sees that there are enough; before counts the bytes read.
func (s *source) start(b *bufio.Reader, before int64) error {
	for range s.SkipLines {
		line, err := b.ReadSlice('\n')
		if err != nil {
			return volume.Malformed("%s: voxels: want %d lines before them", s.name, s.SkipLines)
		}
		before += int64(len(line))
	}
	s.voxels = b
	skip := s.SkipBytes
	if s.Unpack != nil {
		if skip < 0 {
			return volume.Unsupported("%s: voxels: the end of a packed file can't be told before it is read", s.name)
		}
		var err error
		if s.voxels, err = s.Unpack(b); err != nil {
			return volume.Malformed("%s: voxels: %w", s.name, err)
		}
	} else {
		info, err := s.file.Stat()
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		need, have := s.frameBytes()*int64(s.Frames), info.Size()-before
		if skip < 0 {
			skip = have - need
		}
		if skip < 0 || have-skip < need {
			return volume.Malformed("%s: voxels: want %d bytes by the header, got %d", s.name, need, max(have-max(skip, 0), 0))
		}
	}
	if _, err := io.CopyN(io.Discard, s.voxels, skip); err != nil {
		return volume.Malformed("%s: voxels: %w", s.name, err)
	}
	return nil
}

// frame reads one time point. Memory is taken as data arrives.
func (s *source) frame() (*volume.Volume, error) {
	need := s.frameBytes()
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(s.voxels, need)); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, volume.Malformed("%s: voxels: %w", s.name, err)
	} else if n < need {
		return nil, volume.Malformed("%s: voxels: want %d bytes by the header, got %d", s.name, need, n)
	}
	values := make([]float32, s.Voxels()*s.Channels)
	volume.Samples(values, b.Bytes(), s.DType, s.BigEndian)
	v := &volume.Volume{Geometry: s.Geometry, Channels: s.Channels, Data: values}
	if s.Channels > 1 {
		v.Data = make([]float32, len(values))
		n := s.Voxels()
		for at, x := range values {
			v.Data[at%s.Channels*n+at/s.Channels] = x
		}
	}
	return v, nil
}

// verify reads a packed stream to its end, where its checksum is.
func (s *source) verify() error {
	if s.Unpack == nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, s.voxels); err != nil {
		return volume.Malformed("%s: voxels: %w", s.name, err)
	}
	return nil
}
