package onnxgo

import (
	"errors"
	"fmt"

	"github.com/owulveryck/onnx-go"
	"gorgonia.org/tensor"

	engine "github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
)

// attributes converts what onnx-go's decoder makes of attributes.
func attributes(o onnx.Operation) (map[string]*graph.Attr, error) {
	out := make(map[string]*graph.Attr, len(o.Attributes))
	for name, value := range o.Attributes {
		a := &graph.Attr{}
		switch v := value.(type) {
		case float32:
			a.Type, a.F = pb.AttrFloat, v
		case int64:
			a.Type, a.I = pb.AttrInt, v
		case string:
			a.Type, a.S = pb.AttrString, v
		case []float32:
			a.Type, a.Floats = pb.AttrFloats, v
		case []int64:
			a.Type, a.Ints = pb.AttrInts, v
		case []string:
			a.Type, a.Strings = pb.AttrStrings, v
		case tensor.Tensor:
			t, err := toEngine(v)
			if err != nil {
				return nil, fmt.Errorf("onnxgo: operation %s: attribute %q: %w", o.Name, name, err)
			}
			a.Type, a.T = pb.AttrTensor, t
		case struct{}:
			continue // an attribute without a type
		default:
			return nil, &onnx.ErrNotImplemented{Operator: o.Name, AttributeName: name, AttributeValue: value,
				Message: "attributes of this type"}
		}
		out[name] = a
	}
	return out, nil
}

// inputsSince says from which opset on an operator has more inputs than the number given.
var inputsSince = map[string]struct{ inputs, opset int }{
	"Clip": {1, 11}, "Dropout": {1, 12}, "OneHot": {3, 11}, "Pad": {1, 11}, "ReduceL1": {1, 18}, "ReduceL2": {1, 18},
	"ReduceLogSum": {1, 18}, "ReduceLogSumExp": {1, 18}, "ReduceMax": {1, 18}, "ReduceMean": {1, 18}, "ReduceMin": {1, 18},
	"ReduceProd": {1, 18}, "ReduceSum": {1, 13}, "ReduceSumSquare": {1, 18}, "Resize": {2, 11}, "Slice": {1, 10},
	"Split": {1, 13}, "Squeeze": {1, 13}, "TopK": {1, 10}, "Unsqueeze": {1, 13}, "Upsample": {1, 9},
}

// least is the earliest opset that the table has the operator in, or that allows its inputs.
func least(op operation) int {
	first := 1
	if since, ok := firstOpset(op.Name); ok {
		first = since
	}
	if s, ok := inputsSince[op.Name]; ok && len(op.in) > s.inputs {
		return max(first, s.opset)
	}
	return first
}

// notImplemented turns the engine's report of missing operators into onnx-go's.
func notImplemented(err error) error {
	var u *engine.UnsupportedError
	if errors.As(err, &u) {
		return &onnx.ErrNotImplemented{Operator: u.Nodes[0].Op, Message: u.Error()}
	}
	return err
}
