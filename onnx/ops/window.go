package ops

import (
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// window is the sliding window of convolutions and pools, read from a node's attributes: one to three
// spatial dimensions, laid out as three with ones in front.
type window struct {
	auto                     string
	kernel, strides, dilate  []int
	pads                     []int
	ceil                     bool
	includePad               bool
	outputPadding, outputFit []int // of transposed convolutions
}

func windowOf(n *graph.Node) window {
	return window{auto: n.Str("auto_pad", "NOTSET"), kernel: n.Ints("kernel_shape"), strides: n.Ints("strides"),
		dilate: n.Ints("dilations"), pads: n.Ints("pads"), ceil: n.Int("ceil_mode", 0) != 0,
		includePad:    n.Int("count_include_pad", 0) != 0,
		outputPadding: n.Ints("output_padding"), outputFit: n.Ints("output_shape")}
}

// placed is a window on an input of known size.
type placed struct {
	rank                                    int
	in, out, kernel, stride, dilate, lo, hi [3]int
}

func spread(dst *[3]int, rank int, src []int, def int, what string) {
	for i := range dst {
		dst[i] = 1
		if what == "pads" {
			dst[i] = 0
		}
	}
	if src == nil {
		for i := 3 - rank; i < 3; i++ {
			dst[i] = def
		}
		return
	}
	if len(src) != rank {
		fail("%s: want %d values, got %d", what, rank, len(src))
	}
	copy(dst[3-rank:], src)
}

// place checks the window against spatial dimensions and kernel; out is set for a forward window.
func (w *window) place(spatial, kernel []int) placed {
	rank := len(spatial)
	if rank < 1 || rank > 3 {
		fail("want 1 to 3 spatial dimensions, got %d", rank)
	}
	p := placed{rank: rank}
	spread(&p.in, rank, spatial, 1, "input")
	spread(&p.kernel, rank, kernel, 1, "kernel_shape")
	spread(&p.stride, rank, w.strides, 1, "strides")
	spread(&p.dilate, rank, w.dilate, 1, "dilations")
	if w.pads != nil {
		if len(w.pads) != 2*rank {
			fail("pads: want %d values, got %d", 2*rank, len(w.pads))
		}
		copy(p.lo[3-rank:], w.pads[:rank])
		copy(p.hi[3-rank:], w.pads[rank:])
	}
	for i := range 3 {
		if p.kernel[i] < 1 || p.stride[i] < 1 || p.dilate[i] < 1 {
			fail("kernel, strides and dilations must be positive")
		}
		if p.kernel[i] > 1<<24 || p.dilate[i] > 1<<24 || p.lo[i] > 1<<24 || p.hi[i] > 1<<24 {
			fail("kernel, dilations and pads are too large")
		}
	}
	return p
}

// forward sets pads for auto_pad and the output's size.
func (w *window) forward(p *placed) {
	for i := range 3 {
		ext := (p.kernel[i]-1)*p.dilate[i] + 1
		switch w.auto {
		case "SAME_UPPER", "SAME_LOWER":
			out := (p.in[i] + p.stride[i] - 1) / p.stride[i]
			pad := max(0, (out-1)*p.stride[i]+ext-p.in[i])
			p.lo[i] = pad / 2
			if w.auto == "SAME_LOWER" {
				p.lo[i] = pad - pad/2
			}
			p.hi[i] = pad - p.lo[i]
		case "VALID":
			p.lo[i], p.hi[i] = 0, 0
		}
		room := p.in[i] + p.lo[i] + p.hi[i] - ext
		if room < 0 {
			fail("window of %d does not fit into %d", ext, p.in[i]+p.lo[i]+p.hi[i])
		}
		p.out[i] = room/p.stride[i] + 1
		if w.ceil && room%p.stride[i] != 0 && p.out[i]*p.stride[i] < p.in[i]+p.lo[i] {
			p.out[i]++ // the last window must begin inside the input
		}
	}
}

func (p *placed) outShape(batch, channels int) []int {
	return append([]int{batch, channels}, p.out[3-p.rank:]...)
}

func size3(s [3]int) int { return s[0] * s[1] * s[2] }

// spatialOf is the dimensions after batch and channels.
func spatialOf(t *tensor.Tensor) []int {
	if t.Rank() < 3 {
		fail("want at least 3 dimensions, got %v", t)
	}
	return t.Shape()[2:]
}
