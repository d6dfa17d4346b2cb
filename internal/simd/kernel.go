// Package simd holds the float32 kernels: matrix product, vector arithmetic and the row-tile kernel under convolutions, each in
// Go assembly for AVX-512 and AVX2 with a plain Go twin.
package simd

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Names of the kernel tiers, as Kernel returns them and CALIPER_KERNEL takes them.
const (
	AVX512 = "avx512"
	AVX2   = "avx2"
	Plain  = "plain"
)

// EnvKernel is the environment variable that forces a tier at start-up.
const EnvKernel = "CALIPER_KERNEL"

var active, chosenErr = choose(os.Getenv(EnvKernel))

// Kernel returns the tier in use: "avx512", "avx2" or "plain". It is fixed at start-up: the best that the processor and the
// operating system support, or the one that CALIPER_KERNEL names.
func Kernel() string { return active.name }

// KernelError returns why the value of CALIPER_KERNEL was not followed (an unknown name, or a tier that this processor or this
// build does not have), or nil. The best tier is in use in that case; a program should refuse to start instead.
func KernelError() error { return chosenErr }

// Processor returns the processor's name with family and model where the architecture tells them, for example
// "AMD EPYC (family 25, model 17)".
func Processor() string {
	if p := processorName(); p != "" {
		return p
	}
	return runtime.GOARCH
}

func choose(want string) (*tier, error) {
	best := &plainTier
	have := supported()
	if len(have) > 0 {
		best = have[0]
	}
	if want == "" {
		return best, nil
	}
	names := make([]string, 0, 3)
	for _, t := range append(have, &plainTier) {
		if t.name == want {
			return t, nil
		}
		names = append(names, t.name)
	}
	switch want {
	case AVX512, AVX2:
		return best, fmt.Errorf("simd: %s: %s is not supported by this processor or build; want one of %s", EnvKernel, want, strings.Join(names, ", "))
	}
	return best, fmt.Errorf("simd: %s: want %s, %s or %s, got %q", EnvKernel, AVX512, AVX2, Plain, want)
}
