package conv

import "github.com/caliper-imaging/caliper/internal/simd"

// rowTile is a run of output channels that one tile of the kernel computes together.
type rowTile struct {
	first, rows int
	at          int // where its weights start, in floats
}

// rowTiles splits n output channels into tiles of nearly equal height, for weights with k values a channel.
func rowTiles(n, k int) []rowTile {
	most := simd.MaxRows(1)
	if m := simd.MaxRows(2); m > 0 {
		most = m
	}
	count := (n + most - 1) / most
	tiles := make([]rowTile, count)
	for i := range tiles {
		lo, hi := i*n/count, (i+1)*n/count
		tiles[i] = rowTile{first: lo, rows: hi - lo, at: lo * k}
	}
	return tiles
}

// packTiles lays weights OutC×InC×taps of one group out as [tile][tap][InC][rows].
func packTiles(dst, w []float32, tiles []rowTile, inC, taps int) {
	for _, t := range tiles {
		for r := range t.rows {
			src := w[(t.first+r)*inC*taps:][:inC*taps]
			for ic := range inC {
				for tap := range taps {
					dst[t.at+(tap*inC+ic)*t.rows+r] = src[ic*taps+tap]
				}
			}
		}
	}
}
