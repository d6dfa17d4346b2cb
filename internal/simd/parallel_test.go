package simd

import (
	"sync/atomic"
	"testing"
)

func TestParallelCoversOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 100} {
		for threads := -1; threads < 9; threads++ {
			seen := make([]atomic.Int32, n)
			Parallel(threads, n, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					seen[i].Add(1)
				}
			})
			Each(threads, n, func(worker, i int) {
				if worker < 0 || worker >= max(1, threads) {
					t.Errorf("worker %d of %d", worker, threads)
				}
				seen[i].Add(1)
			})
			for i := range seen {
				if seen[i].Load() != 2 {
					t.Fatalf("n=%d threads=%d: %d was done %d times", n, threads, i, seen[i].Load())
				}
			}
		}
	}
}

// TestPanicReachesCaller: a caller that recovers must be able to, whichever worker it was.
func TestPanicReachesCaller(t *testing.T) {
	for bad := range 4 {
		for _, run := range []func(f func(i int)){
			func(f func(i int)) { Each(4, 4, func(_, i int) { f(i) }) },
			func(f func(i int)) { Parallel(4, 4, func(lo, _ int) { f(lo) }) },
		} {
			func() {
				defer func() {
					if r := recover(); r != "bad" {
						t.Errorf("recovered %v", r)
					}
				}()
				run(func(i int) {
					if i == bad {
						panic("bad")
					}
				})
			}()
		}
	}
}
