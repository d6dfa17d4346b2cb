package simd

import "sync"

const scratchClasses = 26 // 64 floats to 2 Gi floats

var scratch [scratchClasses]sync.Pool

// Scratch is a buffer lent by Borrow.
type Scratch struct {
	F     []float32 // as long as was asked for, contents undefined, with 64 more floats of capacity behind it
	class int
}

// Borrow lends a buffer of n floats, whose contents are undefined. Return gives it back.
func Borrow(n int) *Scratch {
	class, size := 0, 64
	for size < n+64 {
		class++
		size *= 2
	}
	// Sizes between powers of two come in steps of an eighth, so that no more than that is wasted.
	if size >= 1<<16 {
		step := size / 16
		want := (n + 64 + step - 1) / step * step
		if want < size {
			size = want
		}
	}
	if class < scratchClasses {
		if s, _ := scratch[class].Get().(*Scratch); s != nil && cap(s.F) >= n+64 {
			s.F = s.F[:n]
			return s
		}
	}
	return &Scratch{F: Alloc(size)[:n], class: class}
}

// Return gives the buffer back for others to borrow.
func (s *Scratch) Return() {
	if s.class < scratchClasses {
		scratch[s.class].Put(s)
	}
}
