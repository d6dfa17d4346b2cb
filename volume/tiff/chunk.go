package tiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/image/tiff/lzw"

	"github.com/caliper-imaging/caliper/volume"
)

// ReadChunk decodes strip or tile n of a page: rows of ChunkWidth pixels, the samples of a pixel together (one,
// where the page is planar), each little endian in the page's type. A tile that the file leaves out is nil.
func (f *File) ReadChunk(p *Page, n int) ([]byte, error) {
	if n < 0 || n >= len(p.offsets) {
		return nil, volume.Malformed("tiff: chunk: want 0 to %d, got %d", len(p.offsets)-1, n)
	}
	if p.offsets[n] == 0 && p.counts[n] == 0 || p.counts[n] == 0 {
		return nil, nil
	}
	if p.counts[n] < 0 || p.offsets[n] < 0 || p.offsets[n] > f.r.Size()-p.counts[n] {
		return nil, volume.Malformed("tiff: chunk %d: want %d bytes at %d, got a file of %d", n, p.counts[n], p.offsets[n], f.r.Size())
	}
	rows := p.rows(n)
	if err := p.holds(rows, p.counts[n]); err != nil {
		return nil, err
	}
	src := make([]byte, p.counts[n])
	if _, err := f.r.ReadAt(src, p.offsets[n]); err != nil && err != io.EOF {
		return nil, volume.Malformed("tiff: chunk %d: %w", n, err)
	}
	switch p.Compression {
	case OldJPEG:
		return nil, volume.Unsupported("tiff: compression: old-style JPEG (6) is not read")
	case JPEG, AperioRGB, AperioYCC, JPEG2000:
		return f.picture(p, src, rows)
	}
	b, err := p.unpack(src, p.rowBytes()*rows)
	if err != nil {
		return nil, err
	}
	return f.numbers(p, b, rows)
}

// holds refuses a chunk whose packed bytes can't be so many pixels.
func (p *Page) holds(rows int, packed int64) error {
	most := int64(1)
	switch p.Compression {
	case PackBits:
		most = 128
	case LZW:
		most = 4096
	case Deflate, OldZip:
		most = 1100
	default:
		most = 1 << 20
	}
	if p.Compression == None && packed >= int64(p.rowBytes())*int64(rows) || int64(p.rowBytes())*int64(rows) <= packed*most+64 && p.Compression != None {
		return nil
	}
	return volume.Malformed("tiff: chunk: want %d bytes of pixels, which %d can't hold", p.rowBytes()*rows, packed)
}

// picture decodes a chunk of a JPEG kind.
func (f *File) picture(p *Page, src []byte, rows int) ([]byte, error) {
	codec := f.options.Codecs[p.Compression]
	if codec == nil {
		return nil, volume.Unsupported("tiff: compression: %v (%d) is not read here", p.Compression, p.Compression)
	}
	if p.Bits != 8 || p.stored() != 1 && p.stored() != 3 && p.stored() != 4 {
		return nil, volume.Unsupported("tiff: compression: want %v of 8 bits and 1, 3 or 4 samples, got %d of %d", p.Compression, p.Bits, p.stored())
	}
	dst := make([]byte, p.ChunkWidth*rows*p.stored())
	err := codec(dst, src, Chunk{Width: p.ChunkWidth, Height: rows, Samples: p.stored(), Compression: p.Compression, Photometric: p.Photometric, Tables: p.tables})
	return dst, err
}

// unpack undoes the compression; it gives size bytes.
func (p *Page) unpack(src []byte, size int) ([]byte, error) {
	var r io.Reader
	var err error
	switch p.Compression {
	case None:
		return src[:size], nil
	case PackBits:
		return packBits(src, size)
	case LZW:
		z := lzw.NewReader(bytes.NewReader(src), lzw.MSB, 8)
		defer z.Close()
		r = z
	case Deflate, OldZip:
		r, err = zlib.NewReader(bytes.NewReader(src))
	case Zstandard:
		var z *zstd.Decoder
		if z, err = zstd.NewReader(bytes.NewReader(src), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxChunk)); err == nil {
			defer z.Close()
			r = z
		}
	default:
		return nil, volume.Unsupported("tiff: compression: %v (%d) is not read", p.Compression, p.Compression)
	}
	if err != nil {
		return nil, volume.Malformed("tiff: %v: %w", p.Compression, err)
	}
	var out bytes.Buffer
	out.Grow(int(min(int64(size), 64*int64(len(src))+512)))
	if n, err := io.Copy(&out, io.LimitReader(r, int64(size))); n < int64(size) {
		return nil, volume.Malformed("tiff: %v: want %d bytes, got %d (%v)", p.Compression, size, n, err)
	}
	return out.Bytes(), nil
}

