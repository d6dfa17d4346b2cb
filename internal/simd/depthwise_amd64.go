//go:build amd64 && !noasm

package simd

var (
	depthwise512 = depthwiseTable{
		3: {1: depthwise3s1x512, 2: depthwise3s2x512},
		5: {1: depthwise5s1x512, 2: depthwise5s2x512},
		7: {1: depthwise7s1x512},
	}
	depthwiseShort512 = depthwiseTable{
		3: {1: depthwise3s1xshort512, 2: depthwise3s2xshort512},
		5: {1: depthwise5s1xshort512, 2: depthwise5s2xshort512},
		7: {1: depthwise7s1xshort512},
	}
	depthwise256 = depthwiseTable{
		3: {1: depthwise3s1x256, 2: depthwise3s2x256},
		5: {1: depthwise5s1x256, 2: depthwise5s2x256},
		7: {1: depthwise7s1x256},
	}
)

//go:noescape
func depthwise3s1x512(t *Depthwise)

//go:noescape
func depthwise3s2x512(t *Depthwise)

//go:noescape
func depthwise5s1x512(t *Depthwise)

//go:noescape
func depthwise5s2x512(t *Depthwise)

//go:noescape
func depthwise7s1x512(t *Depthwise)

//go:noescape
func depthwise3s1x256(t *Depthwise)

//go:noescape
func depthwise3s2x256(t *Depthwise)

//go:noescape
func depthwise5s1x256(t *Depthwise)

//go:noescape
func depthwise5s2x256(t *Depthwise)

//go:noescape
func depthwise7s1x256(t *Depthwise)

//go:noescape
func depthwise3s1xshort512(t *Depthwise)

//go:noescape
func depthwise3s2xshort512(t *Depthwise)

//go:noescape
func depthwise5s1xshort512(t *Depthwise)

//go:noescape
func depthwise5s2xshort512(t *Depthwise)

//go:noescape
func depthwise7s1xshort512(t *Depthwise)
