package exec

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"sync/atomic"

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

// largeFrom is the size in bytes from which blocks lie in the arena's region; smaller ones, and all where there is no region,
// are the garbage collector's.
const largeFrom = 64 << 10

// arena lends the blocks of one run and keeps them for the next. It is used by one goroutine at a time. Memory of its region is
// no longer valid when the arena is closed.
type arena struct {
	limit  int64 // 0 is none
	free   []*tensor.Buffer
	region *region
	live   int64 // bytes lent
	idle   int64 // bytes in free
	peak   int64 // of live
}

func newArena(limit int64) *arena { return &arena{limit: limit, region: newRegion()} }

// close gives the arena's memory back to the system.
func (a *arena) close() {
	if a.region != nil {
		a.region.release()
	}
	a.region, a.free, a.idle = nil, nil, 0
}

// size is the memory that the arena holds, about.
func (a *arena) size() int64 {
	n := a.idle
	if a.region != nil {
		n += int64(a.region.most)
	}
	return n
}

// Alloc lends a block: from the region, or an idle one that is not much larger where there is one.
func (a *arena) Alloc(n int) (*tensor.Buffer, error) {
	size := (n + 63) &^ 63
	if err := a.fits(size); err != nil {
		return nil, err
	}
	if a.region != nil && size >= largeFrom {
		if size >= releaseFrom && a.region.top+size > a.region.most {
			debug.FreeOSMemory() // what is garbage now would be there at the peak
		}
		if mem := a.region.alloc(size); mem != nil {
			b := &tensor.Buffer{Bytes: mem}
			a.lent(b)
			return b, nil
		}
	}
	i := sort.Search(len(a.free), func(i int) bool { return len(a.free[i].Bytes) >= n })
	if i < len(a.free) && len(a.free[i].Bytes) <= n+n/2+1<<12 {
		b := a.free[i]
		a.free = append(a.free[:i], a.free[i+1:]...)
		a.idle -= int64(len(b.Bytes))
		a.lent(b)
		return b, nil
	}
	for len(a.free) > 0 && a.limit > 0 && a.live+a.idle+int64(size) > a.limit {
		last := len(a.free) - 1
		a.idle -= int64(len(a.free[last].Bytes))
		a.free = a.free[:last]
	}
	b := collected(size)
	a.lent(b)
	return b, nil
}

// fits refuses a block that passes the limit, or the machine.
func (a *arena) fits(size int) error {
	if a.limit > 0 && a.live+int64(size) > a.limit {
		return &MemoryError{Need: a.live + int64(size), Limit: a.limit}
	}
	if most := machineMemory(); most > 0 && int64(size) > most {
		return &MemoryError{Need: int64(size), Limit: most}
	}
	return nil
}

// collected is a block that the garbage collector owns.
func collected(size int) *tensor.Buffer {
	return &tensor.Buffer{Bytes: tensor.FromFloat32([]int{size / 4}, simd.Alloc(size/4)).Bytes()}
}

func (a *arena) lent(b *tensor.Buffer) {
	b.Refs = 0
	a.live += int64(len(b.Bytes))
	a.peak = max(a.peak, a.live)
}

// Free takes a block back.
func (a *arena) Free(b *tensor.Buffer) { a.put(b) }

func (a *arena) put(b *tensor.Buffer) {
	if p := b.Parent; p != nil {
		if p.Refs--; p.Refs == 0 {
			a.put(p)
		}
		return
	}
	n := len(b.Bytes)
	a.live -= int64(n)
	if a.region.owns(b.Bytes) {
		a.region.free(b.Bytes)
		return
	}
	if b.Given {
		return
	}
	a.idle += int64(n)
	i := sort.Search(len(a.free), func(i int) bool { return len(a.free[i].Bytes) >= n })
	a.free = append(a.free, nil)
	copy(a.free[i+1:], a.free[i:])
	a.free[i] = b
}

// Shrink takes back all of a block but n bytes, where it can.
func (a *arena) Shrink(b *tensor.Buffer, n int) {
	keep := (n + page - 1) / page * page
	if b.Parent != nil || !a.region.owns(b.Bytes) || keep >= len(b.Bytes) {
		return
	}
	a.live -= int64(len(b.Bytes) - keep)
	a.region.free(b.Bytes[keep:cap(b.Bytes)])
	b.Bytes = b.Bytes[:keep:keep]
}

// reset takes back all that is lent.
func (a *arena) reset() {
	a.live = 0
	a.region.reset()
}

// given lends blocks for a run's results: they are never lent again, and outlive the arena.
type given struct{ *arena }

func (g given) Alloc(n int) (*tensor.Buffer, error) {
	size := (n + 63) &^ 63
	if err := g.fits(size); err != nil {
		return nil, err
	}
	sweep(size)
	b := collected(size)
	b.Given = true
	g.lent(b)
	return b, nil
}

// sweepEvery is the bytes of results after which those of earlier runs are looked for among the garbage: the collector's own rhythm
// follows the weights, which are far more, and would leave many of them. Before a result of releaseFrom bytes what is collected goes back
// to the system, since the result seldom fits into its gaps.
const (
	sweepEvery  = 32 << 20
	releaseFrom = 128 << 20
)

var sinceSweep atomic.Int64

func sweep(size int) {
	if size >= releaseFrom {
		sinceSweep.Store(0)
		debug.FreeOSMemory()
		return
	}
	if size >= 1<<20 && sinceSweep.Add(int64(size)) >= sweepEvery {
		sinceSweep.Store(0)
		runtime.GC()
	}
}

// offered lends the memory that a run's caller has for results, each block once and where the size is the same, before it does as
// given.
type offered struct {
	given
	blocks [][]byte
}

func (o *offered) Alloc(n int) (*tensor.Buffer, error) {
	for i, mem := range o.blocks {
		if len(mem) == n {
			o.blocks = slices.Delete(o.blocks, i, i+1)
			b := &tensor.Buffer{Bytes: mem, Given: true}
			o.lent(b)
			return b, nil
		}
	}
	return o.given.Alloc(n)
}

// out is a result that outlives the arena.
func (a *arena) out(t *tensor.Tensor) *tensor.Tensor {
	if t == nil {
		return nil
	}
	if t.DType() == tensor.Sequence {
		elems := make([]*tensor.Tensor, len(t.Elems()))
		for i, e := range t.Elems() {
			elems[i] = a.out(e)
		}
		return tensor.FromSequence(elems)
	}
	if b := t.Buffer(); b != nil && !b.Given {
		return t.Clone()
	}
	return t.Detached()
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
