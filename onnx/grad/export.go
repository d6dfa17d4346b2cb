package grad

import (
	"errors"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// Descend moves weights against their gradients by rate: a step of plain gradient descent.
func (m *Model) Descend(gradients map[string]*onnx.Tensor, rate float64) error {
	for name, d := range gradients {
		old := m.Weight(name)
		if old == nil || d.DType() != old.DType() || d.Len() != old.Len() {
			return fmt.Errorf("grad: descend: %q is no weight, or its gradient %v is not of %v", name, d, old)
		}
		t := tensor.New(old.DType(), old.Shape()...)
		for i := range t.Len() {
			set(t, i, get(old, i)-rate*get(d, i))
		}
		if err := m.SetWeight(name, t); err != nil {
			return err
		}
	}
	return nil
}

// Export writes the model with the weights as they stand. Only initializers can be written, no constants of nodes; weights that
// lie in files beside the model and were changed come to lie in it, the others stay where they are.
func (m *Model) Export(w io.Writer) error {
	raw, err := m.bytes()
	if err != nil {
		return fmt.Errorf("grad: export: %w", err)
	}
	open := map[string]*tensor.Tensor{}
	for v, t := range m.changed {
		open[v.Name] = t
	}
	// ModelProto.graph is field 7, GraphProto.initializer field 5, TensorProto.name field 8 (onnx.proto).
	out, err := eachField(raw, 7, func(g []byte) ([]byte, error) {
		return eachField(g, 5, func(p []byte) ([]byte, error) {
			name := ""
			if _, err := eachField(p, 8, func(b []byte) ([]byte, error) {
				name = string(b)
				return b, nil
			}); err != nil {
				return nil, err
			}
			t := open[name]
			if t == nil {
				return p, nil
			}
			delete(open, name)
			return initializer(name, t), nil
		})
	})
	if err != nil {
		return fmt.Errorf("grad: export: %w", err)
	}
	for name := range open {
		return fmt.Errorf("grad: export: weight %q is no initializer", name)
	}
	_, err = w.Write(out)
	return err
}

func (m *Model) bytes() ([]byte, error) {
	switch src := m.src.(type) {
	case string:
		return os.ReadFile(src)
	case []byte:
		return src, nil
	case io.ReaderAt:
		return io.ReadAll(io.NewSectionReader(src, 0, onnx.MaxModelBytes))
	}
	return nil, errors.New("the model's bytes are not at hand")
}

// eachField copies a message with every field of the number, which is one of bytes, replaced by what f makes of it.
func eachField(b []byte, number protowire.Number, f func([]byte) ([]byte, error)) ([]byte, error) {
	var out []byte
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeField(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if field == number && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(b)
			v, used := protowire.ConsumeBytes(b[tag:])
			if used < 0 {
				return nil, protowire.ParseError(used)
			}
			v, err := f(v)
			if err != nil {
				return nil, err
			}
			out = protowire.AppendBytes(protowire.AppendTag(out, field, protowire.BytesType), v)
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out, nil
}

// initializer writes a TensorProto with raw data.
func initializer(name string, t *tensor.Tensor) []byte {
	var b []byte
	for _, d := range t.Shape() {
		b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), uint64(d))
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(t.DType()))
	b = protowire.AppendBytes(protowire.AppendTag(b, 8, protowire.BytesType), []byte(name))
	return protowire.AppendBytes(protowire.AppendTag(b, 9, protowire.BytesType), t.Bytes())
}