// packBits is TIFF 6.0 section 9.
func packBits(src []byte, size int) ([]byte, error) {
	out := make([]byte, 0, size)
	for len(out) < size {
		if len(src) < 1 {
			return nil, volume.Malformed("tiff: PackBits: want %d bytes, got %d", size, len(out))
		}
		n := int(int8(src[0]))
		src = src[1:]
		switch {
		case n >= 0:
			if len(src) < n+1 {
				return nil, volume.Malformed("tiff: PackBits: want %d bytes behind a count, got %d", n+1, len(src))
			}
			out = append(out, src[:n+1]...)
			src = src[n+1:]
		case n > -128:
			if len(src) < 1 {
				return nil, volume.Malformed("tiff: PackBits: want a byte behind a count, got none")
			}
			out = append(out, bytes.Repeat(src[:1], 1-n)...)
			src = src[1:]
		}
	}
	return out[:size], nil
}

// numbers undoes the predictor and gives samples little endian.
func (f *File) numbers(p *Page, b []byte, rows int) ([]byte, error) {
	size, stride := p.Bits/8, p.rowBytes()
	if p.Bits < 8 {
		if p.Predictor != 1 {
			return nil, volume.Unsupported("tiff: predictor: want none for %d bits, got %d", p.Bits, p.Predictor)
		}
		return p.spread(b, rows), nil
	}
	switch p.Predictor {
	case 1, 2:
		if size > 1 && f.order == binary.ByteOrder(binary.BigEndian) {
			swap(b, size)
		}
		if p.Predictor == 2 {
			for y := range rows {
				accumulate(b[y*stride:(y+1)*stride], size, p.stored())
			}
		}
	case 3:
		if size < 4 || p.DType != volume.Float32 && p.DType != volume.Float64 {
			return nil, volume.Malformed("tiff: predictor: want floats for 3, got %s", p.DType)
		}
		row := make([]byte, stride)
		for y := range rows {
			line := b[y*stride : (y+1)*stride]
			accumulate(line, 1, p.stored())
			n := len(line) / size
			for at := range n {
				for k := range size {
					row[at*size+size-1-k] = line[k*n+at]
				}
			}
			copy(line, row)
		}
	default:
		return nil, volume.Unsupported("tiff: predictor: want 1, 2 or 3, got %d", p.Predictor)
	}
	return b, nil
}

// accumulate undoes horizontal differences of little-endian values: TIFF 6.0 section 14.
func accumulate(line []byte, size, samples int) {
	step := size * samples
	switch size {
	case 1:
		for at := step; at < len(line); at++ {
			line[at] += line[at-step]
		}
	case 2:
		for at := step; at+1 < len(line); at += 2 {
			binary.LittleEndian.PutUint16(line[at:], binary.LittleEndian.Uint16(line[at:])+binary.LittleEndian.Uint16(line[at-step:]))
		}
	case 4:
		for at := step; at+3 < len(line); at += 4 {
			binary.LittleEndian.PutUint32(line[at:], binary.LittleEndian.Uint32(line[at:])+binary.LittleEndian.Uint32(line[at-step:]))
		}
	case 8:
		for at := step; at+7 < len(line); at += 8 {
			binary.LittleEndian.PutUint64(line[at:], binary.LittleEndian.Uint64(line[at:])+binary.LittleEndian.Uint64(line[at-step:]))
		}
	}
}

// spread gives each sample of less than 8 bits a byte.
func (p *Page) spread(b []byte, rows int) []byte {
	n, stride := p.ChunkWidth*p.stored(), p.rowBytes()
	out := make([]byte, n*rows)
	mask := byte(1)<<p.Bits - 1
	for y := range rows {
		line := b[y*stride:]
		for x := range n {
			c := line[x*p.Bits/8]
			if p.reversed {
				c = bits.Reverse8(c)
			}
			out[y*n+x] = c >> (8 - p.Bits - x*p.Bits%8) & mask
		}
	}
	return out
}

func swap(b []byte, size int) {
	for at := 0; at+size <= len(b); at += size {
		for lo, hi := at, at+size-1; lo < hi; lo, hi = lo+1, hi-1 {
			b[lo], b[hi] = b[hi], b[lo]
		}
	}
}
