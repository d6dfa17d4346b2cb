package nifti

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/gzipped"
	"github.com/caliper-imaging/caliper/volume"
)

// Write writes an image (float32; several channels as a vector), a mask (uint8 where its labels fit,
// else uint16, marked as labels) or stored values (their own type) to a single file, gzipped where the
// name ends in .gz, or to a pair where it ends in .hdr or .img. It is NIfTI-1 where the size allows, else NIfTI-2. The same image gives the same
// bytes; the file appears whole or not at all.
func Write(path string, image any) error {
	if isPair(path) {
		return writePair(path, image)
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		if !strings.EqualFold(filepath.Ext(path), ".gz") {
			return Encode(w, image)
		}
		return gzipped.Encode(w, func(z io.Writer) error { return Encode(z, image) })
	})
}

// Encode writes an image, mask or stored values as Write does, uncompressed.
func Encode(w io.Writer, image any) error {
	switch x := image.(type) {
	case *volume.Volume:
		h := head{Geometry: x.Geometry, kind: Float32, channels: x.Channels, frames: 1}
		if err := h.check(len(x.Data)); err != nil {
			return err
		}
		return h.write(w, len(x.Data), 4, func(dst []byte, n int) {
			binary.LittleEndian.PutUint32(dst, math.Float32bits(x.Data[n]))
		})
	case *volume.Mask:
		h := head{Geometry: x.Geometry, kind: Uint8, channels: 1, frames: 1, intent: IntentLabel}
		if err := h.check(len(x.Labels)); err != nil {
			return err
		}
		if len(x.Labels) > 0 && slices.Max(x.Labels) > math.MaxUint8 {
			h.kind = Uint16
			return h.write(w, len(x.Labels), 2, func(dst []byte, n int) { binary.LittleEndian.PutUint16(dst, x.Labels[n]) })
		}
		return h.write(w, len(x.Labels), 1, func(dst []byte, n int) { dst[0] = uint8(x.Labels[n]) })
	case *volume.Raw:
		return encodeRaw(w, x, nil)
	case *Scaled:
		return encodeRaw(w, &x.Raw, x)
	}
	return fmt.Errorf("nifti: write: want *volume.Volume, *volume.Mask or *volume.Raw, got %T", image)
}

func encodeRaw(w io.Writer, x *volume.Raw, more *Scaled) error {
	kind, ok := typeOf(x.DType)
	if !ok {
		return volume.Unsupported("nifti: write: type %q has no NIfTI code", x.DType)
	}
	if err := x.Validate(); err != nil {
		return err
	}
	values := x.Values()
	h := head{Geometry: x.Geometry, kind: kind, channels: 1, frames: values / x.Voxels(), more: more}
	if n := x.Samples(); n > 1 {
		h.frames /= n
		if kind != Uint8 || n != 3 && n != 4 {
			return encodeVectors(w, x, h, n)
		}
		h.kind = map[int]Type{3: RGB24, 4: RGBA32}[n]
	}
	if err := h.check(values / h.kind.samples()); err != nil {
		return err
	}
	if err := h.header(w); err != nil {
		return err
	}
	_, err := w.Write(x.Bytes)
	return err
}

// encodeVectors writes colours of more than 8 bits, for which NIfTI has no type, one plane after the other.
func encodeVectors(w io.Writer, x *volume.Raw, h head, samples int) error {
	if h.frames > 1 {
		return volume.Unsupported("nifti: write: colour of %s over %d frames has no place in NIfTI", x.DType, h.frames)
	}
	h.channels = samples
	size, voxels := x.DType.Size(), x.Voxels()
	if err := h.check(voxels * samples); err != nil {
		return err
	}
	return h.write(w, voxels*samples, size, func(dst []byte, n int) {
		from := (n%voxels*samples + n/voxels) * size
		copy(dst, x.Bytes[from:from+size])
	})
}

type head struct {
	volume.Geometry
	kind             Type
	channels, frames int
	intent           int
	more             *Scaled // or nil
}

