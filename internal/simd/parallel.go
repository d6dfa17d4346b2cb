package simd

import (
	"sync"
	"sync/atomic"
)

// Parallel splits 0..n into at most threads contiguous ranges and calls f on each, the last ones at the same time as the first.
// It returns when all are done. The caller must make f's result independent of where the borders lie.
func Parallel(threads, n int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	threads = min(threads, n)
	if threads <= 1 {
		f(0, n)
		return
	}
	var g group
	for t := 1; t < threads; t++ {
		g.start(func() { f(t*n/threads, (t+1)*n/threads) })
	}
	g.here(func() { f(0, n/threads) })
	g.wait()
}

// group is workers whose panic, the first that is met, goes on in the caller.
type group struct {
	wg     sync.WaitGroup
	left   atomic.Int32
	once   sync.Once
	caught any
}

func (g *group) start(f func()) {
	g.wg.Add(1)
	g.left.Add(1)
	post(func() {
		defer g.wg.Done()
		defer g.left.Add(-1)
		g.here(f)
	})
}

func (g *group) here(f func()) {
	defer func() {
		if p := recover(); p != nil {
			g.once.Do(func() { g.caught = p })
		}
	}()
	f()
}

func (g *group) wait() {
	spin(waitFor, func() bool { return g.left.Load() == 0 })
	g.wg.Wait()
	if g.caught != nil {
		panic(g.caught)
	}
}

// Each calls f(worker, i) once for every i in 0..n, by at most threads workers that take the next i when they are free. Worker
// numbers are 0..threads-1, for scratch memory. The result is the same for any number of threads if the calls are independent.
func Each(threads, n int, f func(worker, i int)) {
	threads = min(threads, n)
	if threads <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	run := func(worker int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(worker, i)
		}
	}
	var g group
	for t := 1; t < threads; t++ {
		g.start(func() { run(t) })
	}
	g.here(func() { run(0) })
	g.wait()
}
