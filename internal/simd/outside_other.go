//go:build !unix

package simd

func outside(int) []byte { return nil }

func giveBack([]byte) {}
