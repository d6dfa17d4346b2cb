//go:build amd64 && !noasm

package simd

var rows512 = rowKernels{
	mix: mix512, mixStream: mixStream512, clamp: affineClamp512, clampStream: affineClampStream512, leaky: affineLeaky512,
	leakyStream: affineLeakyStream512, copyStream: copyRowStream512, top: maxOfRows512, pairTop: pairMaxOfRows512, pick: pick512, blend: blend512,
	moments: momentsRow512, expSum: expSum512, expRows: expRows512, norm: normRow512, transpose: transpose8x512, endStreams: endStreams512,
	elementary: [numElementary]func(dst, x *float32, n int){
		rowRound: rowRound512, rowFloor: rowFloor512, rowCeil: rowCeil512, rowSqrt: rowSqrt512, rowReciprocal: rowReciprocal512, rowAbs: rowAbs512, rowLog: rowLog512, rowSoftplus: rowSoftplus512, rowMish: rowMish512,
	},
}

var rows256 = rowKernels{
	mix: mix256, mixStream: mixStream256, clamp: affineClamp256, clampStream: affineClampStream256, leaky: affineLeaky256,
	leakyStream: affineLeakyStream256, copyStream: copyRowStream256, top: maxOfRows256, pairTop: pairMaxOfRows256, pick: pick256, blend: blend256,
	moments: momentsRow256, expSum: expSum256, expRows: expRows256, norm: normRow256, transpose: transpose8x256, endStreams: endStreams256,
	elementary: [numElementary]func(dst, x *float32, n int){
		rowRound: rowRound256, rowFloor: rowFloor256, rowCeil: rowCeil256, rowSqrt: rowSqrt256, rowReciprocal: rowReciprocal256, rowAbs: rowAbs256, rowLog: rowLog256, rowSoftplus: rowSoftplus256, rowMish: rowMish256,
	},
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
