package jpegls

import (
	"encoding/binary"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

// Encode codes one frame, laid out as codecs write it, without loss; samples of a pixel line by line.
func Encode(src []byte, info frame.Info) ([]byte, error) {
	return EncodeNear(src, info, 0, min(1, info.Samples-1))
}

// EncodeNear codes one frame so that no sample is off by more than near. interleave is 0 (a scan for
// each component), 1 (line by line) or 2 (sample by sample).
func EncodeNear(src []byte, info frame.Info, near, interleave int) ([]byte, error) {
	return encode(src, info, near, interleave, preset{})
}

// encode says the parameters of p in a segment where they are not the defaults. No sample may be above p.maxVal
// where that is set.
func encode(src []byte, info frame.Info, near, interleave int, p preset) ([]byte, error) {
	if err := info.CheckBuffers(where, src); err != nil {
		return nil, err
	}
	if info.BytesPerSample() > 2 || info.BitsAllocated == 1 || info.Columns > 65535 || info.Rows > 65535 || near < 0 || near > 255 || interleave < 0 || interleave > 2 {
		return nil, frame.Unsupportedf(where, "encode: want 8 or 16 bits, sides below 65536, NEAR to 255 and interleave 0 to 2, got %d bits, %d and %d", info.BitsAllocated, near, interleave)
	}
	precision := max(2, info.BitsStored)
	n := info.Samples
	out := []byte{0xff, jpegstream.SOI}
	body := []byte{byte(precision), byte(info.Rows >> 8), byte(info.Rows), byte(info.Columns >> 8), byte(info.Columns), byte(n)}
	for i := range n {
		body = append(body, byte(i+1), 0x11, 0)
	}
	out = jpegstream.Segment(out, jpegstream.SOF55, body...)
	if p != (preset{}) {
		body = []byte{1}
		for _, v := range []int32{p.maxVal, p.t1, p.t2, p.t3, p.reset} {
			body = binary.BigEndian.AppendUint16(body, uint16(v))
		}
		out = jpegstream.Segment(out, lse, body...)
	}
	scans := [][]int{{0}}
	switch {
	case n > 1 && interleave == 0:
		scans = nil
		for i := range n {
			scans = append(scans, []int{i})
		}
	case n > 1:
		scans = [][]int{[]int{0, 1, 2, 3}[:n]}
	default:
		interleave = 0
	}
	for _, scan := range scans {
		body = []byte{byte(len(scan))}
		for _, i := range scan {
			body = append(body, byte(i+1), 0)
		}
		out = jpegstream.Segment(out, jpegstream.SOS, append(body, byte(near), byte(interleave), 0)...)
		q, err := newParams(p, precision, near)
		if err != nil {
			return nil, err
		}
		e := encoder{params: q, model: q.newModel(), out: writer{out: out}, width: info.Columns, runIndex: make([]int, len(scan))}
		for range scan {
			e.above, e.row = append(e.above, make([]int32, e.width+2)), append(e.row, make([]int32, e.width+2))
		}
		for y := range info.Rows {
			for k, i := range scan {
				load(e.row[k][1:], src, info, y, i, int32(1)<<precision-1)
				e.above[k][e.width+1] = e.above[k][e.width]
				e.row[k][0] = e.above[k][1]
			}
			if interleave == 2 && len(scan) > 1 {
				e.pixels()
			} else {
				for k := range scan {
					e.line(k)
				}
			}
			e.above, e.row = e.row, e.above
		}
		e.out.flush()
		out = e.out.out
	}
	return append(out, 0xff, jpegstream.EOI), nil
}

// load takes one row of component i.
func load(row []int32, src []byte, info frame.Info, y, i int, top int32) {
	n, size := info.Samples, info.BytesPerSample()
	for x := range info.Columns {
		at := ((y*info.Columns+x)*n + i) * size
		if size == 1 {
			row[x] = int32(src[at]) & top
		} else {
			row[x] = int32(binary.LittleEndian.Uint16(src[at:])) & top
		}
	}
}

// encoder codes the samples of one scan and leaves in its rows what a decoder rebuilds.
type encoder struct {
	*params
	model      *model
	out        writer
	width      int
	above, row [][]int32
	runIndex   []int
}

func (e *encoder) line(i int) {
	above, row, q := e.above[i], e.row[i], e.quant
	for x := 1; x <= e.width; {
		ra, rb, rc, rd := row[x-1], above[x], above[x-1], above[x+1]
		ctx := (int(q[rd-rb+e.maxVal])*9+int(q[rb-rc+e.maxVal]))*9 + int(q[rc-ra+e.maxVal])
		if ctx != 0 {
			row[x] = e.regular(ctx, predict(ra, rb, rc), row[x])
			x++
			continue
		}
		n := 0
		for x <= e.width && row[x]-ra <= e.near && ra-row[x] <= e.near {
			row[x] = ra
			x++
			n++
		}
		e.runLength(i, n, x > e.width)
		if x > e.width {
			break
		}
		rb = above[x]
		if d := ra - rb; d <= e.near && -d <= e.near {
			row[x] = e.interruption(1, ra, 1, i, row[x])
		} else {
			row[x] = e.interruption(0, rb, sign(rb-ra), i, row[x])
		}
		e.runIndex[i] = max(0, e.runIndex[i]-1)
		x++
	}
}

func (e *encoder) pixels() {
	q := e.quant
	var ctx [4]int
	for x := 1; x <= e.width; {
		run := true
		for i := range e.row {
			ra, rb, rc, rd := e.row[i][x-1], e.above[i][x], e.above[i][x-1], e.above[i][x+1]
			ctx[i] = (int(q[rd-rb+e.maxVal])*9+int(q[rb-rc+e.maxVal]))*9 + int(q[rc-ra+e.maxVal])
			run = run && ctx[i] == 0
		}
		if !run {
			for i := range e.row {
				e.row[i][x] = e.regular(ctx[i], predict(e.row[i][x-1], e.above[i][x], e.above[i][x-1]), e.row[i][x])
			}
			x++
			continue
		}
		n := 0
		for x <= e.width && e.same(x, x-n-1) {
			for i := range e.row {
				e.row[i][x] = e.row[i][x-1]
			}
			x++
			n++
		}
		e.runLength(0, n, x > e.width)
		if x > e.width {
			break
		}
		for i := range e.row {
			ra, rb := e.row[i][x-1], e.above[i][x]
			e.row[i][x] = e.interruption(0, rb, sign(rb-ra), 0, e.row[i][x])
		}
		e.runIndex[0] = max(0, e.runIndex[0]-1)
		x++
	}
}

// same says whether all samples at x are near those at a.
func (e *encoder) same(x, a int) bool {
	for i := range e.row {
		if d := e.row[i][x] - e.row[i][a]; d > e.near || -d > e.near {
			return false
		}
	}
	return true
}

// quantise brings an error to steps of 2·NEAR + 1 and into the range: T.87 A.4.4 and A.4.5.
func (e *encoder) quantise(err int32) int32 {
	if e.near > 0 {
		if err > 0 {
			err = (err + e.near) / e.scale
		} else {
			err = -(e.near - err) / e.scale
		}
	}
	if err < 0 {
		err += e.span
	}
	if err >= (e.span+1)/2 {
		err -= e.span
	}
	return err
}

func (e *encoder) rebuild(px, err int32) int32 {
	c := coder{params: e.params}
	return c.rebuild(px, err)
}

func (e *encoder) regular(ctx int, px, v int32) int32 {
	turn := int32(1)
	if ctx < 0 {
		turn, ctx = -1, -ctx
	}
	m := &e.model.regular[ctx]
	px = max(0, min(px+turn*int32(m.c), e.maxVal))
	err := e.quantise(turn * (v - px))
	k := int32(m.k)
	code := err
	if k == 0 && e.near == 0 && 2*m.b <= -m.n {
		code = ^err
	}
	e.out.golomb(code<<1^code>>31, k, e.limit, e.qbpp)
	m.update(err, e.scale, e.reset)
	return e.rebuild(px, turn*err)
}

// runLength codes a run: T.87 A.7.1.2.
func (e *encoder) runLength(i, n int, toEnd bool) {
	for n >= 1<<runLengths[e.runIndex[i]] {
		e.out.put(1, 1)
		n -= 1 << runLengths[e.runIndex[i]]
		e.runIndex[i] = min(31, e.runIndex[i]+1)
	}
	if toEnd {
		if n > 0 {
			e.out.put(1, 1)
		}
		return
	}
	e.out.put(uint32(n), 1+int(runLengths[e.runIndex[i]])) // a zero, then the rest
}

func (e *encoder) interruption(kind int32, px, turn int32, i int, v int32) int32 {
	m := &e.model.run[kind]
	err := e.quantise(turn * (v - px))
	k := golomb(m.n, m.a+kind*(m.n>>1))
	odd := int32(0)
	if k == 0 && err > 0 && 2*m.b < m.n || err < 0 && (2*m.b >= m.n || k != 0) {
		odd = 1
	}
	code := 2*max(err, -err) - kind - odd
	e.out.golomb(code, k, e.limit-int32(runLengths[e.runIndex[i]])-1, e.qbpp)
	if err < 0 {
		m.b++
	}
	m.a += (code + 1 - kind) >> 1
	if m.n == e.reset {
		m.a >>= 1
		m.n >>= 1
		m.b >>= 1
	}
	m.n++
	return e.rebuild(px, turn*err)
}

// writer writes bits; behind a byte 0xff the next holds 7.
type writer struct {
	out  []byte
	acc  uint64
	n    int
	last bool
}

func (w *writer) put(v uint32, n int) {
	w.acc = w.acc<<n | uint64(v)
	for w.n += n; ; {
		width := 8
		if w.last {
			width = 7
		}
		if w.n < width {
			return
		}
		b := byte(w.acc>>(w.n-width)) & (1<<width - 1)
		w.out = append(w.out, b)
		w.last = b == 0xff
		w.n -= width
		w.acc &= 1<<w.n - 1
	}
}

func (w *writer) golomb(v, k, limit, qbpp int32) {
	if high := v >> k; high < limit-qbpp-1 {
		for ; high > 24; high -= 24 {
			w.put(0, 24)
		}
		w.put(1, int(high)+1)
		w.put(uint32(v)&(1<<k-1), int(k))
		return
	}
	for left := limit - qbpp - 1; left > 0; left -= min(left, 24) {
		w.put(0, int(min(left, 24)))
	}
	w.put(1, 1)
	w.put(uint32(v-1)&(1<<qbpp-1), int(qbpp))
}

func (w *writer) flush() {
	if w.n > 0 {
		width := 8
		if w.last {
			width = 7
		}
		w.put(0, width-w.n)
	}
	if w.last {
		w.put(0, 7)
	}
}
