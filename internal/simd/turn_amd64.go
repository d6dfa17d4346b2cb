//go:build amd64 && !noasm

package simd

//go:noescape
func turn512(t *Turn)

//go:noescape
func turn256(t *Turn)
