package exec

import (
	"sync"

	"golang.org/x/sys/unix"
)

// reserved is the address space that a region asks for at first.
const reserved = 1 << 40

// newRegion reserves a region, nil where the system refuses.
func newRegion() *region {
	for size := reserved; size >= 1<<32; size >>= 2 {
		mem, err := unix.Mmap(-1, 0, size, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
		if err == nil {
			return &region{mem: mem}
		}
	}
	return nil
}

// growth is the grain in which a region becomes accessible.
const growth = 64 << 20

// grow makes the first n bytes accessible.
func (r *region) grow(n int) bool {
	if n <= r.ready {
		return true
	}
	n = min((n+growth-1)/growth*growth, len(r.mem))
	more := r.mem[r.ready:n]
	if unix.Mprotect(more, unix.PROT_READ|unix.PROT_WRITE) != nil {
		return false
	}
	_ = unix.Madvise(more, unix.MADV_HUGEPAGE) // a refusal costs time only
	r.ready = n
	return true
}

func (r *region) release() { _ = unix.Munmap(r.mem) }

// machineMemory is the bytes of memory and swap that the machine has, 0 where it does not tell.
var machineMemory = sync.OnceValue(func() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram+info.Totalswap) * int64(info.Unit)
})

func leaveMemory(b []byte) { _ = unix.Madvise(b, unix.MADV_DONTNEED) }
