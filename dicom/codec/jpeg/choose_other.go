//go:build !amd64 || noasm

package jpeg

const fast = false

func idctFast(*byte, int, *int16, *int32) { panic("jpeg: no such kernel") }

func doubleRowFast(_, _, _ *byte, _ int) { panic("jpeg: no such kernel") }

func widenRowFast(_, _, _ *byte, _ int) { panic("jpeg: no such kernel") }

func interleaveFast(_, _, _, _ *byte, _ int) { panic("jpeg: no such kernel") }
