//go:build amd64 && !noasm

package simd

func supported() []*tier { return nil }

func processorName() string { return "" }
