package models

import (
	"fmt"

	"github.com/caliper-imaging/caliper/onnx"
)

// Session loads the network's file, whose hash Find has checked, for the given number of threads
// (0: all processors).
func (m *Model) Session(threads int) (*onnx.Session, error) {
	var src any = m.Path
	if m.inside != "" {
		data, err := m.Bytes()
		if err != nil {
			return nil, err
		}
		src = data
	}
	s, err := onnx.Load(src, onnx.Options{Threads: threads})
	if err != nil {
		return nil, fmt.Errorf("models: %s: %w", m.Card.Name, err)
	}
	return s, nil
}

// Load makes the network ready to run; it can be kept and used for many images.
func (m *Model) Load(threads int) (*Network, error) {
	s, err := m.Session(threads)
	if err != nil {
		return nil, err
	}
	return NewNetwork(m.Card, names(s.Inputs()), names(s.Outputs()), s.Run), nil
}

func names(infos []onnx.ValueInfo) []string {
	out := make([]string, len(infos))
	for i, v := range infos {
		out[i] = v.Name
	}
	return out
}
