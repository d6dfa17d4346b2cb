//go:build amd64 && !noasm

package jpeg2000

import "github.com/caliper-imaging/caliper/internal/simd"

// fast says whether the passes below can run here.
var fast = simd.BitOps()

//go:noescape
func significanceFast(p *passes)

//go:noescape
func refinementFast(p *passes)

//go:noescape
func cleanupFast(p *passes)

//go:noescape
func quadsFast(r *quadRows)
