package inflate

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Gzip decompresses a gzip stream of one or more members and checks the length and checksum of each.
type Gzip struct {
	r     *Reader
	sum   uint32
	size  uint32
	begun bool // a member has been read
	err   error
}

// NewGzip reads the header of the first member.
func NewGzip(src io.Reader) (*Gzip, error) {
	z := &Gzip{r: NewReader(src)}
	if err := z.header(); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return z, nil
}

// Read gives decompressed bytes: io.EOF behind the last member.
func (z *Gzip) Read(p []byte) (int, error) {
	for z.err == nil {
		n, err := z.r.Read(p)
		z.sum = crc32.Update(z.sum, crc32.IEEETable, p[:n])
		z.size += uint32(n)
		if n > 0 || err == nil {
			return n, nil
		}
		if err != io.EOF {
			z.err = err
			break
		}
		if z.err = z.trailer(); z.err == nil {
			z.err = z.header()
		}
	}
	return 0, z.err
}

// trailer compares checksum and length.
func (z *Gzip) trailer() error {
	z.r.align()
	z.r.fill(8)
	if z.r.end-z.r.pos < 8 {
		return z.r.short()
	}
	b := z.r.in[z.r.pos:]
	z.r.pos += 8
	if binary.LittleEndian.Uint32(b) != z.sum || binary.LittleEndian.Uint32(b[4:]) != z.size {
		return ErrChecksum
	}
	return nil
}

// header begins a member: RFC 1952 section 2.3. io.EOF says that there is none.
func (z *Gzip) header() error {
	r := z.r
	r.fill(1)
	for z.begun && r.pos < r.end && r.in[r.pos] == 0 { // padding behind a member
		r.pos++
		r.fill(1)
	}
	if r.pos == r.end {
		if r.failed != nil {
			return r.failed
		}
		return io.EOF
	}
	var b [10]byte
	for i := range b {
		v, err := r.take(8)
		if err != nil {
			return err
		}
		b[i] = byte(v)
	}
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 {
		return ErrFormat
	}
	if b[3]&4 != 0 {
		n, err := r.take(16)
		if err != nil {
			return err
		}
		for range n {
			if _, err := r.take(8); err != nil {
				return err
			}
		}
	}
	for _, flag := range []byte{8, 16} { // name and comment
		for b[3]&flag != 0 {
			v, err := r.take(8)
			if err != nil {
				return err
			}
			if v == 0 {
				break
			}
		}
	}
	if b[3]&2 != 0 {
		if _, err := r.take(16); err != nil {
			return err
		}
	}
	z.sum, z.size, z.begun = 0, 0, true
	r.state, r.last, r.err = atBlock, false, nil
	r.rd, r.wr = 0, 0
	return nil
}
