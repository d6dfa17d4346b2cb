package tensor

import "fmt"

// DType is the type of a tensor's elements. The numbers are those of ONNX's TensorProto.DataType.
type DType uint8

// The element types of ONNX (onnx.proto, TensorProto.DataType), and None for an empty optional.
const (
	None           DType = 0
	Float32        DType = 1
	Uint8          DType = 2
	Int8           DType = 3
	Uint16         DType = 4
	Int16          DType = 5
	Int32          DType = 6
	Int64          DType = 7
	String         DType = 8
	Bool           DType = 9
	Float16        DType = 10
	Float64        DType = 11
	Uint32         DType = 12
	Uint64         DType = 13
	Complex64      DType = 14
	Complex128     DType = 15
	BFloat16       DType = 16
	Float8E4M3FN   DType = 17
	Float8E4M3FNUZ DType = 18
	Float8E5M2     DType = 19
	Float8E5M2FNUZ DType = 20
	Uint4          DType = 21
	Int4           DType = 22
	Float4E2M1     DType = 23
	Float8E8M0     DType = 24
	Uint2          DType = 25
	Int2           DType = 26
	// Sequence marks a value that is a list of tensors.
	Sequence DType = 200
)

type dtypeInfo struct {
	name string
	size int // bytes an element in memory; sub-byte types take one byte each
	bits int // bits an element in a file
}

var dtypes = [256]dtypeInfo{
	Float32: {"float32", 4, 32}, Uint8: {"uint8", 1, 8}, Int8: {"int8", 1, 8},
	Uint16: {"uint16", 2, 16}, Int16: {"int16", 2, 16}, Int32: {"int32", 4, 32},
	Int64: {"int64", 8, 64}, String: {"string", 16, 0}, Bool: {"bool", 1, 8},
	Float16: {"float16", 2, 16}, Float64: {"float64", 8, 64}, Uint32: {"uint32", 4, 32},
	Uint64: {"uint64", 8, 64}, Complex64: {"complex64", 8, 64}, Complex128: {"complex128", 16, 128},
	BFloat16: {"bfloat16", 2, 16}, Float8E4M3FN: {"float8e4m3fn", 1, 8},
	Float8E4M3FNUZ: {"float8e4m3fnuz", 1, 8}, Float8E5M2: {"float8e5m2", 1, 8},
	Float8E5M2FNUZ: {"float8e5m2fnuz", 1, 8}, Uint4: {"uint4", 1, 4}, Int4: {"int4", 1, 4},
	Float4E2M1: {"float4e2m1", 1, 4}, Float8E8M0: {"float8e8m0", 1, 8}, Uint2: {"uint2", 1, 2},
	Int2: {"int2", 1, 2}, Sequence: {"sequence", 0, 0}, None: {"none", 0, 0},
}

// String is the type's name in lower case, as ONNX writes it ("float32" for FLOAT).
func (d DType) String() string {
	if name := dtypes[d].name; name != "" {
		return name
	}
	return fmt.Sprintf("type %d", uint8(d))
}

// Known reports whether d is an element type of ONNX.
func (d DType) Known() bool {
	return dtypes[d].name != "" && d != None && d != Sequence
}

// Size is the number of bytes that an element takes in memory. Elements of two and four bits take
// one byte each; a string counts its header.
func (d DType) Size() int { return dtypes[d].size }

// Bits is the number of bits that an element takes in an ONNX file's raw data, 0 for strings.
func (d DType) Bits() int { return dtypes[d].bits }

// IsFloat reports whether d is a real floating-point type of any width.
func (d DType) IsFloat() bool {
	switch d {
	case Float32, Float64, Float16, BFloat16, Float8E4M3FN, Float8E4M3FNUZ, Float8E5M2, Float8E5M2FNUZ, Float4E2M1, Float8E8M0:
		return true
	}
	return false
}

// IsSmallFloat reports whether d is a floating-point type narrower than 32 bits; its elements are
// stored as codes (uint16 or uint8) and computed with in float32.
func (d DType) IsSmallFloat() bool { return d.IsFloat() && d != Float32 && d != Float64 }

// IsInt reports whether d is an integer type, signed or not, of any width; bool is none.
func (d DType) IsInt() bool {
	switch d {
	case Uint8, Int8, Uint16, Int16, Int32, Int64, Uint32, Uint64, Uint4, Int4, Uint2, Int2:
		return true
	}
	return false
}
