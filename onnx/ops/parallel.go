package ops

import "sync"

// parallel splits [0, n) into at most c.Threads runs of at least grain and calls f on each. Every
// index is handled by one call, so results do not depend on the number of threads. Runs of many
// elements begin at multiples of 64, so that vector kernels meet the same tail however many there are.
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
	border := func(p int) int {
		if p == parts {
			return n
		}
		at := p * (n / parts)
		if grain >= 1<<12 {
			at &^= 63
		}
		return at
	}
	for p := 1; p < parts; p++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(border(p), border(p+1))
		}()
	}
	work(0, border(1))
	wg.Wait()
	if thrown != nil {
		panic(thrown)
	}
}

// grainOf is the number of items of the given cost, in elementary operations, that are worth a
// goroutine.
func grainOf(cost int) int { return max(1, 1<<15/max(1, cost)) }
