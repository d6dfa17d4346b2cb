//go:build amd64 && !noasm

package wavelet

import "github.com/caliper-imaging/caliper/internal/simd"

var avx512 = kernels{16, down512, up512, share512, whole512, scaled512, within512, nearest512, zip512, narrow512, reversible512, irreversible512, pixels256}

var avx2 = kernels{8, down256, up256, share256, whole256, scaled256, within256, nearest256, zip256, narrow256, reversible256, irreversible256, pixels256}

func choose() *kernels {
	switch simd.Kernel() {
	case simd.AVX512:
		return &avx512
	case simd.AVX2:
		return &avx2
	}
	return nil
}
