package pb

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// MaxDepth bounds how deep messages may lie in one another.
const MaxDepth = 100

// maxItems bounds the number of messages (nodes, attributes, tensors, dimensions …) in n bytes, well
// above what a model has that means something.
func maxItems(n int) int { return min(n/4+1<<12, 1<<22) }

// ErrDepth says that messages lie too deep in one another, ErrItems that there are too many.
var (
	ErrDepth = errors.New("messages nested too deep")
	ErrItems = errors.New("too many messages")
)

// reader walks one message's fields.
type reader struct {
	depth int
	items *int // messages that may still be read
}

// field is one field of a message: Bytes for length-delimited ones, Num for the rest.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	bytes []byte
	val   uint64
}

func (r reader) each(b []byte, what string, f func(field) error) error {
	if r.depth > MaxDepth {
		return fmt.Errorf("%s: %w", what, ErrDepth)
	}
	if *r.items--; *r.items < 0 {
		return fmt.Errorf("%s: %w", what, ErrItems)
	}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%s: %w", what, protowire.ParseError(n))
		}
		b = b[n:]
		fd := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			fd.val, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			fd.val = uint64(v)
		case protowire.Fixed64Type:
			fd.val, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			fd.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("%s: field %d: %w", what, num, protowire.ParseError(n))
		}
		b = b[n:]
		if err := f(fd); err != nil {
			return err
		}
	}
	return nil
}

func (r reader) down() reader { return reader{depth: r.depth + 1, items: r.items} }

func (f field) str() string { return string(f.bytes) }

// ints appends a packed or single varint field.
func ints[T int32 | int64 | uint64](dst []T, f field) ([]T, error) {
	if f.typ == protowire.VarintType {
		return append(dst, T(f.val)), nil
	}
	b := f.bytes
	if dst == nil && len(b) > 0 {
		n := 0
		for _, c := range b {
			if c < 0x80 {
				n++
			}
		}
		dst = make([]T, 0, n)
	}
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		dst = append(dst, T(v))
		b = b[n:]
	}
	return dst, nil
}

// floats appends a packed or single fixed32 field.
func floats(dst []float32, f field) ([]float32, error) {
	if f.typ == protowire.Fixed32Type {
		return append(dst, math.Float32frombits(uint32(f.val))), nil
	}
	b := f.bytes
	if len(b)%4 != 0 {
		return nil, errors.New("packed floats: length is no multiple of 4")
	}
	if dst == nil {
		dst = make([]float32, 0, len(b)/4)
	}
	for ; len(b) > 0; b = b[4:] {
		v, _ := protowire.ConsumeFixed32(b)
		dst = append(dst, math.Float32frombits(v))
	}
	return dst, nil
}

// doubles appends a packed or single fixed64 field.
func doubles(dst []float64, f field) ([]float64, error) {
	if f.typ == protowire.Fixed64Type {
		return append(dst, math.Float64frombits(f.val)), nil
	}
	b := f.bytes
	if len(b)%8 != 0 {
		return nil, errors.New("packed doubles: length is no multiple of 8")
	}
	for ; len(b) > 0; b = b[8:] {
		v, _ := protowire.ConsumeFixed64(b)
		dst = append(dst, math.Float64frombits(v))
	}
	return dst, nil
}

// one reads a message field into a new value and appends it.
func one[T any](dst *[]*T, r reader, f field, read func(reader, []byte) (*T, error)) error {
	v, err := read(r.down(), f.bytes)
	if err == nil {
		*dst = append(*dst, v)
	}
	return err
}

func set[T any](dst **T, r reader, f field, read func(reader, []byte) (*T, error)) error {
	v, err := read(r.down(), f.bytes)
	if err == nil {
		*dst = v
	}
	return err
}

// start is a reader at the outermost message.
func start(b []byte) reader {
	items := maxItems(len(b))
	return reader{items: &items}
}

// ReadModel reads an onnx.ModelProto.
func ReadModel(b []byte) (*Model, error) { return readModel(start(b), b) }

// ReadTensor reads an onnx.TensorProto.
func ReadTensor(b []byte) (*Tensor, error) { return readTensor(start(b), b) }

// ReadSequence reads an onnx.SequenceProto.
func ReadSequence(b []byte) (*Sequence, error) { return readSequence(start(b), b) }

// ReadOptional reads an onnx.OptionalProto.
func ReadOptional(b []byte) (*Optional, error) { return readOptional(start(b), b) }
