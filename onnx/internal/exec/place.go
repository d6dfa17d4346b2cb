package exec

import (
	"fmt"

	"github.com/caliper-imaging/caliper/onnx/ops"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// placement says, for inputs of known shapes, which values are computed where a Concat wants them: as parts of its result.
type placement struct {
	known   []ops.Known
	groups  []*group
	steps   []*placed // by step, nil where its result lies where it likes
	concats []*group  // by step: of the Concat that it is
	bases   []int     // by Concat: where its result begins in its group's memory
}

// group is a block for the result of a Concat that is no part of another one.
type group struct {
	step  int // the Concat
	bytes int
}

// placed is where a step's one result goes.
type placed struct {
	group     *group
	at, bytes int
	chained   bool // its first input lies there too, and the step works in place
}

// placeFrom is the size of a Concat's result, in bytes, from which its parts are placed.
const placeFrom = 64 << 10

// mostParts is the number of inputs up to which a Concat is looked at.
const mostParts = 1024

// inPlace names operators that compute in the memory of their first input where nothing else needs that.
var inPlace = map[string]bool{"InstanceNormalization": true, "BatchNormalization": true, "Relu": true, "LeakyRelu": true, "Sigmoid": true,
	"Swish": true, "HardSwish": true, "Gelu": true, "Elu": true, "Tanh": true, "Clip": true}

// views names operators whose result may be a view of an input.
var views = map[string]bool{"Identity": true, "Reshape": true, "Flatten": true, "Squeeze": true, "Unsqueeze": true, "Slice": true, "Split": true,
	"Dropout": true, "Cast": true, "Expand": true, "Transpose": true, "Resize": true, "Upsample": true, "Tile": true, "Pad": true, "If": true,
	"Loop": true, "Scan": true, "Constant": true}

// place finds what can be placed; nil where that is nothing.
func (p *Plan) place(known []ops.Known) *placement {
	l := &placement{known: known, steps: make([]*placed, len(p.Steps)), concats: make([]*group, len(p.Steps)), bases: make([]int, len(p.Steps))}
	maker := make([]int, p.slots)
	for i := range maker {
		maker[i] = -1
	}
	for i, s := range p.Steps {
		for _, x := range s.out {
			if x >= 0 {
				maker[x] = i
			}
		}
	}
	kept := map[int]bool{}
	for _, x := range p.outputs {
		kept[x] = true
	}
	for i := len(p.Steps) - 1; i >= 0; i-- {
		s := p.Steps[i]
		bytes, ok := s.joins(known)
		if !ok {
			continue
		}
		g, base := &group{step: i, bytes: bytes}, 0
		if at := l.steps[i]; at != nil {
			g, base = at.group, at.at
		} else {
			l.groups = append(l.groups, g)
		}
		l.concats[i], l.bases[i] = g, base
		at := base
		for k, x := range s.in {
			n := bytesOf(known[x])
			if !kept[x] && !twice(s.in, k) && n >= placeFrom/8 {
				l.put(p, maker, x, placed{group: g, at: at, bytes: n})
			}
			at += n
		}
	}
	if len(l.groups) == 0 {
		return nil
	}
	return l
}

// joins tells whether a step is a Concat whose parts follow each other in memory, and the size of its result.
func (s *Step) joins(known []ops.Known) (bytes int, ok bool) {
	if s.Node.Op != "Concat" || s.Node.Domain != "" || s.out[0] < 0 || len(s.in) < 2 || len(s.in) > mostParts {
		return 0, false
	}
	out := known[s.out[0]]
	a := s.Node.Int("axis", 1)
	if a < 0 {
		a += len(out.Shape)
	}
	if !out.Ranked || a < 0 || a >= len(out.Shape) || out.DType.Size() == 0 || out.DType == tensor.String {
		return 0, false
	}
	for _, d := range out.Shape[:a] {
		if d != 1 {
			return 0, false
		}
	}
	sum := 0
	for _, x := range s.in {
		if x < 0 || !known[x].Ranked || known[x].DType != out.DType {
			return 0, false
		}
		sum += bytesOf(known[x])
	}
	return sum, sum >= placeFrom && sum == bytesOf(out)
}

func bytesOf(k ops.Known) int {
	n := k.DType.Size()
	for _, d := range k.Shape {
		n *= d
	}
	return n
}

func twice(in []int, k int) bool {
	for i, x := range in {
		if i != k && x == in[k] {
			return true
		}
	}
	return false
}

// put has the value of a slot computed at a place, and with it the values that become it in place.
func (l *placement) put(p *Plan, maker []int, x int, at placed) {
	for {
		i := maker[x]
		if i < 0 || l.steps[i] != nil || len(p.Steps[i].out) != 1 || len(p.Steps[i].bodies) > 0 || p.Steps[i].result || views[p.Steps[i].Node.Op] {
			return
		}
		s := p.Steps[i]
		here := at
		l.steps[i] = &here
		if len(s.in) == 0 || s.in[0] < 0 || !s.dies[0] || twice(s.in, 0) {
			return
		}
		from := s.in[0]
		works := s.Node.Domain == "" && inPlace[s.Node.Op]
		if !works {
			works = ops.ConvInPlace(s.Node, s.args(l.known))
		}
		k := l.known[from]
		if m := maker[from]; !works || !k.Ranked || bytesOf(k) != at.bytes || k.DType != l.known[x].DType || m < 0 || l.steps[m] != nil ||
			len(p.Steps[m].out) != 1 || p.Steps[m].result || views[p.Steps[m].Node.Op] || p.Steps[m].Node.Op == "Concat" || len(p.Steps[m].bodies) > 0 {
			return
		}
		here.chained = true
		x = from
	}
}

// memoryAt lends the place of a step's result, once, and other memory otherwise.
type memoryAt struct {
	*arena
	root *tensor.Buffer
	at   *placed
	lent bool
}

func (m *memoryAt) Alloc(n int) (*tensor.Buffer, error) {
	if n != m.at.bytes || m.lent {
		return m.arena.Alloc(n)
	}
	m.lent = true
	if n >= leaveFrom {
		m.arena.region.leave() // the place is new memory, perhaps
	}
	return part(m.root, m.at.at, n), nil
}

// part is a block within another.
func part(root *tensor.Buffer, at, n int) *tensor.Buffer {
	root.Refs++
	return &tensor.Buffer{Bytes: root.Bytes[at : at+n : at+n], Parent: root, Fixed: true}
}

// rootOf is the memory of a group, which is reserved when it is first asked for.
func (e *run) rootOf(g *group) (*tensor.Buffer, error) {
	if b := e.roots[g]; b != nil {
		return b, nil
	}
	b, err := e.memory(e.plan.Steps[g.step]).Alloc(g.bytes)
	if err != nil {
		return nil, err
	}
	b.Refs = 1 // until the Concat is done
	e.roots[g] = b
	return b, nil
}

func starts(t *tensor.Tensor, root *tensor.Buffer, at int) bool {
	b := t.Bytes()
	return len(b) > 0 && at < len(root.Bytes) && &b[0] == &root.Bytes[at]
}

// prepare sets a call's memory where its result has a place.
func (e *run) prepare(i int, c *ops.Call) (done func(), err error) {
	at := e.layout.steps[i]
	if at == nil || e.layout.concats[i] != nil {
		return func() {}, nil
	}
	root, err := e.rootOf(at.group)
	if err != nil {
		return nil, err
	}
	if at.chained && c.In[0] != nil && c.In[0].Buffer() != nil && c.In[0].Buffer().Parent == root && starts(c.In[0], root, at.at) {
		b := c.In[0].Buffer()
		b.Fixed = false
		return func() { b.Fixed = true }, nil
	}
	c.Mem, c.Dies = &memoryAt{arena: e.arena, root: root, at: at}, nil
	return func() {}, nil
}

// join does a Concat, whose parts are copied only where they don't lie in place already. It declines where shapes aren't what they
// were said to be.
func (e *run) join(i int, c *ops.Call) (bool, error) {
	g, s := e.layout.concats[i], e.plan.Steps[i]
	if g == nil {
		return false, nil
	}
	base := e.layout.bases[i]
	for k, x := range s.in {
		if t := c.In[k]; t == nil || t.DType() != e.layout.known[x].DType || t.NumBytes() != bytesOf(e.layout.known[x]) {
			return false, nil
		}
	}
	root, err := e.rootOf(g)
	if err != nil {
		return false, err
	}
	at, copied := base, 0
	for _, t := range c.In {
		if !starts(t, root, at) {
			copied += copy(root.Bytes[at:], t.Bytes())
		}
		at += t.NumBytes()
	}
	c.Algorithm = fmt.Sprintf("%d %% in place", 100-100*copied/(at-base))
	out := e.layout.known[s.out[0]]
	n := (at - base) / out.DType.Size()
	b := root
	if g.step != i {
		b = part(root, base, at-base)
	}
	c.Out[0] = tensor.InBuffer(b, out.DType, out.Shape, n)
	return true, nil
}

// joined ends the reservation of a group's memory, when the result of its Concat is held.
func (e *run) joined(i int) {
	if g := e.layout.concats[i]; g != nil && g.step == i {
		if b := e.roots[g]; b != nil {
			delete(e.roots, g)
			if b.Refs--; b.Refs == 0 {
				e.arena.put(b)
			}
		}
	}
}
