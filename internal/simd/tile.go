package simd

import (
	"math"
	"unsafe"
)

// Tap is one run of a Tile's sum: byte offsets into A and B at which its N steps start.
type Tap struct{ A, B int }

// Tile is the work of one call of the row-tile kernel, which both the matrix product and the convolutions stand on:
//
//	C[r][j] = clamp(init[r][j] + Σ over taps t, Σ over 0 ≤ i < N: A[(t.A + i·AStride)/4 + r] · B[(t.B + i·BStride)/4 + j])
//
// for r < rows and j < nv·Lanes() (the last vector stores only Tail lanes). Where ReadsPastTail says so, and in tiles of words, B
// is read in whole vectors, past Tail too, and needs that much memory behind it. An AStride of 0 stands for 4·rows: steps that
// follow each other; tiles of words know no other. init is Bias[r] when Bias is set, plus Init[r·CStride/4 + j] when Init is set.
// Strides are in bytes. The clamp lets NaN through; Lo and Hi are −Inf and +Inf for none.
type Tile struct {
	A, B, C *float32
	Taps    *Tap
	NTaps   int
	N       int
	BStride int
	CStride int
	Bias    *float32
	Init    *float32
	Tail    int
	Lo, Hi  float32
	Scale   *float32 // of integer sums, by row
	Words   Words
	AStride int
	// Fetch is where memory begins that will be needed soon: a line of it is asked for at each step of the sum, FetchStep bytes on
	// from the one before. It is a hint, and may lie anywhere.
	Fetch     uintptr
	FetchStep int
}

func (t *Tile) aStride(rows int) int {
	if t.AStride == 0 {
		return 4 * rows
	}
	return t.AStride
}

// NoClamp sets Lo and Hi so that nothing is clamped.
func (t *Tile) NoClamp() {
	t.Lo, t.Hi = float32(math.Inf(-1)), float32(math.Inf(1))
}

const (
	maxTileRows = 14
	maxTileVecs = 4
)

func at(p *float32, bytes int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}

// Lanes returns the floats in one vector of the row-tile kernel.
func Lanes() int { return active.lanes }

// MaxRows returns the most rows of a tile in the kernel that is nv vectors wide, 1 ≤ nv ≤ MaxVecs(1).
func MaxRows(nv int) int { return active.maxRows[nv] }

// MaxVecs returns the most vectors of a tile of so many rows.
func MaxVecs(rows int) int {
	nv := 1
	for nv < maxTileVecs && active.maxRows[nv+1] >= rows {
		nv++
	}
	return nv
}

// ReadsPastTail tells whether tiles read whole vectors of B where fewer lanes are wanted.
func ReadsPastTail() bool { return active.pastTail }

// RunTile runs the kernel of rows × nv vectors; rows ≤ MaxRows(nv).
func RunTile(rows, nv int, t *Tile) {
	if t.Words != Floats {
		active.runWords(rows, nv, t)
		return
	}
	active.tile(rows, nv, t)
}

// Ahead returns the place n floats behind p, for a Tile's fields; it is the caller's to know that it lies in the same memory.
func Ahead(p *float32, n int) *float32 { return at(p, 4*n) }
