package simd

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A thread that sleeps is woken late, and on a virtual machine often on the processor of the one that wakes it, where both then
// take turns for milliseconds. So a worker that has done its part looks for another for a while before it ends, and who waits for
// workers looks for their end before it sleeps.
const (
	lingerFor = 200 * time.Microsecond
	waitFor   = time.Millisecond
	maxLinger = 256
)

var (
	lingering atomic.Int32                   // workers that look for work, less those that are promised some
	handed    = make(chan func(), maxLinger) // what was promised
)

// post has a lingering worker, or else a new one, call f.
func post(f func()) {
	if take() {
		handed <- f
		return
	}
	go work(f)
}

// take takes one from the number of lingering workers, unless there are none.
func take() bool {
	for {
		n := lingering.Load()
		if n <= 0 {
			return false
		}
		if lingering.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

func work(f func()) {
	for f != nil {
		f()
		f = next()
	}
}

// next is the work that the worker gets while it lingers, or nil.
func next() (f func()) {
	if lingering.Load() >= maxLinger/2 || runtime.GOMAXPROCS(0) == 1 {
		return nil
	}
	lingering.Add(1)
	spin(lingerFor, func() bool {
		select {
		case f = <-handed:
		default:
		}
		return f != nil
	})
	if f != nil || take() {
		return f
	}
	return <-handed // somebody counts on this worker
}

// spin calls done until it is true or the time is over, and lets other goroutines and threads go first.
func spin(long time.Duration, done func() bool) {
	if done() || runtime.GOMAXPROCS(0) == 1 {
		return
	}
	for start := time.Now(); time.Since(start) < long; {
		for range 32 {
			if done() {
				return
			}
		}
		runtime.Gosched()
		yield()
	}
}