func (h *head) check(values int) error {
	if err := h.Validate(); err != nil {
		return err
	}
	if want := h.Voxels() * h.channels * h.frames; values != want {
		return fmt.Errorf("nifti: write: want %d values for size %v, %d channels and %d frames, got %d", want, h.Size, h.channels, h.frames, values)
	}
	return nil
}

func (h *head) write(w io.Writer, values, size int, put func(dst []byte, n int)) error {
	if err := h.header(w); err != nil {
		return err
	}
	buf := make([]byte, 0, 1<<16)
	for n := range values {
		at := len(buf)
		buf = buf[:at+size]
		put(buf[at:], n)
		if len(buf) == cap(buf) {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}

// header writes the header and the four zero bytes that say that no extension follows.
func (h *head) header(w io.Writer) error {
	dim := [8]int{3, h.Size[0], h.Size[1], h.Size[2], 1, 1, 1, 1}
	intent := h.intent
	if h.frames > 1 {
		dim[0], dim[4] = 4, h.frames
	}
	if h.channels > 1 {
		dim[0], dim[5], intent = 5, h.channels, intentVector
	}
	pixdim := [8]float64{1, h.Spacing[0], h.Spacing[1], h.Spacing[2], 0, 0, 0, 0}
	q, qfac, ok := quaternion(h.Geometry)
	pixdim[0] = qfac
	qcode := 0
	if ok {
		qcode = 1
	}
	rows := toRAS(h.Geometry)
	le := binary.LittleEndian
	bits := 8 * h.kind.Size() * h.kind.samples()
	for _, d := range dim {
		if d > math.MaxInt16 {
			return h.header2(w, dim, intent, pixdim, bits, qcode, q, rows)
		}
	}
	b := make([]byte, minOffset1)
	f32 := func(at int, x float64) { le.PutUint32(b[at:], math.Float32bits(float32(x))) }
	le.PutUint32(b, size1)
	b[38] = 'r'
	for n := range 8 {
		le.PutUint16(b[40+2*n:], uint16(dim[n]))
		f32(76+4*n, pixdim[n])
	}
	le.PutUint16(b[68:], uint16(intent))
	le.PutUint16(b[70:], uint16(h.kind))
	le.PutUint16(b[72:], uint16(bits))
	f32(108, minOffset1)
	f32(112, 1)
	b[123] = 2
	le.PutUint16(b[252:], uint16(qcode))
	le.PutUint16(b[254:], 1)
	for n := range 3 {
		f32(256+4*n, q[n])
		f32(268+4*n, rows[n][3])
		for c := range 4 {
			f32(280+16*n+4*c, rows[n][c])
		}
	}
	copy(b[344:], "n+1\x00")
	h.more.amend(b)
	_, err := w.Write(b)
	return err
}

func (h *head) header2(w io.Writer, dim [8]int, intent int, pixdim [8]float64, bits, qcode int, q [3]float64, rows [3][4]float64) error {
	le := binary.LittleEndian
	b := make([]byte, minOffset2)
	f64 := func(at int, x float64) { le.PutUint64(b[at:], math.Float64bits(x)) }
	le.PutUint32(b, size2)
	copy(b[4:], "n+2\x00\r\n\x1a\n")
	le.PutUint16(b[12:], uint16(h.kind))
	le.PutUint16(b[14:], uint16(bits))
	for n := range 8 {
		le.PutUint64(b[16+8*n:], uint64(dim[n]))
		f64(104+8*n, pixdim[n])
	}
	le.PutUint64(b[168:], minOffset2)
	f64(176, 1)
	le.PutUint32(b[344:], uint32(qcode))
	le.PutUint32(b[348:], 1)
	for n := range 3 {
		f64(352+8*n, q[n])
		f64(376+8*n, rows[n][3])
		for c := range 4 {
			f64(400+32*n+8*c, rows[n][c])
		}
	}
	le.PutUint32(b[500:], 2)
	le.PutUint32(b[504:], uint32(intent))
	h.more.amend(b)
	_, err := w.Write(b)
	return err
}
