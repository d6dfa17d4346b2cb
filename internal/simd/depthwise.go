package simd

import "math"

// Depthwise is the work of one call of the depthwise kernel: one channel's plane of outputs from one of inputs,
//
//	Dst[r][j] = clamp(Bias + Σ over kh, kw: Weight[kh·k+kw] · Src[First + r·stride + kh][j·stride + kw + SrcOff/4])
//
// for r < Rows. Input rows outside of 0…InRows count as zeros, and so do the columns that Masks leaves out, which are not read.
// For each vector of columns Masks has, first, for each kw one word (every position) or two that follow each other (every second
// position: of the 2·Lanes() neighbours of which the even ones count) with bit i for lane i, and then the word of the lanes that
// are written.
type Depthwise struct {
	Src          *float32 // input row 0
	SrcStride    int      // bytes from an input row to the next
	SrcOff       int      // bytes from a row's start to what tap 0 of column 0 reads; may be negative
	First        int      // input row of tap 0 of output row 0; may be negative
	InRows       int
	Weight       *float32 // k×k
	Dst          *float32
	DstStride    int // bytes
	Rows         int // at least 1
	Vecs         int // at least 1
	Masks        *uint32
	Bias, Lo, Hi float32
}

// HasDepthwise tells whether there is a kernel of k×k taps at every stride-th position.
func HasDepthwise(k, stride int) bool {
	return k < len(active.depthwise) && stride < len(active.depthwise[k]) && active.depthwise[k][stride] != nil
}

// DepthwiseKernel is a kernel chosen for rows of one length, with its masks.
type DepthwiseKernel struct {
	run   func(*Depthwise)
	masks []uint32
	vecs  int
}

// NewDepthwiseKernel chooses the kernel of k×k taps (see HasDepthwise) for outputs 0…out of a row of in elements, where tap 0 of
// output 0 reads element first. It does not change while it is used, so calls may share it.
func NewDepthwiseKernel(k, stride, first, in, out int) *DepthwiseKernel {
	d := &DepthwiseKernel{run: active.depthwise[k][stride]}
	lanes := active.lanes
	if half := active.shortDepthwise; half != nil && out <= lanes/2 {
		d.run, lanes = half[k][stride], lanes/2
	}
	d.masks, d.vecs = depthwiseMasks(k, stride, first, in, out, lanes)
	return d
}

// Run computes a plane of t's rows; Vecs and Masks are the kernel's own.
func (d *DepthwiseKernel) Run(t *Depthwise) {
	t.Vecs, t.Masks = d.vecs, &d.masks[0]
	d.run(t)
}

func depthwiseMasks(k, stride, first, in, out, lanes int) (masks []uint32, vecs int) {
	vecs = (out + lanes - 1) / lanes
	for v := range vecs {
		for kw := range k {
			at := first + v*lanes*stride + kw
			masks = appendMasks(masks, stride, -at, in-at, lanes)
		}
		masks = appendMasks(masks, 1, 0, out-v*lanes, lanes)
	}
	return masks, vecs
}

// NoClamp sets Lo and Hi so that nothing is clamped.
func (t *Depthwise) NoClamp() {
	t.Lo, t.Hi = float32(math.Inf(-1)), float32(math.Inf(1))
}

// depthwiseTable are the kernels by taps and stride.
type depthwiseTable [8][3]func(*Depthwise)

var depthwisePlain = func() (table depthwiseTable) {
	for _, f := range [][2]int{{3, 1}, {5, 1}, {7, 1}, {3, 2}, {5, 2}} {
		table[f[0]][f[1]] = func(t *Depthwise) { depthwiseTwin(f[0], f[1], 8, t) }
	}
	return table
}()
