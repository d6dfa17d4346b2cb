package dicom

import (
	"io"
	"sync"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/internal/inflate"
)

// maxInflated caps what a deflated data set may grow to.
const maxInflated = 1 << 31

// inflater is an io.ReaderAt over a deflate stream: it inflates as far as it is asked to read and
// keeps what it has inflated.
type inflater struct {
	mu   sync.Mutex
	r    io.Reader
	have []byte
	err  error
}

// inflated opens the deflated data set behind the file meta information.
func (f *File) inflated(r io.ReaderAt) *source {
	in := &inflater{r: inflate.NewReader(io.NewSectionReader(r, f.dataAt, f.size-f.dataAt))}
	return &source{r: in, size: maxInflated}
}

// ReadAt inflates up to the end of p. A stream that breaks off is an error, not an end.
func (in *inflater) ReadAt(p []byte, off int64) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	end := off + int64(len(p))
	if end > maxInflated {
		end = maxInflated
	}
	for int64(len(in.have)) < end && in.err == nil {
		if cap(in.have)-len(in.have) < window {
			grown := make([]byte, len(in.have), 2*cap(in.have)+4*window)
			copy(grown, in.have)
			in.have = grown
		}
		var n int
		room := in.have[len(in.have):cap(in.have)]
		n, in.err = in.r.Read(room)
		in.have = in.have[:len(in.have)+n]
		if in.err == io.ErrUnexpectedEOF {
			in.err = frame.Truncatedf(pkg, "deflated data set: want its end, got the end of the file")
		}
	}
	if off >= int64(len(in.have)) {
		if in.err != nil {
			return 0, in.err
		}
		return 0, io.EOF
	}
	n := copy(p, in.have[off:])
	if n < len(p) {
		if in.err != nil {
			return n, in.err
		}
		return n, io.EOF
	}
	return n, nil
}
