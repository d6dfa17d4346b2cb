package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"github.com/caliper-imaging/caliper/internal/inflate"
)

// inMemory is how large a deflated member may be to be unpacked into memory.
const inMemory = 1 << 28

// open reads a stored member where it lies, and unpacks a deflated one as far as it is read.
func (x *index) open(outer string, e Entry) (*File, error) {
	if x.spooled != nil {
		return &File{io.NewSectionReader(x.spooled, e.offset, e.Size), nil}, nil
	}
	f, err := os.Open(outer)
	if err != nil {
		return nil, err
	}
	part := io.NewSectionReader(f, e.offset, e.packed)
	if e.method == zip.Store {
		return &File{part, f}, nil
	}
	in := &inflater{r: inflate.NewReader(part), size: e.Size, crc: e.crc}
	if e.Size <= inMemory {
		return &File{io.NewSectionReader(in, 0, e.Size), f}, nil
	}
	defer f.Close()
	whole, err := unnamed(&checked{r: in.r, left: e.Size, want: e.crc})
	if err != nil {
		return nil, err
	}
	return &File{io.NewSectionReader(whole, 0, e.Size), whole}, nil
}

// inflater is an io.ReaderAt over a deflate stream: it inflates as far as it is asked to read and keeps what
// it has inflated.
type inflater struct {
	mu   sync.Mutex
	r    io.Reader
	size int64
	crc  uint32
	have []byte
	err  error
}

const step = 1 << 16

// ReadAt inflates up to the end of p.
func (in *inflater) ReadAt(p []byte, off int64) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	end := min(off+int64(len(p)), in.size)
	for int64(len(in.have)) < end && in.err == nil {
		in.more()
	}
	if off >= int64(len(in.have)) {
		if in.err != nil && off < in.size {
			return 0, in.err
		}
		return 0, io.EOF
	}
	n := copy(p, in.have[off:])
	if n < len(p) {
		if in.err != nil && off+int64(n) < in.size {
			return n, in.err
		}
		return n, io.EOF
	}
	return n, nil
}

// more inflates one piece; memory is taken as data arrives.
func (in *inflater) more() {
	if cap(in.have)-len(in.have) < step {
		grown := make([]byte, len(in.have), min(int64(2*cap(in.have)+4*step), in.size+step))
		copy(grown, in.have)
		in.have = grown
	}
	n, err := in.r.Read(in.have[len(in.have):cap(in.have)])
	in.have = in.have[:len(in.have)+n]
	switch have := int64(len(in.have)); {
	case have > in.size:
		in.have = in.have[:in.size]
		in.err = fmt.Errorf("archive: want %d bytes as announced, got more", in.size)
	case err != nil && !errors.Is(err, io.EOF):
		in.err = fmt.Errorf("archive: %w", err)
	case err != nil && have < in.size:
		in.err = fmt.Errorf("archive: want %d bytes as announced, got %d: %w", in.size, have, io.ErrUnexpectedEOF)
	case have == in.size && crc32.ChecksumIEEE(in.have) != in.crc:
		in.have, in.err = in.have[:0], errors.New("archive: the checksum differs: the member is damaged")
	}
}

// checked reads a member to its end and compares its length and checksum.
type checked struct {
	r    io.Reader
	left int64
	sum  uint32
	want uint32
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	c.left -= int64(n)
	switch {
	case c.left < 0:
		return n, errors.New("archive: want as many bytes as announced, got more")
	case errors.Is(err, io.EOF) && c.left > 0:
		return n, io.ErrUnexpectedEOF
	case errors.Is(err, io.EOF) && c.sum != c.want:
		return n, errors.New("archive: the checksum differs: the member is damaged")
	}
	return n, err
}
