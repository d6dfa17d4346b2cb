package jpeg2000

import (
	"encoding/binary"
	"math/bits"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

const (
	encodeBlock  = 6 // exponent of the code-block size
	encodeLevels = 5
	encodeGuard  = 2
)

// Encode codes one frame, laid out as codecs write it, without loss: one tile, one layer, the
// reversible wavelet, components by themselves.
func Encode(src []byte, info frame.Info) ([]byte, error) {
	if err := info.CheckBuffers(where, src); err != nil {
		return nil, err
	}
	if info.BytesPerSample() > 2 || info.BitsAllocated == 1 || info.Float {
		return nil, frame.Unsupportedf(where, "encode: want whole numbers of 8 or 16 bits, got %d bits", info.BitsAllocated)
	}
	precision := info.BitsStored
	levels := min(encodeLevels, bits.Len(uint(min(info.Rows, info.Columns)))-1)
	be := binary.BigEndian
	siz := make([]byte, 36)
	for _, at := range []int{2, 18} {
		be.PutUint32(siz[at:], uint32(info.Columns))
		be.PutUint32(siz[at+4:], uint32(info.Rows))
	}
	be.PutUint16(siz[34:], uint16(info.Samples))
	sign := byte(0)
	if info.Signed {
		sign = 0x80
	}
	for range info.Samples {
		siz = append(siz, byte(precision-1)|sign, 1, 1)
	}
	qcd := []byte{encodeGuard << 5}
	for b := range 3*levels + 1 {
		qcd = append(qcd, byte((precision+bandGain(b))<<3))
	}
	out := be.AppendUint16(nil, mSOC)
	out = marker(out, mSIZ, siz)
	out = marker(out, mCOD, []byte{0, 0, 0, 1, 0, byte(levels), encodeBlock - 2, encodeBlock - 2, 0, 1})
	out = marker(out, mQCD, qcd)

	s, err := parseSize(siz)
	if err != nil {
		return nil, err
	}
	t := &tile{header: &header{layers: 1, coding: make([]coding, info.Samples), quant: make([]quantisation, info.Samples), roi: make([]int, info.Samples)}}
	cod, err := parseCoding([]byte{byte(levels), encodeBlock - 2, encodeBlock - 2, 0, 1}, false)
	if err != nil {
		return nil, err
	}
	quant, err := parseQuant(qcd)
	if err != nil {
		return nil, err
	}
	for i := range info.Samples {
		t.header.coding[i], t.header.quant[i] = cod, quant
	}
	if err := t.build(s); err != nil {
		return nil, err
	}
	planes := make([][]int32, info.Samples)
	for i := range planes {
		planes[i] = forward(centred(src, info, i), info.Columns, &t.components[i])
	}
	var body []byte
	enc := &blockEncoder{}
	for r := range levels + 1 {
		for i := range planes {
			if body, err = t.encodePacket(enc, body, i, r, planes[i], info.Columns); err != nil {
				return nil, err
			}
		}
	}
	sot := make([]byte, 8)
	be.PutUint32(sot[2:], uint32(12+2+len(body)))
	sot[7] = 1
	out = marker(out, mSOT, sot)
	out = be.AppendUint16(out, mSOD)
	out = append(out, body...)
	return be.AppendUint16(out, mEOC), nil
}

func marker(out []byte, code int, body []byte) []byte {
	out = binary.BigEndian.AppendUint16(out, uint16(code))
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(out, body...)
}

// bandGain is the log2 gain of band b in the order of QCD: T.800 table E.1.
func bandGain(b int) int {
	if b == 0 {
		return 0
	}
	return [3]int{1, 1, 2}[(b-1)%3]
}

// centred takes one component, shifted to lie around 0.
func centred(src []byte, info frame.Info, i int) []int32 {
	out := make([]int32, info.Pixels())
	size := info.BytesPerSample()
	top := int32(1)<<info.BitsStored - 1
	half := int32(1) << (info.BitsStored - 1)
	for n := range out {
		at := (n*info.Samples + i) * size
		v := int32(src[at])
		if size == 2 {
			v |= int32(src[at+1]) << 8
		}
		v &= top
		if info.Signed {
			if v >= half {
				v -= 2 * half
			}
		} else {
			v -= half
		}
		out[n] = v
	}
	return out
}

// forward applies the reversible wavelet, low-pass halves first: T.800 F.4.
func forward(data []int32, stride int, tc *tileComponent) []int32 {
	for r := len(tc.resolutions) - 1; r > 0; r-- {
		w, h := tc.resolutions[r].x1, tc.resolutions[r].y1
		line := make([]int32, max(w, h))
		for x := range w {
			for y := range h {
				line[y] = data[y*stride+x]
			}
			unlift53(line[:h])
			for y := range h {
				data[(y/2+y%2*((h+1)/2))*stride+x] = line[y]
			}
		}
		for y := range h {
			row := data[y*stride:][:w]
			copy(line, row)
			unlift53(line[:w])
			for x := range w {
				row[x/2+x%2*((w+1)/2)] = line[x]
			}
		}
	}
	return data
}

func unlift53(a []int32) {
	n := len(a)
	if n < 2 {
		return
	}
	for i := 1; i < n; i += 2 {
		a[i] -= (a[i-1] + a[mirror(i+1, n)]) >> 1
	}
	for i := 0; i < n; i += 2 {
		a[i] += (a[max(i-1, 1-i)] + a[mirror(i+1, n)] + 2) >> 2
	}
}

// encodePacket appends the one packet of a resolution of component c.
func (t *tile) encodePacket(enc *blockEncoder, out []byte, c, r int, data []int32, stride int) ([]byte, error) {
	tc := &t.components[c]
	res := &tc.resolutions[r]
	var body []byte
	for n := range res.precincts {
		p, err := t.precinct(tc, r, n)
		if err != nil {
			return nil, err
		}
		w := headerWriter{}
		w.put(1, 1)
		body = body[:0]
		for bi := range p.bands {
			pb, bd := &p.bands[bi], &res.bands[bi]
			if len(pb.blocks) == 0 {
				continue
			}
			codes := make([]encodedBlock, len(pb.blocks))
			include, zero := newTagTree(pb.cw, pb.ch), newTagTree(pb.cw, pb.ch)
			for i := range pb.blocks {
				cb := &pb.blocks[i]
				at := (cb.y0-bd.y0+bd.offY)*stride + cb.x0 - bd.x0 + bd.offX
				codes[i] = enc.encode(data[at:], stride, cb.x1-cb.x0, cb.y1-cb.y0, bd.kind)
				absent := 0
				if codes[i].passes == 0 {
					absent = 1
				}
				include.set(i%pb.cw, i/pb.cw, absent)
				zero.set(i%pb.cw, i/pb.cw, bd.planes-codes[i].planes)
			}
			include.settle()
			zero.settle()
			for i, code := range codes {
				x, y := i%pb.cw, i/pb.cw
				include.encode(&w, x, y, 1)
				if code.passes == 0 {
					continue
				}
				for v := range bd.planes - code.planes + 1 {
					zero.encode(&w, x, y, v+1)
				}
				w.passes(code.passes)
				lblock := 3
				for need := bits.Len(uint(len(code.data))); need > lblock+bits.Len(uint(code.passes))-1; lblock++ {
					w.put(1, 1)
				}
				w.put(0, 1)
				w.put(len(code.data), lblock+bits.Len(uint(code.passes))-1)
				body = append(body, code.data...)
			}
		}
		out = append(append(out, w.finish()...), body...)
	}
	return out, nil
}

// mirror folds the place behind the end back; n is at least 2.
func mirror(i, n int) int {
	if i >= n {
		return n - 2
	}
	return i
}
