package pb

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// nested is depth messages in one another, each in field num.
func nested(num protowire.Number, depth int) []byte {
	var b []byte
	for range depth {
		b = protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
	}
	return b
}

func TestDepth(t *testing.T) {
	if _, err := ReadSequence(nested(5, MaxDepth-2)); err != nil {
		t.Errorf("want no error, got %v", err)
	}
	if _, err := ReadSequence(nested(5, MaxDepth+2)); !errors.Is(err, ErrDepth) {
		t.Errorf("want %v, got %v", ErrDepth, err)
	}
}

func TestItems(t *testing.T) {
	var b []byte
	for range 1 << 16 { // empty nodes of two bytes each
		b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), nil)
	}
	_, err := ReadModel(protowire.AppendBytes(protowire.AppendTag(nil, 7, protowire.BytesType), b))
	if !errors.Is(err, ErrItems) {
		t.Errorf("want %v, got %v", ErrItems, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(nested(7, 3))
	f.Add([]byte{0x08, 0x01, 0x10, 0x01, 0x22, 0x04, 0, 0, 0x80, 0x3f})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ReadTensor(b); err == nil && len(p.Floats)+len(p.Int64s)+len(p.Raw) > 4*len(b) {
			t.Errorf("%d bytes became %d values", len(b), len(p.Floats)+len(p.Int64s)+len(p.Raw))
		}
		_, _ = ReadModel(b)
		_, _ = ReadSequence(b)
		_, _ = ReadOptional(b)
	})
}
