package jpeg2000

// tagTree is the hierarchy of minima of T.800 B.10.2.
type tagTree struct {
	levels []treeLevel // leaves first
}

type treeLevel struct {
	w, h  int
	nodes []treeNode
}

type treeNode struct {
	value, low int
	known      bool
}

func newTagTree(w, h int) *tagTree {
	t := &tagTree{}
	for {
		t.levels = append(t.levels, treeLevel{w: w, h: h, nodes: make([]treeNode, w*h)})
		if w*h <= 1 {
			return t
		}
		w, h = (w+1)/2, (h+1)/2
	}
}

// decode reads until it is known whether the leaf's value is below the threshold, and says so.
func (t *tagTree) decode(in *headerBits, x, y, threshold int) bool {
	low := 0
	for l := len(t.levels) - 1; l >= 0; l-- {
		level := &t.levels[l]
		n := &level.nodes[(y>>l)*level.w+x>>l]
		n.low = max(n.low, low)
		for n.low < threshold && !n.known {
			if in.bit() == 1 {
				n.value, n.known = n.low, true
			} else {
				n.low++
			}
		}
		low = n.low
	}
	leaf := t.levels[0].nodes[y*t.levels[0].w+x]
	return leaf.known && leaf.value < threshold
}

// value reads the leaf's value, at most limit.
func (t *tagTree) value(in *headerBits, x, y, limit int) (int, bool) {
	for v := 1; v <= limit; v++ {
		if t.decode(in, x, y, v) {
			return v - 1, true
		}
	}
	return 0, false
}

// headerBits reads packet headers: a byte behind 0xff holds 7 bits (T.800 B.10.1).
type headerBits struct {
	data []byte
	pos  int
	ct   int
	cur  byte
	over bool // more was read than there is
}

func (h *headerBits) bit() int {
	if h.ct == 0 {
		h.ct = 8
		if h.cur == 0xff {
			h.ct = 7
		}
		h.cur = 0
		if h.pos < len(h.data) {
			h.cur = h.data[h.pos]
			h.pos++
		} else {
			h.over = true
		}
	}
	h.ct--
	return int(h.cur>>h.ct) & 1
}

func (h *headerBits) bits(n int) int {
	v := 0
	for range n {
		v = v<<1 | h.bit()
	}
	return v
}

// align ends a packet header at a byte.
func (h *headerBits) align() {
	if h.cur == 0xff && h.pos < len(h.data) {
		h.pos++
	}
	h.ct, h.cur = 0, 0
}
