package nifti

import (
	"encoding/binary"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// Type is a NIfTI datatype code.
type Type int

// Datatype codes of nifti1.h that are handled.
const (
	Binary  Type = 1 // one bit a voxel; seen in old files, not read
	Uint8   Type = 2
	Int16   Type = 4
	Int32   Type = 8
	Float32 Type = 16
	Float64 Type = 64
	RGB24   Type = 128
	Int8    Type = 256
	Uint16  Type = 512
	Uint32  Type = 768
	Int64   Type = 1024
	Uint64  Type = 1280
	RGBA32  Type = 2304
)

// DType is the type of one stored sample, "" for a code that is not handled.
func (t Type) DType() volume.DType {
	switch t {
	case Uint8, RGB24, RGBA32:
		return volume.Uint8
	case Int8:
		return volume.Int8
	case Int16:
		return volume.Int16
	case Uint16:
		return volume.Uint16
	case Int32:
		return volume.Int32
	case Uint32:
		return volume.Uint32
	case Int64:
		return volume.Int64
	case Uint64:
		return volume.Uint64
	case Float32:
		return volume.Float32
	case Float64:
		return volume.Float64
	}
	return ""
}

// Size is the number of bytes of one sample.
func (t Type) Size() int { return t.DType().Size() }

// Integer reports whether stored samples are whole numbers.
func (t Type) Integer() bool { return t.DType() != "" && t != Float32 && t != Float64 }

func (t Type) colour() bool { return t == RGB24 || t == RGBA32 }

func (t Type) samples() int {
	switch t {
	case RGB24:
		return 3
	case RGBA32:
		return 4
	}
	return 1
}

func (t Type) check(bitpix int) error {
	switch t {
	case Binary:
		return volume.Unsupported("nifti: header: datatype: 1-bit images are not read")
	case 32, 1792, 2048:
		return volume.Unsupported("nifti: header: datatype: complex images are not read (code %d); want magnitude", t)
	case 1536:
		return volume.Unsupported("nifti: header: datatype: 128-bit floats are not read")
	}
	if t.DType() == "" {
		return volume.Malformed("nifti: header: datatype: want a code of nifti1.h, got %d", t)
	}
	if want := 8 * t.Size() * t.samples(); bitpix != want && bitpix != 0 {
		return volume.Malformed("nifti: header: bitpix: want %d for datatype %d, got %d", want, t, bitpix)
	}
	return nil
}

func typeOf(d volume.DType) (Type, bool) {
	if d == volume.Bool {
		return Uint8, true
	}
	for _, t := range []Type{Uint8, Int8, Int16, Uint16, Int32, Uint32, Int64, Uint64, Float32, Float64} {
		if t.DType() == d {
			return t, true
		}
	}
	return 0, false
}

// values turns stored bytes into float64 one by one.
func (t Type) values(b []byte, o binary.ByteOrder, put func(n int, x float64)) {
	switch t.DType() {
	case volume.Uint8:
		for n, x := range b {
			put(n, float64(x))
		}
	case volume.Int8:
		for n, x := range b {
			put(n, float64(int8(x)))
		}
	case volume.Int16:
		for n := range len(b) / 2 {
			put(n, float64(int16(o.Uint16(b[2*n:]))))
		}
	case volume.Uint16:
		for n := range len(b) / 2 {
			put(n, float64(o.Uint16(b[2*n:])))
		}
	case volume.Int32:
		for n := range len(b) / 4 {
			put(n, float64(int32(o.Uint32(b[4*n:]))))
		}
	case volume.Uint32:
		for n := range len(b) / 4 {
			put(n, float64(o.Uint32(b[4*n:])))
		}
	case volume.Int64:
		for n := range len(b) / 8 {
			put(n, float64(int64(o.Uint64(b[8*n:]))))
		}
	case volume.Uint64:
		for n := range len(b) / 8 {
			put(n, float64(o.Uint64(b[8*n:])))
		}
	case volume.Float32:
		for n := range len(b) / 4 {
			put(n, float64(math.Float32frombits(o.Uint32(b[4*n:]))))
		}
	case volume.Float64:
		for n := range len(b) / 8 {
			put(n, math.Float64frombits(o.Uint64(b[8*n:])))
		}
	}
}
