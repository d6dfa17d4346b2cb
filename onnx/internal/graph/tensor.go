package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// External opens a tensor's external data: length bytes (-1 for all) of the file at location, a path
// relative to the model's folder, from offset. The result is not changed.
type External func(location string, offset, length int64) ([]byte, error)

// Tensor converts a TensorProto. Numbers in raw form are not copied.
func Tensor(p *pb.Tensor, ext External) (*tensor.Tensor, error) {
	t, err := convert(p, ext)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", p.Name, err)
	}
	return t, nil
}

func convert(p *pb.Tensor, ext External) (*tensor.Tensor, error) {
	dt := tensor.DType(p.DataType)
	if p.DataType < 0 || p.DataType > 255 || !dt.Known() {
		return nil, fmt.Errorf("element type %d is not one of ONNX", p.DataType)
	}
	shape, err := dims(p.Dims)
	if err != nil {
		return nil, err
	}
	n, err := tensor.NumElements(shape)
	if err != nil {
		return nil, err
	}
	if p.Location == 1 {
		raw, err := external(p, dt, n, ext)
		if err != nil {
			return nil, err
		}
		return fromRaw(dt, shape, n, raw)
	}
	if p.HasRaw && (len(p.Raw) > 0 || n == 0) {
		return fromRaw(dt, shape, n, p.Raw)
	}
	return fromFields(p, dt, shape, n)
}

func dims(d []int64) ([]int, error) {
	shape := make([]int, len(d))
	for i, v := range d {
		if v < 0 || v > tensor.MaxElements {
			return nil, fmt.Errorf("dimension %d is %d", i, v)
		}
		shape[i] = int(v)
	}
	return shape, nil
}

func external(p *pb.Tensor, dt tensor.DType, n int, ext External) ([]byte, error) {
	if ext == nil {
		return nil, errors.New("external data, but the model was not loaded from a file")
	}
	var location string
	offset, length := int64(0), int64(-1)
	for _, e := range p.External {
		var err error
		switch e.Key {
		case "location":
			location = e.Value
		case "offset":
			_, err = fmt.Sscan(e.Value, &offset)
		case "length":
			_, err = fmt.Sscan(e.Value, &length)
		}
		if err != nil {
			return nil, fmt.Errorf("external data: %s: %w", e.Key, err)
		}
	}
	if length < 0 {
		length = int64(n)*int64(dt.Bits())/8 + int64((n*dt.Bits())%8+7)/8
	}
	return ext(location, offset, length)
}

func fromRaw(dt tensor.DType, shape []int, n int, raw []byte) (*tensor.Tensor, error) {
	if dt == tensor.String {
		return nil, errors.New("strings in raw form")
	}
	if dt.Bits() < 8 {
		if want := (n*dt.Bits() + 7) / 8; len(raw) != want {
			return nil, fmt.Errorf("%v%v: want %d bytes, got %d", dt, shape, want, len(raw))
		}
		return tensor.FromBytes(dt, shape, unpack(dt, n, raw))
	}
	if dt == tensor.Bool {
		clean := make([]byte, len(raw))
		for i, b := range raw {
			if b != 0 {
				clean[i] = 1
			}
		}
		raw = clean
	}
	return tensor.FromBytes(dt, shape, raw)
}

// unpack spreads elements of two or four bits, lowest bits first, over a byte each, signed ones with
// their sign.
func unpack(dt tensor.DType, n int, raw []byte) []byte {
	bits := dt.Bits()
	per, mask := 8/bits, byte(1<<bits-1)
	signed := dt == tensor.Int4 || dt == tensor.Int2
	out := make([]byte, n)
	for i := range out {
		v := raw[i/per] >> (i % per * bits) & mask
		if signed && v>>(bits-1) != 0 {
			v |= ^mask
		}
		out[i] = v
	}
	return out
}

func fromFields(p *pb.Tensor, dt tensor.DType, shape []int, n int) (*tensor.Tensor, error) {
	check := func(got, per int) error {
		if got != n*per {
			return fmt.Errorf("%v%v: want %d values, got %d", dt, shape, n*per, got)
		}
		return nil
	}
	switch dt {
	case tensor.Float32:
		if err := check(len(p.Floats), 1); err != nil {
			return nil, err
		}
		return tensor.From(dt, shape, p.Floats), nil
	case tensor.Complex64:
		if err := check(len(p.Floats), 2); err != nil {
			return nil, err
		}
		d := make([]complex64, n)
		for i := range d {
			d[i] = complex(p.Floats[2*i], p.Floats[2*i+1])
		}
		return tensor.From(dt, shape, d), nil
	case tensor.Float64:
		if err := check(len(p.Doubles), 1); err != nil {
			return nil, err
		}
		return tensor.From(dt, shape, p.Doubles), nil
	case tensor.Complex128:
		if err := check(len(p.Doubles), 2); err != nil {
			return nil, err
		}
		d := make([]complex128, n)
		for i := range d {
			d[i] = complex(p.Doubles[2*i], p.Doubles[2*i+1])
		}
		return tensor.From(dt, shape, d), nil
	case tensor.Int64:
		if err := check(len(p.Int64s), 1); err != nil {
			return nil, err
		}
		return tensor.From(dt, shape, p.Int64s), nil
	case tensor.Uint64, tensor.Uint32:
		if err := check(len(p.Uint64s), 1); err != nil {
			return nil, err
		}
		raw := make([]byte, 0, n*dt.Size())
		for _, v := range p.Uint64s {
			if dt == tensor.Uint64 {
				raw = binary.LittleEndian.AppendUint64(raw, v)
			} else {
				raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
			}
		}
		return tensor.FromBytes(dt, shape, raw)
	case tensor.String:
		if err := check(len(p.Strings), 1); err != nil {
			return nil, err
		}
		s := make([]string, n)
		for i, b := range p.Strings {
			s[i] = string(b)
		}
		return tensor.FromStrings(shape, s), nil
	}
	return fromInt32s(p, dt, shape, n)
}

