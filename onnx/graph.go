package onnx

import "github.com/caliper-imaging/caliper/onnx/internal/graph"

// FromGraph makes a session of a graph that a package below this one has built; size is the bytes of its weights. The graph
// belongs to the session from then on. Errors are those of Load.
func FromGraph(m *graph.Model, size int, opts Options) (*Session, error) {
	s := &Session{opts: opts, src: &source{}}
	if err := s.compile(m, size); err != nil {
		return nil, err
	}
	return s, nil
}

// Graph is the model as the file has it, for the packages below this one; nil where Options.Plain is not set. It must not be
// changed, and its constants go with Close.
func (s *Session) Graph() *graph.Model { return s.model }
