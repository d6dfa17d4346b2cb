package onnx_test

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// The functions below write ONNX messages for tests, field numbers as in onnx.proto.

func bytesField(b []byte, num protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
}

func stringField(b []byte, num protowire.Number, v string) []byte {
	return bytesField(b, num, []byte(v))
}

func intField(b []byte, num protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
}

// node writes a NodeProto.
func node(op, name string, in, out []string, attrs ...[]byte) []byte {
	var b []byte
	for _, s := range in {
		b = stringField(b, 1, s)
	}
	for _, s := range out {
		b = stringField(b, 2, s)
	}
	b = stringField(b, 3, name)
	b = stringField(b, 4, op)
	for _, a := range attrs {
		b = bytesField(b, 5, a)
	}
	return b
}

func graphAttr(name string, g []byte) []byte {
	return intField(bytesField(stringField(nil, 1, name), 6, g), 20, 5)
}

func intAttr(name string, v int64) []byte {
	return intField(intField(stringField(nil, 1, name), 3, v), 20, 2)
}

// value writes a ValueInfoProto; a dimension of −1 is free.
func value(name string, dtype int64, dims ...int64) []byte {
	var shape []byte
	for _, d := range dims {
		var dim []byte
		if d >= 0 {
			dim = intField(nil, 1, d)
		} else {
			dim = stringField(nil, 2, "N")
		}
		shape = bytesField(shape, 1, dim)
	}
	t := bytesField(intField(nil, 1, dtype), 2, shape)
	return bytesField(stringField(nil, 1, name), 2, bytesField(nil, 1, t))
}

// int64Tensor writes a TensorProto.
func int64Tensor(name string, dims []int64, v ...int64) []byte {
	var b []byte
	for _, d := range dims {
		b = intField(b, 1, d)
	}
	b = intField(b, 2, 7)
	for _, x := range v {
		b = intField(b, 7, x)
	}
	return stringField(b, 8, name)
}

type graphParts struct{ nodes, inits, inputs, outputs [][]byte }

func (g graphParts) bytes() []byte {
	var b []byte
	for _, n := range g.nodes {
		b = bytesField(b, 1, n)
	}
	for _, n := range g.inits {
		b = bytesField(b, 5, n)
	}
	for _, n := range g.inputs {
		b = bytesField(b, 11, n)
	}
	for _, n := range g.outputs {
		b = bytesField(b, 12, n)
	}
	return b
}

func model(opset int64, g graphParts, functions ...[]byte) []byte {
	b := intField(nil, 1, 8)
	b = bytesField(b, 7, g.bytes())
	b = bytesField(b, 8, intField(nil, 2, opset))
	b = bytesField(b, 8, intField(stringField(nil, 1, "own"), 2, 1))
	for _, f := range functions {
		b = bytesField(b, 25, f)
	}
	return b
}
