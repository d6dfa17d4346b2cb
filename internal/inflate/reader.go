// Package inflate decompresses DEFLATE (RFC 1951) and gzip (RFC 1952) streams, several times as fast as
// compress/flate and with the same results.
package inflate

import (
	"errors"
	"io"
)

// ErrFormat is what a stream that breaks RFC 1951 or RFC 1952 gives; one that ends too early gives
// io.ErrUnexpectedEOF.
var ErrFormat = errors.New("inflate: want a DEFLATE stream, got other bytes")

// ErrChecksum is what a gzip stream gives whose data are not those that its checksum was made of.
var ErrChecksum = errors.New("inflate: checksum: want that of the data, got another")

const (
	history  = 1 << 15 // how far back a match may reach
	inSize   = 1 << 17
	outSize  = history + 1<<17
	longest  = 258
	outSlack = longest + 16 // a match and what wide copies write behind it
	inSlack  = 24           // what one round of the fast loop may load
)

// state is what comes next in the stream.
type state int

const (
	atBlock state = iota
	inStored
	inCodes
	atEnd
)

// Reader decompresses one raw DEFLATE stream. It reads ahead of what it needs.
type Reader struct {
	src     io.Reader
	in      []byte // read, not consumed: in[pos:end]; zeros behind end once eof is set
	pos     int
	end     int
	eof     bool // src has no more
	failed  error
	acc     uint64 // bits taken from in, the next one lowest
	bits    uint   // how many of them count
	out     []byte // decompressed: out[rd:wr] has not been given away
	rd, wr  int
	step    int // how much to decompress at once: little at first, since some want headers only
	limit   int // where to stop within out
	state   state
	last    bool // the block is the last
	stored  int  // bytes left of a stored block
	err     error
	codes   *codes
	dynamic codes
}

// NewReader reads the stream from src.
func NewReader(src io.Reader) *Reader {
	return &Reader{src: src, in: make([]byte, inSize+inSlack), out: make([]byte, outSize+outSlack), step: 1 << 12}
}

// Read gives decompressed bytes: io.EOF behind the last block.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.rd == r.wr {
		if r.err != nil {
			return 0, r.err
		}
		r.more()
	}
	n := copy(p, r.out[r.rd:r.wr])
	r.rd += n
	return n, nil
}

// more decompresses until there is something to give, or an error.
func (r *Reader) more() {
	if r.wr > outSize-1<<14 { // keep what matches may need
		copy(r.out, r.out[r.wr-history:r.wr])
		r.wr = history
		r.rd = r.wr
	}
	r.limit = min(outSize-longest, r.wr+r.step)
	r.step = min(4*r.step, outSize)
	for r.err == nil && r.wr < r.limit {
		switch r.state {
		case atBlock:
			if r.last {
				r.state = atEnd
				continue
			}
			r.err = r.block()
		case inStored:
			r.err = r.copyStored()
		case inCodes:
			r.err = r.symbols()
		case atEnd:
			r.err = io.EOF
		}
	}
}

// fill reads until n bytes can be taken from in, or the source ends.
func (r *Reader) fill(n int) {
	if r.end-r.pos >= n || r.eof {
		return
	}
	drop := max(0, r.pos-8) // align may give bytes back
	copy(r.in, r.in[drop:r.end])
	r.end -= drop
	r.pos -= drop
	for empty := 0; r.end-r.pos < n && !r.eof; {
		got, err := r.src.Read(r.in[r.end:inSize])
		r.end += got
		if got > 0 {
			empty = 0
		} else if empty++; empty > 100 && err == nil {
			err = io.ErrNoProgress
		}
		if err != nil {
			r.eof = true
			if err != io.EOF {
				r.failed = err
			}
			clear(r.in[r.end : r.end+inSlack])
		}
	}
}

// short is the error for a source that ended too early.
func (r *Reader) short() error {
	if r.failed != nil {
		return r.failed
	}
	return io.ErrUnexpectedEOF
}

// take reads n bits, at most 32, one after the other where bytes are.
func (r *Reader) take(n uint) (uint32, error) {
	for r.bits < n {
		r.fill(1)
		if r.pos == r.end {
			return 0, r.short()
		}
		r.acc |= uint64(r.in[r.pos]) << r.bits
		r.pos++
		r.bits += 8
	}
	v := uint32(r.acc & (1<<n - 1))
	r.acc >>= n
	r.bits -= n
	return v, nil
}

// align drops the bits up to the next byte and gives whole bytes back to in.
func (r *Reader) align() {
	r.pos -= int(r.bits >> 3)
	r.acc, r.bits = 0, 0
}

// block reads the header of a block: RFC 1951 section 3.2.3.
func (r *Reader) block() error {
	head, err := r.take(3)
	if err != nil {
		return err
	}
	r.last = head&1 == 1
	switch head >> 1 {
	case 0:
		r.align()
		n, err := r.take(32)
		if err != nil {
			return err
		}
		if uint16(n) != ^uint16(n>>16) {
			return ErrFormat
		}
		r.stored, r.state = int(uint16(n)), inStored
		return nil
	case 1:
		r.codes = fixed()
	case 2:
		if err := r.readCodes(); err != nil {
			return err
		}
		r.codes = &r.dynamic
	default:
		return ErrFormat
	}
	r.state = inCodes
	return nil
}

// copyStored passes on bytes of a stored block.
func (r *Reader) copyStored() error {
	for r.stored > 0 && r.wr < r.limit {
		r.fill(1)
		if r.pos == r.end {
			return r.short()
		}
		n := copy(r.out[r.wr:r.limit], r.in[r.pos:min(r.end, r.pos+r.stored)])
		r.pos += n
		r.wr += n
		r.stored -= n
	}
	if r.stored == 0 {
		r.state = atBlock
	}
	return nil
}
