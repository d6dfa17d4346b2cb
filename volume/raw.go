package volume

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
type Raw struct {
	Geometry
	DType DType
	Shape []int
	Bytes []byte
}
