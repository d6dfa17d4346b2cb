package exec

import (
	"fmt"
	"sort"

	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// MemoryError says that a run needs more memory than its limit.
type MemoryError struct {
	Need  int64 // bytes that were in use with the block that was refused, a lower bound of what the run needs
	Limit int64
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("memory limit of %d bytes: the run needs at least %d", e.Limit, e.Need)
}

// arena lends the blocks of one run and keeps them for the next. It is used by one goroutine at a time.
type arena struct {
	limit int64 // 0 is none
	free  []*tensor.Buffer
	live  int64 // bytes lent
	idle  int64 // bytes in free
	peak  int64
}

// Alloc lends a block: an idle one that is not much larger where there is one.
func (a *arena) Alloc(n int) (*tensor.Buffer, error) {
	i := sort.Search(len(a.free), func(i int) bool { return len(a.free[i].Bytes) >= n })
	if i < len(a.free) && len(a.free[i].Bytes) <= n+n/2+1<<12 {
		b := a.free[i]
		a.free = append(a.free[:i], a.free[i+1:]...)
		a.idle -= int64(len(b.Bytes))
		a.lent(b)
		return b, nil
	}
	size := (n + 63) &^ 63
	if a.limit > 0 && a.live+int64(size) > a.limit {
		return nil, &MemoryError{Need: a.live + int64(size), Limit: a.limit}
	}
	for len(a.free) > 0 && a.limit > 0 && a.live+a.idle+int64(size) > a.limit {
		last := len(a.free) - 1
		a.idle -= int64(len(a.free[last].Bytes))
		a.free = a.free[:last]
	}
	b := &tensor.Buffer{Bytes: tensor.FromFloat32([]int{size / 4}, simd.Alloc(size/4)).Bytes()}
	a.lent(b)
	return b, nil
}

func (a *arena) lent(b *tensor.Buffer) {
	b.Refs = 0
	a.live += int64(len(b.Bytes))
	a.peak = max(a.peak, a.live+a.idle)
}

// Free takes a block back.
func (a *arena) Free(b *tensor.Buffer) { a.put(b) }

func (a *arena) put(b *tensor.Buffer) {
	n := len(b.Bytes)
	a.live -= int64(n)
	a.idle += int64(n)
	i := sort.Search(len(a.free), func(i int) bool { return len(a.free[i].Bytes) >= n })
	a.free = append(a.free, nil)
	copy(a.free[i+1:], a.free[i:])
	a.free[i] = b
}

// retain counts one more live value over t's blocks, release one fewer, giving blocks back that none
// uses.
func retain(t *tensor.Tensor) {
	if t == nil {
		return
	}
	for _, e := range t.Elems() {
		retain(e)
	}
	if b := t.Buffer(); b != nil {
		b.Refs++
	}
}

func (a *arena) release(t *tensor.Tensor) {
	if t == nil {
		return
	}
	for _, e := range t.Elems() {
		a.release(e)
	}
	if b := t.Buffer(); b != nil {
		if b.Refs--; b.Refs == 0 {
			a.put(b)
		}
	}
}
