package simd

// tier is one set of kernels. The vector functions of an assembly tier take whole vectors only.
type tier struct {
	name     string
	lanes    int
	maxRows  [maxTileVecs + 1]int // by vectors across
	tile     func(rows, nv int, t *Tile)
	pastTail bool // see ReadsPastTail
	// by the number of rows or points
	winogradIn     [7]func(*WinogradIn)
	winogradOut    [7]func(*WinogradOut)
	winogradWeight func(dst *float32, dstStride int, src *float32, srcStride, vecs int)
	wholeIn        [7]func(*WinogradIn)
	wholeOut       [7]func(*WinogradOut)
	binary         [numBinary]func(dst, a, b []float32)
	unary          [numUnary]func(dst, x []float32, p, q float32)
	reduce         [numReduce]func(x, y []float32, p float32) float32
	depthwise      depthwiseTable
	shortDepthwise *depthwiseTable // for rows of at most half a vector, where that is better
	turn           func(*Turn)
	split4, merge4 func(dst, src *float32, stride, vecs int)
	everySecond    func(dst, src *float32, n int)
	copyRows       func(dst, src *float32, srcOff, dstStride, srcStride, rows, vecs int, masks *uint32)
	zip            func(dst, a, b []float32)             // whole vectors of a and b
	pairMax        func(dst, x []float32)                // whole vectors of dst
	words          [numWords]func(rows, nv int, t *Tile) // nil where there are no instructions for it
	quantise4      func(dst []uint32, a, b, c, d []float32, inverse float32, zero int32)
	centre2        func(dst []uint32, a, b []float32, inverse float32, zero int32)
	floatBytes     func(dst []byte, x []float32, step float32, zero, lo, hi int32)
	requantise     func(dst []byte, sum []int32, bias int32, scale float32, zero, lo, hi int32)
	dequantise     func(dst []float32, sum []int32, offset int32, factor float32, scale []float32)
	pairBfloat16   func(dst []uint32, a, b []float32)
	roundBfloat16  func(dst, x []float32)
	rangeOf        func(x []float32, lo, hi *[16]float32)
	vector         int // the vector functions' granule; 1 takes any length
	double         doubles
}

var plainTier = tier{
	name:    Plain,
	lanes:   8,
	maxRows: [maxTileVecs + 1]int{1: 4},
	tile:    func(rows, nv int, t *Tile) { tilePlain(rows, nv, 8, t) },
	winogradIn: [7]func(*WinogradIn){
		4: func(t *WinogradIn) { winogradInPlain(4, 8, t) },
		6: func(t *WinogradIn) { winogradInPlain(6, 8, t) },
	},
	winogradOut: [7]func(*WinogradOut){
		4: func(t *WinogradOut) { winogradOutPlain(4, 8, t) },
		6: func(t *WinogradOut) { winogradOutPlain(6, 8, t) },
	},
	winogradWeight: func(dst *float32, dstStride int, src *float32, srcStride, vecs int) {
		winogradWeightPlain(dst, dstStride, src, srcStride, 8*vecs)
	},
	wholeIn: [7]func(*WinogradIn){
		4: func(t *WinogradIn) { wholeInPlain(4, 8, t) },
		6: func(t *WinogradIn) { wholeInPlain(6, 8, t) },
	},
	wholeOut: [7]func(*WinogradOut){
		4: func(t *WinogradOut) { wholeOutPlain(4, 8, t) },
		6: func(t *WinogradOut) { wholeOutPlain(6, 8, t) },
	},
	depthwise:   depthwisePlain,
	turn:        turnPlain,
	everySecond: everySecondPlain,
	copyRows: func(dst, src *float32, srcOff, dstStride, srcStride, rows, vecs int, masks *uint32) {
		copyRowsPlain(dst, src, srcOff, dstStride, srcStride, rows, vecs, masks, 8)
	},
	binary:  binaryPlain,
	unary:   unaryPlain,
	reduce:  reducePlain,
	split4:  func(dst, src *float32, stride, vecs int) { split4Plain(dst, src, stride, vecs, 8) },
	merge4:  func(dst, src *float32, stride, vecs int) { merge4Plain(dst, src, stride, vecs, 8) },
	zip:     zipPlain,
	pairMax: pairMaxPlain,
	vector:  1,
	double:  doublePlain,
}
