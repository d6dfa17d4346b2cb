package exec

import (
	"slices"
	"unsafe"
)

// region is address space outside the garbage collector's, of which pages count only once they are written to. Blocks are cut
// from it where they fit best, and join their free neighbours when they come back.
type region struct {
	mem   []byte
	ready int    // bytes from the start that may be accessed
	top   int    // end of the last block that is lent
	most  int    // the largest top so far
	holes []hole // below top, in order, none touching another
}

type hole struct{ at, size int }

// page is the grain of blocks.
const page = 4096

// alloc cuts a block of at least n bytes, nil where there is no room.
func (r *region) alloc(n int) []byte {
	size := (n + page - 1) / page * page
	best := -1
	for i, h := range r.holes {
		if h.size >= size && (best < 0 || h.size < r.holes[best].size) {
			best = i
		}
	}
	if best >= 0 {
		h := &r.holes[best]
		at := h.at
		if h.at, h.size = h.at+size, h.size-size; h.size == 0 {
			r.holes = slices.Delete(r.holes, best, best+1)
		}
		return r.mem[at : at+n : at+size]
	}
	if size > len(r.mem)-r.top {
		return nil
	}
	at := r.top
	if !r.grow(at + size) {
		return nil
	}
	r.top = at + size
	r.most = max(r.most, r.top)
	return r.mem[at : at+n : at+size]
}

func (r *region) owns(b []byte) bool {
	if r == nil || cap(b) == 0 {
		return false
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	from := uintptr(unsafe.Pointer(unsafe.SliceData(r.mem)))
	return at >= from && at < from+uintptr(len(r.mem))
}

// free takes back a block that alloc gave, or the end of one from a multiple of page on.
func (r *region) free(b []byte) {
	at := int(uintptr(unsafe.Pointer(unsafe.SliceData(b))) - uintptr(unsafe.Pointer(unsafe.SliceData(r.mem))))
	size := cap(b)
	i, _ := slices.BinarySearchFunc(r.holes, at, func(h hole, at int) int { return h.at - at })
	if i < len(r.holes) && at+size == r.holes[i].at {
		size += r.holes[i].size
		r.holes = slices.Delete(r.holes, i, i+1)
	}
	if i > 0 && r.holes[i-1].at+r.holes[i-1].size == at {
		i--
		at, size = r.holes[i].at, size+r.holes[i].size
		r.holes = slices.Delete(r.holes, i, i+1)
	}
	if at+size == r.top {
		r.top = at
		return
	}
	r.holes = slices.Insert(r.holes, i, hole{at, size})
}

// reset takes back all blocks.
func (r *region) reset() {
	if r != nil {
		r.top, r.holes = 0, r.holes[:0]
	}
}

// leaveFrom is the size in bytes of a hole from which its pages are worth letting go.
const leaveFrom = 2 << 20

// leave lets the pages of holes leave memory: what is lent of them next is of zeros.
func (r *region) leave() {
	if r == nil {
		return
	}
	for _, h := range r.holes {
		if h.size >= leaveFrom {
			leaveMemory(r.mem[h.at : h.at+h.size])
		}
	}
}
