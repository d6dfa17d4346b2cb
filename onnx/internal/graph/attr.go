package graph

import (
	"errors"
	"fmt"

	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// attr converts an attribute; nil where it refers to one that the function's caller left out.
func (b *builder) attr(p *pb.Attr, f *frame, s scope) (*Attr, error) {
	if p.Ref != "" {
		return s.attrs[p.Ref], nil
	}
	a := &Attr{Type: p.Type, F: p.F, I: p.I, S: string(p.S), Floats: p.Floats, Ints: p.Ints}
	for _, x := range p.Strings {
		a.Strings = append(a.Strings, string(x))
	}
	var err error
	switch p.Type {
	case pb.AttrTensor:
		if p.T == nil {
			return nil, errors.New("tensor is missing")
		}
		a.T, err = Tensor(p.T, b.ext)
	case pb.AttrSparseTensor:
		if p.Sparse == nil {
			return nil, errors.New("sparse tensor is missing")
		}
		a.T, err = dense(p.Sparse, b.ext)
	case pb.AttrGraph:
		if p.G == nil {
			return nil, errors.New("graph is missing")
		}
		inner := s
		inner.depth++
		a.G, err = b.graph(p.G, f, inner)
	case pb.AttrTypeProto:
		var t Type
		t, err = TypeOf(p.TP)
		a.Elem = &t
	case pb.AttrTensors:
		for _, x := range p.Tensors {
			t, err := Tensor(x, b.ext)
			if err != nil {
				return nil, err
			}
			a.Tensors = append(a.Tensors, t)
		}
	case pb.AttrFloat, pb.AttrInt, pb.AttrString, pb.AttrFloats, pb.AttrInts, pb.AttrStrings:
	default:
		err = fmt.Errorf("kind %d is not known", p.Type)
	}
	return a, err
}

// TypeOf converts a type; a nil one is unknown.
func TypeOf(p *pb.Type) (Type, error) {
	var t Type
	if p == nil {
		return t, nil
	}
	switch p.Kind {
	case pb.KindTensor, pb.KindSparse:
		t.Kind = TensorKind
		if p.Kind == pb.KindSparse {
			t.Kind = SparseKind
		}
		dt := tensor.DType(p.ElemType)
		if p.ElemType < 0 || p.ElemType > 255 || (p.ElemType != 0 && !dt.Known()) {
			return t, fmt.Errorf("element type %d is not one of ONNX", p.ElemType)
		}
		t.DType, t.Ranked = dt, p.HasShape
		for _, d := range p.Dims {
			dim := Dim{Name: d.Param, Size: -1}
			if d.HasValue && d.Value >= 0 {
				if d.Value > tensor.MaxElements {
					return t, fmt.Errorf("dimension of %d", d.Value)
				}
				dim.Size = int(d.Value)
			}
			t.Shape = append(t.Shape, dim)
		}
	case pb.KindSequence, pb.KindOptional:
		t.Kind = SequenceKind
		if p.Kind == pb.KindOptional {
			t.Kind = OptionalKind
		}
		e, err := TypeOf(p.Elem)
		if err != nil {
			return t, err
		}
		t.Elem = &e
	case pb.KindMap:
		t.Kind = MapKind
	}
	return t, nil
}

// ConstType is the type of a value that is known.
func ConstType(c *tensor.Tensor) Type {
	t := Type{Kind: TensorKind, DType: c.DType(), Ranked: true}
	for _, d := range c.Shape() {
		t.Shape = append(t.Shape, Dim{Size: d})
	}
	return t
}

// merge takes from b what a leaves open.
func merge(a, b Type) Type {
	if a.Kind == Unknown {
		return b
	}
	if a.DType == tensor.None {
		a.DType = b.DType
	}
	if !a.Ranked && b.Ranked {
		a.Ranked, a.Shape = true, b.Shape
	}
	return a
}
