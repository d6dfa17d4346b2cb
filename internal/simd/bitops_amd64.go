//go:build amd64 && !noasm

package simd

// BitOps says whether kernels may use the instructions on single bits (BMI1, BMI2 and LZCNT): the processor has them,
// and CALIPER_KERNEL does not ask for the plain kernels.
func BitOps() bool {
	const bmi1, bmi2, lzcnt = 1 << 3, 1 << 8, 1 << 5
	if most, _, _, _ := cpuid(0x80000000, 0); active.name == Plain || most < 0x80000001 {
		return false
	}
	_, b, _, _ := cpuid(7, 0)
	_, _, c, _ := cpuid(0x80000001, 0)
	return b&(bmi1|bmi2) == bmi1|bmi2 && c&lzcnt != 0
}
