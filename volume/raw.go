package volume

import "fmt"

// DType names the type of stored values.
type DType string

// Types of stored values; multi-byte values are little endian.
const (
	Bool    DType = "bool"
	Uint8   DType = "uint8"
	Int8    DType = "int8"
	Uint16  DType = "uint16"
	Int16   DType = "int16"
	Uint32  DType = "uint32"
	Int32   DType = "int32"
	Uint64  DType = "uint64"
	Int64   DType = "int64"
	Float32 DType = "float32"
	Float64 DType = "float64"
)

// Size is the number of bytes of one value, 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case Bool, Uint8, Int8:
		return 1
	case Uint16, Int16:
		return 2
	case Uint32, Int32, Float32:
		return 4
	case Uint64, Int64, Float64:
		return 8
	}
	return 0
}

// Raw holds stored values as they are: what convert carries without loss.
// Shape is in C order, the last index fastest (DICOM: frame, row, column, sample).
// Channels above 1 says that the last index of the shape counts the samples of a voxel; where it is 0 they
// are told by the shape.
type Raw struct {
	Geometry
	DType    DType
	Shape    []int
	Channels int
	Bytes    []byte
}

// Values is the product of the shape.
func (r *Raw) Values() int {
	n := 1
	for _, s := range r.Shape {
		n *= s
	}
	return n
}

// Samples is Channels where it is set; else 3 or 4 where the last index of the shape counts the colours of a
// voxel, else 1: the index before it is then i.
func (r *Raw) Samples() int {
	if r.Channels > 0 {
		return r.Channels
	}
	last := len(r.Shape) - 1
	if last < 1 || r.Shape[last] != 3 && r.Shape[last] != 4 || r.Shape[last-1] != r.Size[0] {
		return 1
	}
	if last > 1 && r.Shape[last-2] != r.Size[1] || r.Values()%(r.Voxels()*r.Shape[last]) != 0 {
		return 1
	}
	return r.Shape[last]
}

// Validate reports a shape that does not fit the bytes or the grid.
func (r *Raw) Validate() error {
	if err := r.Geometry.Validate(); err != nil {
		return err
	}
	if r.DType.Size() == 0 {
		return fmt.Errorf("volume: raw: want a known type, got %q", r.DType)
	}
	n := 1
	for _, s := range r.Shape {
		if s < 1 || n > MaxVoxels/s {
			return fmt.Errorf("volume: raw: shape %v: want sizes of 1 or more and at most %d values", r.Shape, MaxVoxels)
		}
		n *= s
	}
	if last := len(r.Shape) - 1; r.Channels < 0 || r.Channels > 1 && (last < 0 || r.Shape[last] != r.Channels || n%(r.Voxels()*r.Channels) != 0) {
		return fmt.Errorf("volume: raw: shape %v: want its last index to count the %d channels", r.Shape, r.Channels)
	}
	if n%r.Voxels() != 0 {
		return fmt.Errorf("volume: raw: shape %v: want a whole number of values for each of the %d voxels", r.Shape, r.Voxels())
	}
	if want := n * r.DType.Size(); len(r.Bytes) != want {
		return fmt.Errorf("volume: raw: want %d bytes for shape %v of %s, got %d", want, r.Shape, r.DType, len(r.Bytes))
	}
	return nil
}

// Frames is the number of time points: the values of the shape over those of one volume.
func (r *Raw) Frames() int { return r.Values() / (r.Voxels() * r.Samples()) }

// Volume turns time point t into numbers, channel after channel.
func (r *Raw) Volume(t int) (*Volume, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	channels, voxels := r.Samples(), r.Voxels()
	n := voxels * channels
	if t < 0 || t >= r.Frames() {
		return nil, fmt.Errorf("volume: raw: time point: want 0 to %d, got %d", r.Frames()-1, t)
	}
	v := &Volume{Geometry: r.Geometry, Channels: channels, Data: make([]float32, n)}
	Samples(v.Data, r.Bytes[t*n*r.DType.Size():], r.DType, false)
	if channels > 1 {
		values := v.Data
		v.Data = make([]float32, n)
		for c := range channels {
			plane := v.Channel(c)
			for at := range plane {
				plane[at] = values[at*channels+c]
			}
		}
	}
	return v, nil
}
