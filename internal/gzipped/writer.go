// Package gzipped writes gzip streams (RFC 1952) whose blocks are compressed several at once; the bytes don't
// depend on how many.
package gzipped

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
)

const (
	blockSize = 1 << 20
	history   = 1 << 15 // of the block before, that matches may reach into
	level     = 6
)

var errClosed = errors.New("gzipped: want no write behind close")

// Writer compresses what is written to it into one gzip member without name or time. Close ends it.
type Writer struct {
	dst   io.Writer
	sum   uint32
	size  uint32
	block []byte // begins with history bytes of what came before
	past  int    // how many of these
	queue []chan *packed
	free  []*packed
	begun bool
	err   error
}

// packed is a block at work.
type packed struct {
	in, out []byte
	past    int
	last    bool
	pack    *flate.Writer
	err     error
}

// NewWriter writes to dst.
func NewWriter(dst io.Writer) *Writer { return &Writer{dst: dst} }

// Write takes p in; what is written to dst lags behind.
func (w *Writer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && w.err == nil {
		if w.block == nil {
			w.block = make([]byte, 0, history+blockSize)
		}
		take := min(len(p), w.past+blockSize-len(w.block))
		w.block = append(w.block, p[:take]...)
		w.sum = crc32.Update(w.sum, crc32.IEEETable, p[:take])
		w.size += uint32(take)
		p = p[take:]
		if len(w.block) == w.past+blockSize {
			w.send(false)
		}
	}
	if w.err != nil {
		return n - len(p), w.err
	}
	return n, nil
}

// send starts to compress the block; where enough are at work it waits for the first.
func (w *Writer) send(last bool) {
	if len(w.queue) > runtime.GOMAXPROCS(0) {
		w.receive()
	}
	var b *packed
	if n := len(w.free); n > 0 {
		b, w.free = w.free[n-1], w.free[:n-1]
	} else {
		b = &packed{in: make([]byte, 0, history+blockSize)}
	}
	b.in, w.block = w.block, b.in[:0]
	b.past, b.last = w.past, last
	w.past = min(history, len(b.in))
	w.block = append(w.block, b.in[len(b.in)-w.past:]...)
	done := make(chan *packed, 1)
	w.queue = append(w.queue, done)
	go func() {
		b.run()
		done <- b
	}()
}

// run compresses a block so that it ends on a whole byte.
func (b *packed) run() {
	out := bytes.NewBuffer(b.out[:0])
	if b.pack == nil {
		b.pack, b.err = flate.NewWriterDict(out, level, b.in[:b.past])
	} else {
		b.pack.ResetDict(out, b.in[:b.past])
	}
	if b.err == nil {
		_, b.err = b.pack.Write(b.in[b.past:])
	}
	if b.err == nil && b.last {
		b.err = b.pack.Close()
	} else if b.err == nil {
		b.err = b.pack.Flush()
	}
	b.out = out.Bytes()
}

// receive writes the first block of the queue.
func (w *Writer) receive() {
	b := <-w.queue[0]
	w.queue = w.queue[1:]
	w.free = append(w.free, b)
	if w.err == nil {
		w.err = b.err
	}
	if !w.begun && w.err == nil {
		w.begun = true
		_, w.err = w.dst.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	}
	if w.err == nil {
		_, w.err = w.dst.Write(b.out)
	}
}

// Close writes what is left, checksum and length. It does not close dst.
func (w *Writer) Close() error {
	if errors.Is(w.err, errClosed) {
		return nil
	}
	if w.err == nil {
		w.send(true)
	}
	for len(w.queue) > 0 {
		w.receive()
	}
	if w.err == nil {
		_, w.err = w.dst.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, w.sum), w.size))
	}
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}