// fromInt32s reads the narrow types, which int32_data carries one a value, those of less than a byte
// packed into bytes.
func fromInt32s(p *pb.Tensor, dt tensor.DType, shape []int, n int) (*tensor.Tensor, error) {
	want := n
	if dt.Bits() < 8 {
		want = (n*dt.Bits() + 7) / 8
	}
	if len(p.Int32s) != want || n > math.MaxInt32*4 {
		return nil, fmt.Errorf("%v%v: want %d values, got %d", dt, shape, want, len(p.Int32s))
	}
	raw := make([]byte, 0, want*dt.Size())
	for _, v := range p.Int32s {
		switch dt.Size() {
		case 1:
			raw = append(raw, byte(v))
		case 2:
			raw = binary.LittleEndian.AppendUint16(raw, uint16(v))
		default:
			raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
		}
	}
	return fromRaw(dt, shape, n, raw)
}

// Sequence converts a SequenceProto.
func Sequence(p *pb.Sequence) (*tensor.Tensor, error) {
	elems := make([]*tensor.Tensor, 0, len(p.Tensors)+len(p.Sequences)+len(p.Optionals))
	for _, t := range p.Tensors {
		x, err := Tensor(t, nil)
		if err != nil {
			return nil, err
		}
		elems = append(elems, x)
	}
	for _, s := range p.Sequences {
		x, err := Sequence(s)
		if err != nil {
			return nil, err
		}
		elems = append(elems, x)
	}
	for _, o := range p.Optionals {
		x, err := Optional(o)
		if err != nil {
			return nil, err
		}
		elems = append(elems, x)
	}
	return tensor.FromSequence(elems), nil
}

// Optional converts an OptionalProto; an empty one is a value of type None.
func Optional(p *pb.Optional) (*tensor.Tensor, error) {
	switch {
	case p.Tensor != nil:
		return Tensor(p.Tensor, nil)
	case p.Sequence != nil:
		return Sequence(p.Sequence)
	case p.Optional != nil:
		return Optional(p.Optional)
	}
	return &tensor.Tensor{}, nil
}

// dense spreads a SparseTensorProto, refusing one that is far larger than what it is written with.
func dense(p *pb.SparseTensor, ext External) (*tensor.Tensor, error) {
	if p.Values == nil || p.Indices == nil {
		return nil, errors.New("sparse tensor without values or indices")
	}
	vals, err := Tensor(p.Values, ext)
	if err != nil {
		return nil, err
	}
	idx, err := Tensor(p.Indices, ext)
	if err != nil {
		return nil, err
	}
	shape, err := dims(p.Dims)
	if err != nil {
		return nil, err
	}
	n, err := tensor.NumElements(shape)
	if err != nil {
		return nil, err
	}
	if n > 1<<24 {
		return nil, fmt.Errorf("sparse tensor of %d elements is too large to be spread", n)
	}
	if idx.DType() != tensor.Int64 || vals.DType() == tensor.String {
		return nil, errors.New("sparse tensor: want int64 indices and numbers as values")
	}
	nnz := vals.Len()
	linear := idx.Rank() == 1 && idx.Len() == nnz
	if !linear && (idx.Rank() != 2 || idx.Shape()[0] != nnz || idx.Shape()[1] != len(shape)) {
		return nil, fmt.Errorf("sparse tensor: indices %v do not fit %d values", idx.Shape(), nnz)
	}
	out := tensor.New(vals.DType(), shape...)
	size := vals.DType().Size()
	for i := range nnz {
		at := 0
		if linear {
			at = int(idx.Int64()[i])
		} else {
			for k, d := range shape {
				v := int(idx.Int64()[i*len(shape)+k])
				if v < 0 || v >= d {
					return nil, errors.New("sparse tensor: index out of range")
				}
				at = at*d + v
			}
		}
		if at < 0 || at >= n {
			return nil, errors.New("sparse tensor: index out of range")
		}
		copy(out.Bytes()[at*size:(at+1)*size], vals.Bytes()[i*size:])
	}
	return out, nil
}
