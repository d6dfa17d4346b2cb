package ops

import "sync"

// parallel splits [0, n) into at most c.Threads runs of at least grain and calls f on each. Every
// index is handled by one call, so results do not depend on the number of threads.
func (c *Call) parallel(n, grain int, f func(lo, hi int)) {
	if grain < 1 {
		grain = 1
	}
	parts := min(c.Threads, (n+grain-1)/grain)
	if parts <= 1 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var thrown any
	work := func(lo, hi int) {
		defer func() {
			if p := recover(); p != nil {
				mu.Lock()
				thrown = p
				mu.Unlock()
			}
		}()
		f(lo, hi)
	}
	for p := 1; p < parts; p++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(p*n/parts, (p+1)*n/parts)
		}()
	}
	work(0, n/parts)
	wg.Wait()
	if thrown != nil {
		panic(thrown)
	}
}

// grainOf is the number of items of the given cost, in elementary operations, that are worth a
// goroutine.
func grainOf(cost int) int { return max(1, 1<<15/max(1, cost)) }
