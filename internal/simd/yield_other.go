//go:build !linux

package simd

// yield lets another thread that waits for this processor go first, where the system offers that.
func yield() {}
