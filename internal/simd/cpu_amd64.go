//go:build amd64 && !noasm

package simd

import (
	"encoding/binary"
	"fmt"
	"strings"
)

var avx512Tier = tier{
	name:        AVX512,
	lanes:       16,
	maxRows:     maxRows512,
	tile:        func(rows, nv int, t *Tile) { tiles512[nv][rows](t) },
	winogradIn:  [7]func(*WinogradIn){4: winogradIn4x512, 6: winogradIn6x512},
	winogradOut: [7]func(*WinogradOut){4: winogradOut4x512, 6: winogradOut6x512},
	binary:      binaryPlain,
	unary:       unaryPlain,
	reduce:      reducePlain,
	vector:      1,
}

var avx2Tier = tier{
	name:        AVX2,
	lanes:       8,
	maxRows:     maxRows256,
	tile:        func(rows, nv int, t *Tile) { tiles256[nv][rows](t) },
	winogradIn:  [7]func(*WinogradIn){4: winogradIn4x256, 6: winogradIn6x256},
	winogradOut: [7]func(*WinogradOut){4: winogradOut4x256, 6: winogradOut6x256},
	binary:      binaryPlain,
	unary:       unaryPlain,
	reduce:      reducePlain,
	vector:      1,
}

// supported returns the assembly tiers that the processor and the operating system can run, best first.
func supported() []*tier {
	most, _, _, _ := cpuid(0, 0)
	if most < 7 {
		return nil
	}
	const (
		fma, osxsave, avx                     = 1 << 12, 1 << 27, 1 << 28
		avx2                                  = 1 << 5
		avx512f, avx512dq, avx512bw, avx512vl = 1 << 16, 1 << 17, 1 << 30, 1 << 31
		ymmState, zmmState                    = 0x6, 0xe6
	)
	_, _, c1, _ := cpuid(1, 0)
	if c1&(fma|osxsave|avx) != fma|osxsave|avx {
		return nil
	}
	state, _ := xgetbv()
	_, b7, _, _ := cpuid(7, 0)
	if state&ymmState != ymmState || b7&avx2 == 0 {
		return nil
	}
	const need = uint32(avx512f | avx512dq | avx512bw | avx512vl)
	if state&zmmState == zmmState && b7&need == need {
		return []*tier{&avx512Tier, &avx2Tier}
	}
	return []*tier{&avx2Tier}
}

func processorName() string {
	name := "amd64"
	if most, _, _, _ := cpuid(0x80000000, 0); most >= 0x80000004 {
		var b []byte
		for leaf := uint32(0x80000002); leaf <= 0x80000004; leaf++ {
			for _, r := range fourOf(cpuid(leaf, 0)) {
				b = binary.LittleEndian.AppendUint32(b, r)
			}
		}
		if s := strings.Join(strings.Fields(strings.Trim(string(b), "\x00 ")), " "); s != "" {
			name = s
		}
	}
	a, _, _, _ := cpuid(1, 0)
	family, model := a>>8&0xf, a>>4&0xf
	if family == 0xf {
		family += a >> 20 & 0xff
	}
	if family >= 6 {
		model |= a >> 12 & 0xf0
	}
	return fmt.Sprintf("%s (family %d, model %d)", name, family, model)
}

func fourOf(a, b, c, d uint32) [4]uint32 { return [4]uint32{a, b, c, d} }
