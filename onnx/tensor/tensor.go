// Package tensor is the value that the ONNX engine computes with: a dense row-major array of any
// ONNX element type, or a sequence of such arrays (ONNX IR specification, "Tensor Definition").
package tensor

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unsafe"
)

// Tensor is a dense array in row-major order, last dimension fastest, or (DType Sequence) a list of
// tensors, or (DType None) an empty optional. Tensors that views share memory with must not be
// written to. The zero Tensor is an empty optional.
type Tensor struct {
	dt    DType
	shape []int
	n     int
	ptr   unsafe.Pointer // first element; nil when n is 0
	strs  []string
	elems []*Tensor
	buf   *Buffer
}

// Buffer is a block of memory that an arena lends to tensors.
type Buffer struct {
	Bytes []byte
	Refs  int  // live values that use it; only the arena's owner counts
	Given bool // outlives the arena
	// Parent is the block that this one lies in, which has a reference more for it; Fixed blocks are not computed over.
	Parent *Buffer
	Fixed  bool
}

// MaxElements is the largest number of elements that a tensor may have.
const MaxElements = 1 << 40

// ErrShape says that a shape is negative or too large.
var ErrShape = errors.New("tensor: shape is negative or too large")

// NumElements is the product of shape, checked against negative dimensions, overflow and
// MaxElements. The product of no dimensions is 1.
func NumElements(shape []int) (int, error) {
	n := 1
	zero := false
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("%w: %v", ErrShape, shape)
		}
		if d == 0 {
			zero = true
			continue
		}
		if n > MaxElements/d {
			return 0, fmt.Errorf("%w: %v", ErrShape, shape)
		}
		n *= d
	}
	if zero {
		return 0, nil
	}
	return n, nil
}

// New allocates a zeroed tensor. It panics when the shape is not valid (see NumElements).
func New(dt DType, shape ...int) *Tensor {
	n, err := NumElements(shape)
	if err != nil {
		panic(err)
	}
	t := &Tensor{dt: dt, shape: slices.Clone(shape), n: n}
	if dt == String {
		t.strs = make([]string, n)
	} else if n > 0 {
		t.ptr = alloc(n * dt.Size())
	}
	return t
}

// alloc gives memory aligned for any element.
func alloc(bytes int) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(make([]uint64, (bytes+7)/8)))
}

// From wraps data as a tensor of dt without a copy; data's length must be the shape's product.
func From[T Element](dt DType, shape []int, data []T) *Tensor {
	var z T
	if dt.Size() != int(unsafe.Sizeof(z)) || dt == String || dt == Sequence {
		panic(fmt.Sprintf("tensor: from: elements of %d bytes cannot be %v", unsafe.Sizeof(z), dt))
	}
	n, err := NumElements(shape)
	if err != nil {
		panic(err)
	}
	if n != len(data) {
		panic(fmt.Sprintf("tensor: from: shape %v wants %d elements, got %d", shape, n, len(data)))
	}
	t := &Tensor{dt: dt, shape: slices.Clone(shape), n: n}
	if n > 0 {
		t.ptr = unsafe.Pointer(unsafe.SliceData(data))
	}
	return t
}

// FromFloat32 wraps data as a float32 tensor without a copy.
func FromFloat32(shape []int, data []float32) *Tensor { return From(Float32, shape, data) }

// FromFloat64 wraps data as a float64 tensor without a copy.
func FromFloat64(shape []int, data []float64) *Tensor { return From(Float64, shape, data) }

// FromInt64 wraps data as an int64 tensor without a copy.
func FromInt64(shape []int, data []int64) *Tensor { return From(Int64, shape, data) }

// FromInt32 wraps data as an int32 tensor without a copy.
func FromInt32(shape []int, data []int32) *Tensor { return From(Int32, shape, data) }

// FromUint8 wraps data as a uint8 tensor without a copy.
func FromUint8(shape []int, data []uint8) *Tensor { return From(Uint8, shape, data) }

// FromBool wraps data as a bool tensor without a copy.
func FromBool(shape []int, data []bool) *Tensor { return From(Bool, shape, data) }

// FromStrings wraps data as a string tensor without a copy.
func FromStrings(shape []int, data []string) *Tensor {
	n, err := NumElements(shape)
	if err != nil || n != len(data) {
		panic(fmt.Sprintf("tensor: from: shape %v does not fit %d strings", shape, len(data)))
	}
	return &Tensor{dt: String, shape: slices.Clone(shape), n: n, strs: data}
}

