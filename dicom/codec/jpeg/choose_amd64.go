//go:build amd64 && !noasm

package jpeg

import "github.com/caliper-imaging/caliper/internal/simd"

// fast says whether the kernels, which need AVX2, are to run.
var fast = simd.Kernel() != simd.Plain
