//go:build amd64 && !noasm

package simd

var rows512 = rowKernels{
	mix: mix512, mixStream: mixStream512, clamp: affineClamp512, clampStream: affineClampStream512, leaky: affineLeaky512,
	leakyStream: affineLeakyStream512, copyStream: copyRowStream512, top: maxOfRows512, pairTop: pairMaxOfRows512, pick: pick512, blend: blend512,
	moments: momentsRow512, expSum: expSum512, expRows: expRows512, norm: normRow512, transpose: transpose8x512, endStreams: endStreams512,
}

var rows256 = rowKernels{
	mix: mix256, mixStream: mixStream256, clamp: affineClamp256, clampStream: affineClampStream256, leaky: affineLeaky256,
	leakyStream: affineLeakyStream256, copyStream: copyRowStream256, top: maxOfRows256, pairTop: pairMaxOfRows256, pick: pick256, blend: blend256,
	moments: momentsRow256, expSum: expSum256, expRows: expRows256, norm: normRow256, transpose: transpose8x256, endStreams: endStreams256,
}

func rowsOf(t *tier) *rowKernels {
	switch t.name {
	case AVX512:
		return &rows512
	case AVX2:
		return &rows256
	}
	return &rowsPlain
}
