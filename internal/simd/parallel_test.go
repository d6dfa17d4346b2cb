package simd

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
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

// TestCrew has many callers at once, each with workers that call for others, at paces at which workers linger or have gone.
func TestCrew(t *testing.T) {
	var done atomic.Int64
	var wg sync.WaitGroup
	const callers, rounds = 8, 60
	for c := range callers {
		wg.Go(func() {
			for r := range rounds {
				Each(3, 4, func(_, _ int) { Parallel(2, 2, func(lo, hi int) { done.Add(int64(hi - lo)) }) })
				if (r+c)%20 == 0 {
					time.Sleep(lingerFor * time.Duration(c) / 4)
				}
			}
		})
	}
	wg.Wait()
	if got := done.Load(); got != callers*rounds*8 {
		t.Errorf("%d parts were done, want %d", got, callers*rounds*8)
	}
	for end := time.Now().Add(10 * time.Second); lingering.Load() != 0; time.Sleep(lingerFor) {
		if time.Now().After(end) {
			t.Fatalf("%d workers still look for work", lingering.Load())
		}
	}
	if len(handed) != 0 {
		t.Errorf("%d pieces of work are left", len(handed))
	}
}
