// Package jpeg decodes the DCT processes of JPEG: baseline, extended sequential of 8 and 12 bits, and
// progressive (ITU-T T.81), with Huffman coding. Colour stays as the stream holds it.
package jpeg

import (
	"encoding/binary"
	"sync"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

const where = "dicom: jpeg"

// Decode writes one frame. Subsampled components are brought to full size by triangle filters, as
// libjpeg's "fancy upsampling" does.
func Decode(dst, src []byte, info frame.Info) error {
	if err := info.CheckBuffers(where, dst); err != nil {
		return err
	}
	s, err := jpegstream.New(src)
	if err != nil {
		return err
	}
	d := decoder{stream: s, info: info}
	defer d.release()
	if err := d.run(); err != nil {
		return err
	}
	d.write(dst)
	return nil
}

// decoder holds the state of one image.
type decoder struct {
	stream      *jpegstream.Stream
	info        frame.Info
	header      *jpegstream.Header
	progressive bool
	tables      jpegstream.Tables
	quant       [4]*[64]int32 // natural order
	restart     int
	planes      []plane
	scans       int
	runs        map[*jpegstream.Huffman]*runs
}

// plane is one component.
type plane struct {
	h, v          int
	width, height int // in samples
	blocksX       int // whole MCUs
	blocksY       int
	ownX, ownY    int // blocks that hold samples: what a scan of this component alone codes
	tq            int
	coefs         []int16  // progressive: 64 to a block, natural order
	bytes         []byte   // samples of 8 bits
	words         []uint16 // samples of 12 bits
	seen          bool
	refined       uint64 // progressive: a bit for each coefficient, in the order of the scans, of which all bits have come
}

func (d *decoder) run() error {
	for {
		marker, body, err := d.stream.Next()
		if err != nil {
			if d.complete() && d.refined() { // no EOI behind whole data
				break
			}
			return err
		}
		switch {
		case marker == jpegstream.DHT:
			err = d.tables.Parse(body)
		case marker == jpegstream.DQT:
			err = d.parseQuant(body)
		case marker == jpegstream.DRI:
			if len(body) < 2 {
				return frame.Truncatedf(where, "restart interval: want 2 bytes, got %d", len(body))
			}
			d.restart = int(binary.BigEndian.Uint16(body))
		case marker == jpegstream.SOF0 || marker == jpegstream.SOF1 || marker == jpegstream.SOF2:
			d.progressive = marker == jpegstream.SOF2
			err = d.start(body)
		case jpegstream.Process(marker) != "":
			return frame.Unsupportedf(where, "%s: want a DCT process with Huffman coding", jpegstream.Process(marker))
		case marker == jpegstream.SOS:
			err = d.scan(body)
		case marker == jpegstream.EOI:
			if !d.complete() {
				return frame.Truncatedf(where, "want scans of all components, got the end of the image")
			}
			return d.finish()
		}
		if err != nil {
			return err
		}
		if marker == jpegstream.SOS && !d.progressive && d.complete() {
			break
		}
	}
	return d.finish()
}

func (d *decoder) complete() bool {
	for i := range d.planes {
		if !d.planes[i].seen {
			return false
		}
	}
	return len(d.planes) > 0
}

// refined says whether scans of a progressive image have brought all that there can be.
func (d *decoder) refined() bool {
	for i := range d.planes {
		if d.progressive && d.planes[i].refined != 1<<64-1 {
			return false
		}
	}
	return true
}

func (d *decoder) parseQuant(body []byte) error {
	for len(body) > 0 {
		wide, to := body[0]>>4, body[0]&15
		n := 65
		if wide != 0 {
			n = 129
		}
		if wide > 1 || to > 3 || len(body) < n {
			return frame.Errorf(where, "quantisation table: want 65 or 129 bytes for destination 0 to 3, got %d for %d", len(body), to)
		}
		q := new([64]int32)
		for i := range 64 {
			if wide == 0 {
				q[zigzag[i]] = int32(body[1+i])
			} else {
				q[zigzag[i]] = int32(binary.BigEndian.Uint16(body[1+2*i:]))
			}
		}
		d.quant[to] = q
		body = body[n:]
	}
	return nil
}

// start reads the frame header and makes room for the planes, which the frame's own size bounds.
func (d *decoder) start(body []byte) error {
	if d.header != nil {
		return frame.Errorf(where, "want one frame header, got another")
	}
	h, err := jpegstream.ParseHeader(body, d.info)
	if err != nil {
		return err
	}
	if h.Precision != 8 && h.Precision != 12 {
		return frame.Errorf(where, "precision: want 8 or 12 bits, got %d", h.Precision)
	}
	d.header = h
	mcusX, mcusY := ceil(h.Width, 8*h.MaxH), ceil(h.Height, 8*h.MaxV)
	for _, c := range h.Components {
		p := plane{h: c.H, v: c.V, tq: c.TQ, width: ceil(h.Width*c.H, h.MaxH), height: ceil(h.Height*c.V, h.MaxV)}
		p.blocksX, p.blocksY = mcusX*c.H, mcusY*c.V
		p.ownX, p.ownY = ceil(p.width, 8), ceil(p.height, 8)
		if c.TQ > 3 {
			return frame.Errorf(where, "frame header: want quantisation table 0 to 3, got %d", c.TQ)
		}
		if d.progressive {
			p.coefs = make([]int16, 64*p.blocksX*p.blocksY)
		}
		if h.Precision == 8 {
			p.bytes = takeBytes(64 * p.blocksX * p.blocksY)
		} else {
			p.words = make([]uint16, 64*p.blocksX*p.blocksY)
		}
		d.planes = append(d.planes, p)
	}
	return nil
}

// spare keeps samples of planes from one frame to the next, so that they need not be cleared.
var spare sync.Pool

// takeBytes gives n bytes of any value.
func takeBytes(n int) []byte {
	if b, ok := spare.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:n]
	}
	return make([]byte, n)
}

// release hands the planes to the next frame.
func (d *decoder) release() {
	for i := range d.planes {
		if b := d.planes[i].bytes; b != nil {
			spare.Put(&b)
		}
	}
}

// finish turns the coefficients of a progressive image into samples.
func (d *decoder) finish() error {
	if !d.progressive {
		return nil
	}
	for i := range d.planes {
		p := &d.planes[i]
		q := d.quant[p.tq]
		if q == nil {
			return frame.Errorf(where, "want quantisation table %d, got none", p.tq)
		}
		for y := range p.ownY {
			for x := range p.ownX {
				p.put(x, y, (*[64]int16)(p.coefs[64*(y*p.blocksX+x):]), q, false)
			}
		}
	}
	return nil
}

// put transforms one block into its samples.
func (p *plane) put(x, y int, c *[64]int16, q *[64]int32, only bool) {
	stride := 8 * p.blocksX
	at := y*8*stride + x*8
	if p.bytes != nil {
		put8(p.bytes[at:], stride, c, q, only)
	} else {
		put12(p.words[at:], stride, c, q)
	}
}

func ceil(a, b int) int { return (a + b - 1) / b }

// zigzag gives the natural place of each coefficient: T.81 figure A.6.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}
