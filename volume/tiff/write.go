package tiff

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zlib"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/volume"
)

// classic is how many bytes of pixels a file may have before it becomes a BigTIFF.
const classic = 3 << 30

// Write writes an image, a mask or stored values (volume.StoredOf): a page for each slice of each time point,
// deflated, with the spacing as ImageJ says it. Position and orientation have no place in the format.
func Write(path string, image any) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error { return Encode(w, image) })
}

// Encode writes an image to a stream, as Write does.
func Encode(w io.Writer, image any) error {
	r, err := volume.StoredOf(image)
	if err != nil {
		return fmt.Errorf("tiff: write: %w", err)
	}
	format := map[volume.DType]int64{volume.Int8: 2, volume.Int16: 2, volume.Int32: 2, volume.Int64: 2, volume.Float32: 3, volume.Float64: 3}[r.DType]
	if format == 0 {
		format = 1
	}
	e := encoder{w: w, r: r, big: len(r.Bytes) > classic, format: format}
	e.put(e.head())
	pages := r.Size[2] * r.Frames()
	plane := len(r.Bytes) / pages
	for n := range pages {
		e.page(n, pages, r.Bytes[n*plane:(n+1)*plane])
	}
	return e.err
}

type encoder struct {
	w      io.Writer
	r      *volume.Raw
	big    bool
	format int64
	at     int64
	err    error
}

func (e *encoder) put(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
	e.at += int64(len(b))
}

func (e *encoder) head() []byte {
	if e.big {
		return []byte{'I', 'I', '+', 0, 8, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0}
	}
	return []byte{'I', 'I', '*', 0, 8, 0, 0, 0}
}

// entry is a tag with its value.
type entry struct {
	tag, kind, count int
	value            []byte
}

func shorts(tag int, v ...int64) entry {
	e := entry{tag: tag, kind: 3, count: len(v)}
	for _, x := range v {
		e.value = binary.LittleEndian.AppendUint16(e.value, uint16(x))
	}
	return e
}

func long(tag int, v int64) entry {
	return entry{tag, 4, 1, binary.LittleEndian.AppendUint32(nil, uint32(v))}
}

func (e *encoder) offset(tag int, v int64) entry {
	if e.big {
		return entry{tag, 16, 1, binary.LittleEndian.AppendUint64(nil, uint64(v))}
	}
	return long(tag, v)
}

// page writes a directory, the values that don't fit into it, and the pixels behind it.
func (e *encoder) page(n, pages int, pixels []byte) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(pixels); err != nil && e.err == nil {
		e.err = err
	}
	if err := z.Close(); err != nil && e.err == nil {
		e.err = err
	}
	r := e.r
	bits := make([]int64, r.Channels)
	formats := make([]int64, r.Channels)
	for c := range bits {
		bits[c], formats[c] = int64(8*r.DType.Size()), e.format
	}
	photometric, extra := int64(BlackIsZero), r.Channels-1
	if r.Channels >= 3 && r.Channels <= 4 && (r.DType == volume.Uint8 || r.DType == volume.Uint16) {
		photometric, extra = int64(RGB), r.Channels-3
	}
	list := []entry{long(tagWidth, int64(r.Size[0])), long(tagHeight, int64(r.Size[1])), shorts(tagBits, bits...), shorts(tagCompression, int64(Deflate)), shorts(tagPhotometric, photometric)}
	if n == 0 {
		text := e.description() + "\x00"
		list = append(list, entry{tagDescription, 2, len(text), []byte(text)})
	}
	list = append(list, e.offset(tagStripOffsets, 0), shorts(tagSamples, int64(r.Channels)), long(tagRowsPerStrip, int64(r.Size[1])), e.offset(tagStripCounts, int64(packed.Len())),
		ratio(tagXResolution, 1/r.Spacing[0]), ratio(tagYResolution, 1/r.Spacing[1]), shorts(tagPlanar, 1), shorts(tagResolutionUnit, 1))
	if extra > 0 {
		list = append(list, shorts(tagExtraSamples, make([]int64, extra)...))
	}
	list = append(list, shorts(tagSampleFormat, formats...))

	lead, size, tail, room := int64(2), int64(12), int64(4), 4
	if e.big {
		lead, size, tail, room = 8, 20, 8, 8
	}
	behind := e.at + lead + size*int64(len(list)) + tail // where the long values lie
	pixelsAt := behind
	for _, x := range list {
		if len(x.value) > room {
			pixelsAt += int64(len(x.value)+1) &^ 1
		}
	}
	for i := range list {
		if list[i].tag == tagStripOffsets {
			list[i] = e.offset(tagStripOffsets, pixelsAt)
		}
	}
	var b, long []byte
	le := binary.LittleEndian
	if e.big {
		b = le.AppendUint64(b, uint64(len(list)))
	} else {
		b = le.AppendUint16(b, uint16(len(list)))
	}
	for _, x := range list {
		b = le.AppendUint16(le.AppendUint16(b, uint16(x.tag)), uint16(x.kind))
		value := append(make([]byte, 0, 8), x.value...)
		place := uint64(behind + int64(len(long)))
		if len(value) > room {
			long = append(long, value...)
			if len(long)%2 == 1 {
				long = append(long, 0)
			}
			value = le.AppendUint64(value[:0:0], place)
		}
		value = append(value, make([]byte, 8)...)[:room]
		if e.big {
			b = le.AppendUint64(b, uint64(x.count))
		} else {
			b = le.AppendUint32(b, uint32(x.count))
		}
		b = append(b, value...)
	}
	next := pixelsAt + int64(packed.Len()+1)&^1
	if n == pages-1 {
		next = 0
	}
	if e.big {
		b = le.AppendUint64(b, uint64(next))
	} else {
		b = le.AppendUint32(b, uint32(next))
	}
	if packed.Len()%2 == 1 && next != 0 {
		packed.WriteByte(0)
	}
	e.put(b)
	e.put(long)
	e.put(packed.Bytes())
}

// description says what ImageJ reads: how the pages count, and the spacing.
func (e *encoder) description() string {
	r := e.r
	var b strings.Builder
	fmt.Fprintf(&b, "ImageJ=1.54f\nimages=%d\n", r.Size[2]*r.Frames())
	if r.Size[2] > 1 {
		fmt.Fprintf(&b, "slices=%d\n", r.Size[2])
	}
	if r.Frames() > 1 {
		fmt.Fprintf(&b, "frames=%d\nhyperstack=true\n", r.Frames())
	}
	fmt.Fprintf(&b, "unit=mm\nspacing=%s\n", strconv.FormatFloat(r.Spacing[2], 'g', -1, 64))
	return b.String()
}

// ratio is a fraction of two 32-bit numbers close to x, by its continued fraction.
func ratio(tag int, x float64) entry {
	p0, q0, p1, q1 := 0.0, 1.0, 1.0, 0.0
	for y := x; ; {
		whole := math.Floor(y)
		p, q := whole*p1+p0, whole*q1+q0
		if p > math.MaxUint32 || q > math.MaxUint32 {
			break
		}
		p0, q0, p1, q1 = p1, q1, p, q
		if y-whole < 1e-12 || math.Abs(p/q-x) <= 1e-15*x {
			break
		}
		y = 1 / (y - whole)
	}
	v := binary.LittleEndian.AppendUint32(nil, uint32(p1))
	return entry{tag, 5, 1, binary.LittleEndian.AppendUint32(v, uint32(q1))}
}
