package onnxgo

import (
	"fmt"
	"reflect"

	"github.com/owulveryck/onnx-go"
	gorgonia "gorgonia.org/tensor"

	engine "github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func firstOpset(name string) (int, bool) {
	for _, row := range ops.Table() {
		if row.Domain == "" && row.Name == name {
			return row.Since[0], true
		}
	}
	return 0, false
}

// typeOf is the engine's type of a tensor's elements, None for one that it does not have.
func typeOf(t gorgonia.Tensor) tensor.DType {
	switch t.Dtype() {
	case gorgonia.Float32:
		return tensor.Float32
	case gorgonia.Float64:
		return tensor.Float64
	case gorgonia.Int64, gorgonia.Int:
		return tensor.Int64
	case gorgonia.Int32:
		return tensor.Int32
	case gorgonia.Bool:
		return tensor.Bool
	}
	return tensor.None
}

// toEngine is a dense tensor as the engine's, over the same memory where it lies in rows.
func toEngine(t gorgonia.Tensor) (out *engine.Tensor, err error) {
	defer func() {
		if p := recover(); p != nil { // package tensor panics on forms that it can't lay out
			out, err = nil, fmt.Errorf("tensor %v: %v", t.Shape(), p)
		}
	}()
	if d, ok := t.(*gorgonia.Dense); ok && (d.RequiresIterator() || d.DataOrder().IsColMajor()) {
		t = d.Materialize()
		if m, ok := t.(*gorgonia.Dense); ok && m.DataOrder().IsColMajor() {
			return nil, &onnx.ErrNotImplemented{Message: "tensors in column-major order"}
		}
	}
	shape := append([]int{}, t.Shape()...)
	n, err := tensor.NumElements(shape)
	if err != nil {
		return nil, err
	}
	switch v := rows(t.Data()).(type) {
	case []float32:
		return wrap(tensor.Float32, shape, n, v)
	case []float64:
		return wrap(tensor.Float64, shape, n, v)
	case []int8:
		return wrap(tensor.Int8, shape, n, v)
	case []int16:
		return wrap(tensor.Int16, shape, n, v)
	case []int32:
		return wrap(tensor.Int32, shape, n, v)
	case []int64:
		return wrap(tensor.Int64, shape, n, v)
	case []int:
		wide := make([]int64, len(v))
		for i, x := range v {
			wide[i] = int64(x)
		}
		return wrap(tensor.Int64, shape, n, wide)
	case []uint8:
		return wrap(tensor.Uint8, shape, n, v)
	case []uint16:
		return wrap(tensor.Uint16, shape, n, v)
	case []uint32:
		return wrap(tensor.Uint32, shape, n, v)
	case []uint64:
		return wrap(tensor.Uint64, shape, n, v)
	case []bool:
		return wrap(tensor.Bool, shape, n, v)
	case []complex64:
		return wrap(tensor.Complex64, shape, n, v)
	case []complex128:
		return wrap(tensor.Complex128, shape, n, v)
	case []string:
		if len(v) != n {
			return nil, fmt.Errorf("tensor %v: want %d elements, got %d", shape, n, len(v))
		}
		return tensor.FromStrings(shape, v), nil
	default:
		return nil, &onnx.ErrNotImplemented{Message: fmt.Sprintf("tensors of %T", v)}
	}
}

// conform brings t to the type that the model declares for an input: floats that are integers become integers, as programs for
// onnx-go often give them.
func conform(t *engine.Tensor, declared tensor.DType) (*engine.Tensor, error) {
	if declared == tensor.None || t.DType() == declared {
		return t, nil
	}
	if declared == tensor.Int64 || declared == tensor.Int32 {
		switch t.DType() {
		case tensor.Float32:
			return whole(t.Shape(), t.Float32(), declared)
		case tensor.Float64:
			return whole(t.Shape(), t.Float64(), declared)
		}
	}
	return nil, fmt.Errorf("want %v, got %v", declared, t)
}

func whole[T float32 | float64](shape []int, v []T, dt tensor.DType) (*engine.Tensor, error) {
	wide, narrow := make([]int64, len(v)), make([]int32, len(v))
	for i, x := range v {
		wide[i] = int64(x)
		narrow[i] = int32(wide[i])
		if T(wide[i]) != x || dt == tensor.Int32 && int64(narrow[i]) != wide[i] {
			return nil, fmt.Errorf("want %v, got floats with other values", dt)
		}
	}
	if dt == tensor.Int32 {
		return tensor.FromInt32(shape, narrow), nil
	}
	return tensor.FromInt64(shape, wide), nil
}

// rows is data as a slice: a scalar's comes as a value.
func rows(data any) any {
	v := reflect.ValueOf(data)
	if !v.IsValid() || v.Kind() == reflect.Slice {
		return data
	}
	one := reflect.MakeSlice(reflect.SliceOf(v.Type()), 1, 1)
	one.Index(0).Set(v)
	return one.Interface()
}

func wrap[T tensor.Element](dt tensor.DType, shape []int, n int, v []T) (*engine.Tensor, error) {
	if len(v) != n {
		return nil, fmt.Errorf("tensor %v: want %d elements, got %d", shape, n, len(v))
	}
	return tensor.From(dt, shape, v), nil
}

// fromEngine is a result as a dense tensor over the same memory.
func fromEngine(t *engine.Tensor) (out gorgonia.Tensor, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("tensor %v: %v", t, p)
		}
	}()
	var data any
	switch t.DType() {
	case tensor.Float32:
		data = t.Float32()
	case tensor.Float64:
		data = t.Float64()
	case tensor.Int8:
		data = tensor.Data[int8](t)
	case tensor.Int16:
		data = tensor.Data[int16](t)
	case tensor.Int32:
		data = t.Int32()
	case tensor.Int64:
		data = t.Int64()
	case tensor.Uint8:
		data = t.Uint8()
	case tensor.Uint16:
		data = tensor.Data[uint16](t)
	case tensor.Uint32:
		data = tensor.Data[uint32](t)
	case tensor.Uint64:
		data = tensor.Data[uint64](t)
	case tensor.Bool:
		data = t.Bool()
	case tensor.Complex64:
		data = tensor.Data[complex64](t)
	case tensor.Complex128:
		data = tensor.Data[complex128](t)
	case tensor.String:
		data = t.Strings()
	default:
		return nil, &onnx.ErrNotImplemented{Message: fmt.Sprintf("results of %v", t.DType())}
	}
	if t.Rank() == 0 {
		return gorgonia.New(gorgonia.FromScalar(reflect.ValueOf(data).Index(0).Interface())), nil
	}
	return gorgonia.New(gorgonia.WithShape(t.Shape()...), gorgonia.WithBacking(data)), nil
}
