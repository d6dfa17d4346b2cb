package graph

import (
	"errors"
	"fmt"

	"github.com/caliper-imaging/caliper/onnx/internal/pb"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// MaxInlined bounds the nodes that functions add to a model, MaxNesting how deep functions and graphs
// lie in one another.
const (
	MaxInlined = 1 << 16
	MaxNesting = 64
)

// Build makes a model of its protobuf form.
func Build(m *pb.Model, ext External) (*Model, error) {
	if m.Graph == nil {
		return nil, errors.New("the model has no graph")
	}
	b := &builder{ext: ext, functions: map[string]*pb.Function{}}
	for _, f := range m.Functions {
		b.functions[funcKey(f.Domain, f.Name, f.Overload)] = f
	}
	opsets, err := opsetMap(m.Opsets)
	if err != nil {
		return nil, err
	}
	if len(opsets) == 0 {
		opsets[""] = 1 // models of IR version 1 and 2 name none
	}
	out := &Model{
		IRVersion: m.IRVersion, ProducerName: m.ProducerName, ProducerVersion: m.ProducerVersion,
		Domain: m.Domain, Version: m.ModelVersion, Doc: m.Doc, Opsets: opsets,
		Metadata: map[string]string{},
	}
	for _, p := range m.Metadata {
		out.Metadata[p.Key] = p.Value
	}
	out.Graph, err = b.graph(m.Graph, nil, scope{opsets: opsets})
	return out, err
}

func funcKey(domain, name, overload string) string {
	return canonical(domain) + "\x00" + name + "\x00" + overload
}

func canonical(domain string) string {
	if domain == "ai.onnx" {
		return ""
	}
	return domain
}

func opsetMap(list []pb.Opset) (map[string]int, error) {
	m := make(map[string]int, len(list))
	for _, o := range list {
		if o.Version < 0 || o.Version > 1<<20 {
			return nil, fmt.Errorf("opset version %d of domain %q", o.Version, o.Domain)
		}
		m[canonical(o.Domain)] = int(o.Version)
	}
	return m, nil
}

type builder struct {
	ext       External
	functions map[string]*pb.Function
	inlined   int
}

// scope is what surrounds the nodes that are being built.
type scope struct {
	opsets map[string]int
	attrs  map[string]*Attr // of the function that is being inlined
	prefix string           // of names inside functions
	depth  int
}

// frame holds the values of one graph by name and the frame that encloses it.
type frame struct {
	graph *Graph
	vals  map[string]*Value
	outer *frame
	seen  map[*Value]bool // captures
}

// lookup finds a name here or in an enclosing graph, noting captures on the way.
func (f *frame) lookup(name string) *Value {
	if v := f.vals[name]; v != nil {
		return v
	}
	if f.outer == nil {
		return nil
	}
	v := f.outer.lookup(name)
	if v != nil && v.Const == nil && v.Owner != nil && !f.seen[v] {
		f.seen[v] = true
		f.graph.Captures = append(f.graph.Captures, v)
	}
	return v
}

func (f *frame) define(name string) (*Value, error) {
	if f.vals[name] != nil {
		return nil, fmt.Errorf("value %q is defined twice", name)
	}
	v := &Value{Name: name, Owner: f.graph}
	f.vals[name] = v
	return v, nil
}

func (b *builder) graph(p *pb.Graph, outer *frame, s scope) (*Graph, error) {
	if s.depth > MaxNesting {
		return nil, errors.New("graphs nested too deep")
	}
	g := &Graph{Name: p.Name}
	f := &frame{graph: g, vals: map[string]*Value{}, outer: outer, seen: map[*Value]bool{}}
	for _, t := range p.Initializers {
		c, err := Tensor(t, b.ext)
		if err != nil {
			return nil, fmt.Errorf("initializer: %w", err)
		}
		if err := f.constant(t.Name, c); err != nil {
			return nil, err
		}
	}
	for _, t := range p.Sparse {
		c, err := dense(t, b.ext)
		if err != nil {
			return nil, fmt.Errorf("initializer: %w", err)
		}
		if err := f.constant(t.Values.Name, c); err != nil {
			return nil, err
		}
	}
	for _, in := range p.Inputs {
		if v := f.vals[in.Name]; v != nil && v.Const != nil && outer == nil {
			continue // a default that IR versions before 4 list among the inputs
		}
		v, err := f.define(in.Name)
		if err != nil {
			return nil, err
		}
		if v.Declared, err = TypeOf(in.Type); err != nil {
			return nil, fmt.Errorf("input %q: %w", in.Name, err)
		}
		if outer == nil {
			v.Type = v.Declared // runs hold their inputs to it
		}
		g.Inputs = append(g.Inputs, v)
	}
	order, err := sortNodes(p.Nodes, f)
	if err != nil {
		return nil, err
	}
	for _, n := range order {
		if err := b.node(n, f, s); err != nil {
			return nil, err
		}
	}
	for _, o := range p.Outputs {
		v := f.lookup(o.Name)
		if v == nil || v.Owner == nil {
			return nil, fmt.Errorf("output %q is not computed by any node", o.Name)
		}
		t, err := TypeOf(o.Type)
		if err != nil {
			return nil, fmt.Errorf("output %q: %w", o.Name, err)
		}
		v.Declared = merge(t, v.Declared)
		g.Outputs = append(g.Outputs, v)
	}
	for _, i := range p.Values {
		if v := f.vals[i.Name]; v != nil {
			if t, err := TypeOf(i.Type); err == nil {
				v.Declared = merge(v.Declared, t)
			}
		}
	}
	return g, nil
}

func (f *frame) constant(name string, c *tensor.Tensor) error {
	v, err := f.define(name)
	if err == nil {
		v.Const = c
		v.Type = ConstType(c)
	}
	return err
}

func (b *builder) node(p *pb.Node, f *frame, s scope) error {
	if s.prefix != "" {
		if b.inlined++; b.inlined > MaxInlined {
			return fmt.Errorf("functions add more than %d nodes", MaxInlined)
		}
	}
	where := func(err error) error {
		return fmt.Errorf("node %q (%s): %w", s.prefix+p.Name, p.OpType, err)
	}
	domain := canonical(p.Domain)
	n := &Node{Name: s.prefix + p.Name, Op: p.OpType, Domain: domain, Version: s.opsets[domain], Attrs: map[string]*Attr{}}
	for _, in := range p.Inputs {
		var v *Value
		if in != "" {
			if v = f.lookup(in); v == nil {
				return where(fmt.Errorf("input %q is not defined", in))
			}
			if v.Owner == nil {
				v = nil // a function's input that its caller leaves out
			}
		}
		n.In = append(n.In, v)
	}
	for _, a := range p.Attrs {
		at, err := b.attr(a, f, s)
		if err != nil {
			return where(fmt.Errorf("attribute %q: %w", a.Name, err))
		}
		if at != nil {
			n.Attrs[a.Name] = at
		}
	}
	if fn := b.functions[funcKey(p.Domain, p.OpType, p.Overload)]; fn != nil {
		if err := b.inline(fn, p, n, f, s); err != nil {
			return where(err)
		}
		return nil
	}
	for _, o := range p.Outputs {
		var v *Value
		if o != "" {
			var err error
			if v, err = f.define(o); err != nil {
				return where(err)
			}
		}
		n.Out = append(n.Out, v)
	}
	if n.Name == "" && len(p.Outputs) > 0 {
		n.Name = p.OpType + "→" + p.Outputs[0]
	}
	f.graph.Nodes = append(f.graph.Nodes, n)
	return nil
}

// inline puts the nodes of a model's function in place of the node that calls it.
func (b *builder) inline(fn *pb.Function, p *pb.Node, n *Node, f *frame, s scope) error {
	if s.depth > MaxNesting {
		return errors.New("functions nested too deep")
	}
	opsets, err := opsetMap(fn.Opsets)
	if err != nil {
		return err
	}
	for d, v := range s.opsets {
		if _, ok := opsets[d]; !ok {
			opsets[d] = v
		}
	}
	attrs := map[string]*Attr{}
	for _, a := range fn.AttrDefaults {
		if attrs[a.Name], err = b.attr(a, f, s); err != nil {
			return err
		}
	}
	for k, a := range n.Attrs {
		attrs[k] = a
	}
	inner := &frame{graph: f.graph, vals: map[string]*Value{}, outer: nil, seen: f.seen}
	if len(p.Inputs) > len(fn.Inputs) {
		return fmt.Errorf("function takes %d inputs, got %d", len(fn.Inputs), len(p.Inputs))
	}
	absent := &Value{}
	for i, name := range fn.Inputs {
		inner.vals[name] = absent
		if i < len(n.In) && n.In[i] != nil {
			inner.vals[name] = n.In[i]
		}
	}
	is := scope{opsets: opsets, attrs: attrs, prefix: s.prefix + p.Name + "/", depth: s.depth + 1}
	order, err := sortNodes(fn.Nodes, inner)
	if err != nil {
		return err
	}
	for _, fnode := range order {
		if err := b.node(fnode, inner, is); err != nil {
			return err
		}
	}
	if len(p.Outputs) > len(fn.Outputs) {
		return fmt.Errorf("function gives %d outputs, want %d", len(fn.Outputs), len(p.Outputs))
	}
	for i, name := range p.Outputs {
		if name == "" {
			continue
		}
		v := inner.vals[fn.Outputs[i]]
		if v == nil || v == absent {
			return fmt.Errorf("function output %q is not computed", fn.Outputs[i])
		}
		if f.vals[name] != nil {
			return fmt.Errorf("value %q is defined twice", name)
		}
		f.vals[name] = v
	}
	return nil
}
