//go:build !amd64 || noasm

package jpeg2000

const fast = false

func significanceFast(*passes) { panic("jpeg2000: no such kernel") }

func refinementFast(*passes) { panic("jpeg2000: no such kernel") }

func cleanupFast(*passes) { panic("jpeg2000: no such kernel") }

func quadsFast(*quadRows) { panic("jpeg2000: no such kernel") }
