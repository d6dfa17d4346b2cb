package onnx

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unsafe"
)

// MaxModelBytes is the largest file that Load reads: protobuf messages end at 2 GiB.
const MaxModelBytes = 1<<31 - 1

// source is where a model's bytes come from: files stay mapped until close.
type source struct {
	dir    string // for external data, "" where there is none
	mapped map[string][]byte
	unmap  []func() error
}

func (s *source) open(src any) ([]byte, error) {
	switch src := src.(type) {
	case string:
		s.dir = filepath.Dir(src)
		return s.file(src, MaxModelBytes)
	case []byte:
		return src, nil
	case io.ReaderAt:
		b, err := io.ReadAll(io.NewSectionReader(src, 0, MaxModelBytes+1))
		if err == nil && int64(len(b)) > MaxModelBytes {
			err = &FormatError{What: fmt.Sprintf("the model is larger than %d bytes", MaxModelBytes)}
		}
		return b, err
	}
	return nil, fmt.Errorf("onnx: load: want a path, bytes or io.ReaderAt, got %T", src)
}

// file maps a whole file.
func (s *source) file(path string, limit int64) ([]byte, error) {
	if b, ok := s.mapped[path]; ok {
		return b, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, &FormatError{What: path + " is not a regular file"}
	}
	if info.Size() > limit {
		return nil, &FormatError{What: fmt.Sprintf("%s: want at most %d bytes, got %d", path, limit, info.Size())}
	}
	b, undo, err := mapFile(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", path, err)
	}
	if undo != nil {
		s.unmap = append(s.unmap, undo)
	}
	if s.mapped == nil {
		s.mapped = map[string][]byte{}
	}
	s.mapped[path] = b
	return b, nil
}

// external opens external data, which must lie in the model's folder or below.
func (s *source) external(location string, offset, length int64) ([]byte, error) {
	if s.dir == "" {
		return nil, errors.New("external data, but the model was not loaded from a file")
	}
	if location == "" || !filepath.IsLocal(filepath.FromSlash(location)) || strings.ContainsRune(location, 0) {
		return nil, fmt.Errorf("external data: %q lies outside the model's folder", location)
	}
	b, err := s.file(filepath.Join(s.dir, filepath.FromSlash(location)), 1<<40)
	if err != nil {
		return nil, err
	}
	n := int64(len(b))
	if offset < 0 || length < 0 || offset > n || length > n-offset {
		return nil, fmt.Errorf("external data: %d bytes at %d, but the file has %d", length, offset, n)
	}
	return b[offset : offset+length], nil
}

// unneeded lets the pages of b, which is not expected to be read again, leave memory where it lies in a mapped file; what is read
// after all comes from the file anew.
func (s *source) unneeded(b []byte) {
	if len(b) == 0 {
		return
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	for _, m := range s.mapped {
		from := uintptr(unsafe.Pointer(unsafe.SliceData(m)))
		if len(m) > 0 && at >= from && at+uintptr(len(b)) <= from+uintptr(len(m)) {
			leaveMemory(m, int(at-from), int(at-from)+len(b))
		}
	}
}

func (s *source) close() error {
	var errs []error
	for _, f := range s.unmap {
		errs = append(errs, f())
	}
	s.unmap, s.mapped = nil, nil
	return errors.Join(errs...)
}
