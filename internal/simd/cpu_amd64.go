//go:build amd64 && !noasm

package simd

import (
	"encoding/binary"
	"fmt"
	"strings"
)

var avx512Tier = tier{
	name:           AVX512,
	lanes:          16,
	maxRows:        maxRows512,
	tile:           func(rows, nv int, t *Tile) { tiles512[nv][rows](t) },
	winogradIn:     [7]func(*WinogradIn){4: winogradIn4x512, 6: winogradIn6x512},
	winogradOut:    [7]func(*WinogradOut){4: winogradOut4x512, 6: winogradOut6x512},
	winogradWeight: winogradWeight512,
	wholeIn:        [7]func(*WinogradIn){4: winogradWholeIn4x512, 6: winogradWholeIn6x512},
	wholeOut:       [7]func(*WinogradOut){4: winogradWholeOut4x512, 6: winogradWholeOut6x512},
	binary: [numBinary]func(dst, a, b []float32){
		opAdd: add512, opSub: sub512, opMul: mul512, opDiv: div512, opMax: max512, opMin: min512,
	},
	unary: [numUnary]func(dst, x []float32, p, q float32){
		opScaleShift: scaleShift512, opAxpy: axpy512, opClamp: clamp512, opLeaky: leaky512, opExp: exp512, opSigmoid: sigmoid512,
		opSilu: silu512, opTanh: tanh512, opErf: erf512, opGelu: gelu512, opElu: elu512, opHardSwish: hardSwish512,
	},
	reduce:         [numReduce]func(x, y []float32, p float32) float32{opSum: sum512, opSumSq: sumSq512, opDot: dot512, opMaxOf: maxOf512},
	depthwise:      depthwise512,
	shortDepthwise: &depthwiseShort512,
	turn:           turn512,
	everySecond:    everySecond512,
	copyRows:       copyRows512,
	split4:         split4512,
	merge4:         merge4512,
	zip:            zip512,
	pairMax:        pairMax512,
	vector:         16,
	words: [numWords]func(rows, nv int, t *Tile){
		Bfloat16: func(rows, nv int, t *Tile) { tilesBfloat16x512[nv][rows](t) },
		Bytes:    func(rows, nv int, t *Tile) { tilesBytesx512[nv][rows](t) },
		Pairs:    func(rows, nv int, t *Tile) { tilesPairsx512[nv][rows](t) },
	},
	quantise4: quantise4512, centre2: centre2512, pairBfloat16: pairBfloat16x512, roundBfloat16: roundBfloat16x512, rangeOf: rangeOf512,
	floatBytes: floatBytes512, requantise: requantise512, dequantise: dequantise512,
	double: doubles{rows: 14, cols: 16, granule: 8, tile: doubleTile512, dot: doubleDot512, axpy: doubleAxpy512},
}

var avx2Tier = tier{
	name:           AVX2,
	lanes:          8,
	maxRows:        maxRows256,
	tile:           func(rows, nv int, t *Tile) { tiles256[nv][rows](t) },
	winogradIn:     [7]func(*WinogradIn){4: winogradIn4x256, 6: winogradIn6x256},
	winogradOut:    [7]func(*WinogradOut){4: winogradOut4x256, 6: winogradOut6x256},
	winogradWeight: winogradWeight256,
	wholeIn:        [7]func(*WinogradIn){4: winogradWholeIn4x256, 6: winogradWholeIn6x256},
	wholeOut:       [7]func(*WinogradOut){4: winogradWholeOut4x256, 6: winogradWholeOut6x256},
	binary: [numBinary]func(dst, a, b []float32){
		opAdd: add256, opSub: sub256, opMul: mul256, opDiv: div256, opMax: max256, opMin: min256,
	},
	unary: [numUnary]func(dst, x []float32, p, q float32){
		opScaleShift: scaleShift256, opAxpy: axpy256, opClamp: clamp256, opLeaky: leaky256, opExp: exp256, opSigmoid: sigmoid256,
		opSilu: silu256, opTanh: tanh256, opErf: erf256, opGelu: gelu256, opElu: elu256, opHardSwish: hardSwish256,
	},
	reduce:      [numReduce]func(x, y []float32, p float32) float32{opSum: sum256, opSumSq: sumSq256, opDot: dot256, opMaxOf: maxOf256},
	depthwise:   depthwise256,
	turn:        turn256,
	everySecond: everySecond256,
	copyRows:    copyRows256,
	split4:      split4256,
	merge4:      merge4256,
	zip:         zip256,
	pairMax:     pairMax256,
	vector:      8,
	pastTail:    true,
	words: [numWords]func(rows, nv int, t *Tile){
		Pairs: func(rows, nv int, t *Tile) { tilesPairsx256[nv][rows](t) },
	},
	quantise4: quantise4256, centre2: centre2256, roundBfloat16: roundBfloat16x256, rangeOf: rangeOf256,
	double: doubles{rows: 6, cols: 8, granule: 4, tile: doubleTile256, dot: doubleDot256, axpy: doubleAxpy256},
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
		full := avx512Tier
		// The words of some processors: AVX512_VNNI and AVX512_BF16.
		const vnni, bfloat16 = 1 << 11, 1 << 5
		if _, _, c7, _ := cpuid(7, 0); c7&vnni == 0 {
			full.words[Bytes] = nil
		}
		if a7, _, _, _ := cpuid(7, 1); a7&bfloat16 == 0 {
			full.words[Bfloat16] = nil
		}
		return []*tier{&full, &avx2Tier}
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