// FromBytes wraps raw little-endian elements as a tensor without a copy. The memory may be at any
// alignment. Types narrower than a byte must already be unpacked to a byte an element.
func FromBytes(dt DType, shape []int, raw []byte) (*Tensor, error) {
	n, err := NumElements(shape)
	if err != nil {
		return nil, err
	}
	if dt.Size() == 0 || dt == String {
		return nil, fmt.Errorf("tensor: raw data of type %v", dt)
	}
	if n > math.MaxInt/dt.Size() || n*dt.Size() != len(raw) {
		return nil, fmt.Errorf("tensor: %v %v: want %d elements of %d bytes, got %d bytes", dt, shape, n, dt.Size(), len(raw))
	}
	t := &Tensor{dt: dt, shape: slices.Clone(shape), n: n}
	if n > 0 {
		t.ptr = unsafe.Pointer(unsafe.SliceData(raw))
	}
	return t, nil
}

// FromSequence makes a sequence value of elems.
func FromSequence(elems []*Tensor) *Tensor {
	return &Tensor{dt: Sequence, shape: []int{len(elems)}, n: len(elems), elems: elems}
}

// InBuffer makes a tensor over the beginning of b, whose contents are not cleared.
func InBuffer(b *Buffer, dt DType, shape []int, n int) *Tensor {
	if n*dt.Size() > len(b.Bytes) {
		panic("tensor: buffer is too small")
	}
	t := &Tensor{dt: dt, shape: slices.Clone(shape), n: n, buf: b}
	if n > 0 {
		t.ptr = unsafe.Pointer(unsafe.SliceData(b.Bytes))
	}
	return t
}

// DType is the type of the elements.
func (t *Tensor) DType() DType { return t.dt }

// Shape is the size of each dimension; a scalar has none. It must not be changed.
func (t *Tensor) Shape() []int { return t.shape }

// Rank is the number of dimensions.
func (t *Tensor) Rank() int { return len(t.shape) }

// Len is the number of elements.
func (t *Tensor) Len() int { return t.n }

// NumBytes is the memory that the elements take.
func (t *Tensor) NumBytes() int {
	if t.dt == String {
		n := 0
		for _, s := range t.strs {
			n += 16 + len(s)
		}
		return n
	}
	return t.n * t.dt.Size()
}

// Buffer is the arena's block that the elements lie in, nil where they belong to none.
func (t *Tensor) Buffer() *Buffer { return t.buf }

// Elems are the tensors of a sequence.
func (t *Tensor) Elems() []*Tensor { return t.elems }

// View is the same memory under another shape of as many elements.
func (t *Tensor) View(shape ...int) *Tensor {
	n, err := NumElements(shape)
	if err != nil || n != t.n {
		panic(fmt.Sprintf("tensor: view: %v elements as %v", t.n, shape))
	}
	v := *t
	v.shape = slices.Clone(shape)
	return &v
}

// Slice is the memory of elements lo to hi under the given shape.
func (t *Tensor) Slice(lo, hi int, shape ...int) *Tensor {
	n, err := NumElements(shape)
	if err != nil || lo < 0 || hi < lo || hi > t.n || n != hi-lo {
		panic(fmt.Sprintf("tensor: slice: [%d, %d) of %d as %v", lo, hi, t.n, shape))
	}
	v := *t
	v.shape, v.n = slices.Clone(shape), n
	if t.dt == String {
		v.strs = t.strs[lo:hi]
	} else if n > 0 {
		v.ptr = unsafe.Add(t.ptr, lo*t.dt.Size())
	} else {
		v.ptr = nil
	}
	return &v
}

// As is the same memory under another element type of the same size (codes as codes).
func (t *Tensor) As(dt DType) *Tensor {
	if dt.Size() != t.dt.Size() || dt == String || t.dt == String {
		panic(fmt.Sprintf("tensor: %v as %v", t.dt, dt))
	}
	v := *t
	v.dt = dt
	return &v
}

// Clone copies the value, out of any arena.
func (t *Tensor) Clone() *Tensor {
	switch t.dt {
	case None:
		return &Tensor{}
	case Sequence:
		e := make([]*Tensor, len(t.elems))
		for i, x := range t.elems {
			e[i] = x.Clone()
		}
		return FromSequence(e)
	case String:
		return FromStrings(t.shape, slices.Clone(t.strs))
	}
	c := New(t.dt, t.shape...)
	copy(c.Bytes(), t.Bytes())
	return c
}

// String names the type and shape, never the values.
func (t *Tensor) String() string {
	if t == nil {
		return "absent"
	}
	return fmt.Sprintf("%v%v", t.dt, t.shape)
}

// Detached is the same value without its tie to an arena, which must not reuse its memory.
func (t *Tensor) Detached() *Tensor {
	if t == nil {
		return nil
	}
	v := *t
	v.buf = nil
	if t.elems != nil {
		v.elems = make([]*Tensor, len(t.elems))
		for i, e := range t.elems {
			v.elems[i] = e.Detached()
		}
	}
	return &v
}
