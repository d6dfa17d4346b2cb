package ops

import "github.com/caliper-imaging/caliper/internal/simd"

// parallel splits [0, n) into runs of about grain or more and calls f on each, by c.Threads workers. Every
// index is handled by one call, so results do not depend on the number of threads. Runs of many
// elements begin at multiples of 64, so that vector kernels meet the same tail however many there are.
func (c *Call) parallel(n, grain int, f func(lo, hi int)) {
	if grain < 1 {
		grain = 1
	}
	parts := min(max(c.Threads, 1)*runsPerThread, (n+grain-1)/grain)
	if c.Threads <= 1 || parts <= 1 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	border := func(p int) int {
		at := p * n / parts
		if p < parts && grain >= 1<<12 {
			at &^= 63
		}
		return at
	}
	simd.Each(c.Threads, parts, func(_, p int) {
		if lo, hi := border(p), border(p+1); lo < hi {
			f(lo, hi)
		}
	})
}

// runsPerThread is in how many runs a thread's share is cut, so that one that is late leaves some to the others.
const runsPerThread = 4

// grainOf is the number of items of the given cost, in elementary operations, that are worth a
// goroutine.
func grainOf(cost int) int { return max(1, 1<<15/max(1, cost)) }
