package dicom

import (
	"errors"
	"io"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// window is how much a source reads at once: most headers fit.
const window = 16 << 10

// glance is how much it reads at first where it was sent far ahead: from fragment to fragment.
const glance = 64

// source reads bytes by position through a small window. size is the number of bytes, or a bound
// on it where the reader can only find its end by reading (known is false).
type source struct {
	r     io.ReaderAt
	size  int64
	known bool
	win   []byte
	at    int64
}

// view gives n bytes at pos; they stay valid until the next call. n must be small.
func (s *source) view(pos int64, n int) ([]byte, error) {
	if pos >= s.at && pos+int64(n) <= s.at+int64(len(s.win)) {
		return s.win[pos-s.at:][:n], nil
	}
	if pos < 0 || pos > s.size-int64(n) {
		return nil, errEnd(pos, n)
	}
	want := min(max(int64(n), window), s.size-pos)
	if n <= glance && len(s.win) > 0 && pos-s.at > 2*window {
		want = min(glance, s.size-pos)
	}
	if int64(cap(s.win)) < want {
		s.win = make([]byte, want)
	}
	s.win = s.win[:want]
	got, err := s.r.ReadAt(s.win, pos)
	s.win, s.at = s.win[:got], pos
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = errEnd(pos, n)
		}
		return nil, err
	}
	return s.win[:n], nil
}

// read gives n bytes at pos in memory of their own.
func (s *source) read(pos int64, n int) ([]byte, error) {
	if n <= window {
		b, err := s.view(pos, n)
		if err != nil {
			return nil, err
		}
		return append(make([]byte, 0, n), b...), nil
	}
	if err := s.has(pos, int64(n)); err != nil {
		return nil, err
	}
	out := make([]byte, n)
	got, err := s.r.ReadAt(out, pos)
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = errEnd(pos, n)
		}
		return nil, err
	}
	return out, nil
}

// has reports an error where the n bytes at pos are not all there; nothing of their size is allocated.
func (s *source) has(pos, n int64) error {
	if pos < 0 || n < 0 || pos > s.size-n {
		return errEnd(pos, int(n))
	}
	if !s.known && n > 0 {
		var last [1]byte
		if got, err := s.r.ReadAt(last[:], pos+n-1); got < 1 {
			if err == nil || errors.Is(err, io.EOF) {
				err = errEnd(pos, int(n))
			}
			return err
		}
	}
	return nil
}

// atEnd says whether a stream of unknown length ends, in good order, at pos.
func (s *source) atEnd(pos int64) bool {
	var one [1]byte
	n, err := s.r.ReadAt(one[:], pos)
	return n == 0 && err == io.EOF
}

func errEnd(pos int64, n int) error {
	return frame.Truncatedf(pkg, "byte %d: want %d more bytes, got the end of the file", pos, n)
}
