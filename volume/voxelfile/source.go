package voxelfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/volume"
)

const bufferBytes = 1 << 18

// source reads the voxels of one file after the other.
type source struct {
	*Layout
	name  string // of the format
	field string
	paths []string // of the files of the voxels; none for the header's own
	next  int      // the path that comes next
	slab  int64    // bytes of each file
	left  int64    // bytes of this file
	r     io.Reader
	file  *archive.File
}

func (s *source) close() error { return s.file.Close() }

// open reads the header and goes to the first voxel.
func (f Format[H]) open(path string) (*H, *source, error) {
	file, err := archive.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	b := bufio.NewReaderSize(file, int(min(bufferBytes, max(file.Size(), 16))))
	h, l, err := f.Parse(b)
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	s := &source{Layout: l, name: f.Name, field: f.Field, file: file, slab: l.frameBytes() * int64(l.Frames)}
	if len(l.DataFiles) == 0 {
		err = s.start(b, l.HeaderBytes)
	} else {
		err = s.beside(path)
	}
	if err != nil {
		s.close()
		return nil, nil, err
	}
	return h, s, nil
}

// beside goes to the files of the voxels, which must lie in the header's folder.
func (s *source) beside(path string) error {
	n := int64(len(s.DataFiles))
	if n > MaxFiles || s.slab%n != 0 || s.slab/n%int64(s.DType.Size()) != 0 {
		return volume.Malformed("%s: %s: want files with an equal part of the voxels, got %d", s.name, s.field, n)
	}
	s.slab /= n
	for _, data := range s.DataFiles {
		name := filepath.FromSlash(data)
		if !filepath.IsLocal(name) {
			return volume.Malformed("%s: %s: want a file beside the header", s.name, s.field)
		}
		s.paths = append(s.paths, filepath.Join(filepath.Dir(path), name))
	}
	if s.Unpack == nil {
		for _, p := range s.paths[1:] {
			if !archive.Exists(p) {
				return volume.Malformed("%s: %s: %s: no such file", s.name, s.field, filepath.Base(p))
			}
		}
	}
	return s.advance()
}

// advance opens the next file.
func (s *source) advance() error {
	file, err := archive.Open(s.paths[s.next])
	if err != nil {
		return volume.Malformed("%s: %s: the file of the voxels can't be opened: %w", s.name, s.field, err)
	}
	s.file.Close()
	s.file = file
	s.next++
	return s.start(bufio.NewReaderSize(file, bufferBytes), 0)
}

// start skips what comes before the voxels and sees that there are enough; before counts the bytes read.
func (s *source) start(b *bufio.Reader, before int64) error {
	for range s.SkipLines {
		n, err := skipLine(b)
		if err != nil {
			return volume.Malformed("%s: voxels: want %d lines before them", s.name, s.SkipLines)
		}
		before += n
	}
	s.r, s.left = b, s.slab
	skip := s.SkipBytes
	if s.Unpack != nil {
		if skip < 0 {
			return volume.Unsupported("%s: voxels: the end of a packed file can't be told before it is read", s.name)
		}
		var err error
		if s.r, err = s.Unpack(b); err != nil {
			return volume.Malformed("%s: voxels: %w", s.name, err)
		}
	} else {
		have := s.file.Size() - before
		if skip < 0 {
			skip = have - s.slab
		}
		if skip < 0 || have-skip < s.slab {
			return volume.Malformed("%s: voxels: want %d bytes by the header, got %d", s.name, s.slab, max(have-max(skip, 0), 0))
		}
	}
	if _, err := io.CopyN(io.Discard, s.r, skip); err != nil {
		return volume.Malformed("%s: voxels: %w", s.name, err)
	}
	return nil
}

// skipLine passes over a line of any length and counts its bytes.
func skipLine(b *bufio.Reader) (int64, error) {
	n := int64(0)
	for {
		line, err := b.ReadSlice('\n')
		n += int64(len(line))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

// Read gives the voxels of all files in their order.
func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		if s.next >= len(s.paths) {
			return 0, io.EOF
		}
		if err := s.verify(); err != nil {
			return 0, err
		}
		if err := s.advance(); err != nil {
			return 0, err
		}
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if s.left == 0 && errors.Is(err, io.EOF) || n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// bytes reads the next n bytes. Of a packed file memory is taken as data arrives.
func (s *source) bytes(n int64) ([]byte, error) {
	if s.Unpack == nil {
		b := make([]byte, n)
		if got, err := io.ReadFull(s, b); err != nil {
			return nil, s.short(err, n, int64(got))
		}
		return b, nil
	}
	var b bytes.Buffer
	if got, err := io.Copy(&b, io.LimitReader(s, n)); err != nil || got < n {
		return nil, s.short(err, n, got)
	}
	return b.Bytes(), nil
}

func (s *source) short(err error, want, got int64) error {
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		if wrong := (*volume.FormatError)(nil); errors.As(err, &wrong) {
			return err
		}
		return volume.Malformed("%s: voxels: %w", s.name, err)
	}
	return volume.Malformed("%s: voxels: want %d bytes by the header, got %d", s.name, want, got)
}

// volume turns the bytes of a time point into numbers.
func (s *source) volume(b []byte) *volume.Volume {
	values := make([]float32, s.Voxels()*s.Channels)
	volume.Samples(values, b, s.DType, s.BigEndian)
	v := &volume.Volume{Geometry: s.Geometry, Channels: s.Channels, Data: values}
	if s.Channels > 1 {
		v.Data = make([]float32, len(values))
		n := s.Voxels()
		for c := range s.Channels {
			plane := v.Data[c*n : (c+1)*n]
			for at := range plane {
				plane[at] = values[at*s.Channels+c]
			}
		}
	}
	return v
}

// verify reads a packed stream to its end, where its checksum is.
func (s *source) verify() error {
	if s.Unpack == nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, s.r); err != nil {
		return volume.Malformed("%s: voxels: %w", s.name, err)
	}
	return nil
}
