// Command _gen writes the assembly of package simd with avo: one group of functions, at one vector width, a run.
// See the go:generate lines of internal/simd/generate.go.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	group := flag.String("group", "", "what to write: tile, vector, winograd, depthwise, rows, split or cpu")
	width := flag.Int("width", 16, "floats in a vector: 16 (AVX-512) or 8 (AVX2)")
	table := flag.String("table", "", "where the table of the functions goes")
	flag.Parse()
	ConstraintExpr("amd64,!noasm")
	m := machine{lanes: *width}
	switch *group {
	case "tile":
		m.tiles()
	case "vector":
		m.vectors()
	case "winograd":
		m.winograd()
	case "turn":
		m.turn()
	case "depthwise":
		m.depthwise()
	case "rows":
		m.rows()
	case "split":
		m.split()
	case "words":
		m.words()
	case "double":
		m.doubles()
	case "wavelet":
		m.wavelets()
	case "quads":
		quads()
	case "bitplane":
		bitplanes()
	case "jpeg":
		jpegs()
	case "cpu":
		cpu()
	default:
		log.Fatalf("unknown group %q", *group)
	}
	if *table != "" {
		write := m.writeTable
		if *group == "words" {
			write = m.writeWordTable
		}
		if err := write(*table); err != nil {
			log.Fatal(err)
		}
	}
	Generate()
}
