//go:build amd64 && !noasm

package simd

//go:noescape
func winogradIn4x512(t *WinogradIn)

//go:noescape
func winogradIn6x512(t *WinogradIn)

//go:noescape
func winogradOut4x512(t *WinogradOut)

//go:noescape
func winogradOut6x512(t *WinogradOut)

//go:noescape
func winogradIn4x256(t *WinogradIn)

//go:noescape
func winogradIn6x256(t *WinogradIn)

//go:noescape
func winogradOut4x256(t *WinogradOut)

//go:noescape
func winogradOut6x256(t *WinogradOut)

//go:noescape
func winogradWholeIn4x512(t *WinogradIn)

//go:noescape
func winogradWholeIn6x512(t *WinogradIn)

//go:noescape
func winogradWholeOut4x512(t *WinogradOut)

//go:noescape
func winogradWholeOut6x512(t *WinogradOut)

//go:noescape
func winogradWholeIn4x256(t *WinogradIn)

//go:noescape
func winogradWholeIn6x256(t *WinogradIn)

//go:noescape
func winogradWholeOut4x256(t *WinogradOut)

//go:noescape
func winogradWholeOut6x256(t *WinogradOut)

//go:noescape
func winogradWeight512(dst *float32, dstStride int, src *float32, srcStride int, vecs int)

//go:noescape
func winogradWeight256(dst *float32, dstStride int, src *float32, srcStride int, vecs int)
