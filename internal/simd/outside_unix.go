//go:build unix

package simd

import "syscall"

// outside maps size bytes of fresh memory, nil where the system refuses.
func outside(size int) []byte {
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return mem
}

func giveBack(mem []byte) { _ = syscall.Munmap(mem) }
