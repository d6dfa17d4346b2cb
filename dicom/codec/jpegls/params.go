package jpegls

import (
	"encoding/binary"
	"math/bits"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// params are the coding parameters of T.87 section C.2.4.1.1 and what follows from them.
type params struct {
	maxVal, t1, t2, t3, reset int32
	near                      int32
	scale                     int32 // 2·near + 1
	span                      int32 // RANGE
	qbpp, limit               int32
	quant                     []int8 // gradient + maxVal → -4 … 4
}

// preset holds what an LSE segment gives; 0 takes the default.
type preset struct{ maxVal, t1, t2, t3, reset int32 }

func parsePreset(body []byte) (preset, error) {
	if len(body) < 11 {
		return preset{}, frame.Truncatedf(where, "preset parameters: want 11 bytes, got %d", len(body))
	}
	v := func(i int) int32 { return int32(binary.BigEndian.Uint16(body[i:])) }
	return preset{v(1), v(3), v(5), v(7), v(9)}, nil
}

func newParams(p preset, precision, near int) (*params, error) {
	q := &params{maxVal: p.maxVal, t1: p.t1, t2: p.t2, t3: p.t3, reset: p.reset, near: int32(near)}
	if q.maxVal == 0 {
		q.maxVal = 1<<precision - 1
	}
	if q.maxVal < 1 || q.maxVal >= 1<<precision || q.near > min(255, q.maxVal/2) {
		return nil, frame.Errorf(where, "want MAXVAL within %d bits and NEAR up to half of it, got %d and %d", precision, q.maxVal, near)
	}
	d1, d2, d3 := thresholds(q.maxVal, q.near)
	for _, t := range []struct{ v, or *int32 }{{&q.t1, &d1}, {&q.t2, &d2}, {&q.t3, &d3}} {
		if *t.v == 0 {
			*t.v = *t.or
		}
	}
	if q.reset == 0 {
		q.reset = 64
	}
	if q.t1 < q.near+1 || q.t2 < q.t1 || q.t3 < q.t2 || q.t3 > q.maxVal || q.reset < 3 {
		return nil, frame.Errorf(where, "want thresholds that rise from NEAR to MAXVAL and a reset of 3 and more, got %d, %d, %d and %d", q.t1, q.t2, q.t3, q.reset)
	}
	q.scale = 2*q.near + 1
	q.span = (q.maxVal+2*q.near)/q.scale + 1
	q.qbpp = int32(bits.Len32(uint32(q.span - 1)))
	bpp := max(2, int32(bits.Len32(uint32(q.maxVal))))
	q.limit = 2 * (bpp + max(8, bpp))
	q.quant = make([]int8, 2*q.maxVal+1)
	from := -q.maxVal
	for class, to := range []int32{-q.t3, -q.t2, -q.t1, -q.near - 1, q.near, q.t1 - 1, q.t2 - 1, q.t3 - 1, q.maxVal} { // T.87 A.3.3
		fill(q.quant[from+q.maxVal:max(from, to+1)+q.maxVal], int8(class-4))
		from = max(from, to+1)
	}
	return q, nil
}

// thresholds are the defaults of T.87 table C.3.
func thresholds(maxVal, near int32) (t1, t2, t3 int32) {
	clamp := func(i, j int32) int32 {
		if i > maxVal || i < j {
			return j
		}
		return i
	}
	if maxVal >= 128 {
		f := (min(maxVal, 4095) + 128) / 256
		t1 = clamp(f*(3-2)+2+3*near, near+1)
		t2 = clamp(f*(7-3)+3+5*near, t1)
		t3 = clamp(f*(21-4)+4+7*near, t2)
		return
	}
	f := 256 / (maxVal + 1)
	t1 = clamp(max(2, 3/f+3*near), near+1)
	t2 = clamp(max(3, 7/f+5*near), t1)
	t3 = clamp(max(4, 21/f+7*near), t2)
	return
}

func fill(b []int8, v int8) {
	if len(b) == 0 {
		return
	}
	b[0] = v
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// context is one row of the model: T.87 A.2.1. The run interruption contexts keep Nn in b.
type context struct {
	a, b, n int32
	c       int16
	k       uint16 // the Golomb parameter that follows from a and n; not kept for run interruption
}

// model is all that a restart sets back.
type model struct {
	regular [512]context // 1 to 364 are used
	run     [2]context
}

func (q *params) newModel() *model {
	m := &model{}
	first := context{a: max(2, (q.span+32)/64), n: 1}
	first.k = uint16(golomb(first.n, first.a))
	for i := range m.regular {
		m.regular[i] = first
	}
	m.run = [2]context{first, first}
	return m
}

// update counts an error in: T.87 A.6. It decides nothing by branches that noise makes a matter of chance.
func (c *context) update(err, scale, reset int32) {
	a, b, n := c.a+max(err, -err), c.b+err*scale, c.n
	if n == reset {
		a >>= 1
		b >>= 1
		n >>= 1
	}
	n++
	low, high := (b+n-1)>>31, -b>>31 // -1 where b is at most -n, or above 0
	c.a, c.n = a, n
	c.b = max(1-n, min(0, b+n&low-n&high))
	c.c = int16(max(-128, min(127, int32(c.c)+low-high)))
	if k := c.k & 31; n<<k < a || n<<k>>1 >= a {
		c.k = uint16(golomb(n, a))
	}
}

// golomb is the parameter k of a context, the least with n·2^k ≥ a: T.87 A.5.1.
func golomb(n, a int32) int32 {
	k := max(0, int32(bits.Len32(uint32(a)))-int32(bits.Len32(uint32(n))))
	return k - (n<<(k&31)-a)>>31
}

// runLengths is J of T.87 A.2.1.
var runLengths = [32]uint8{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15}
