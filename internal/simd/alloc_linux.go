package simd

import (
	"os"
	"syscall"
	"unsafe"
)

// adviseHuge asks for large pages for the whole pages in b; a refusal changes nothing.
func adviseHuge(b []byte) {
	page := os.Getpagesize()
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	lo := (page - int(start%uintptr(page))) % page
	hi := len(b) - int((start+uintptr(len(b)))%uintptr(page))
	if lo < hi {
		const hugePage = 14 // MADV_HUGEPAGE
		_ = syscall.Madvise(b[lo:hi], hugePage)
	}
}
