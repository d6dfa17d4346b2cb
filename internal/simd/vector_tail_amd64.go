//go:build amd64 && !noasm

package simd

// The tails of slices are padded on the stack. Calls through a table would move them to the heap, so these name the functions.

func binaryTail(lanes int, op binaryOp, dst, a, b []float32) {
	if lanes == 16 {
		switch op {
		case opAdd:
			add512(dst, a, b)
		case opSub:
			sub512(dst, a, b)
		case opMul:
			mul512(dst, a, b)
		case opDiv:
			div512(dst, a, b)
		case opMax:
			max512(dst, a, b)
		case opMin:
			min512(dst, a, b)
		}
		return
	}
	switch op {
	case opAdd:
		add256(dst, a, b)
	case opSub:
		sub256(dst, a, b)
	case opMul:
		mul256(dst, a, b)
	case opDiv:
		div256(dst, a, b)
	case opMax:
		max256(dst, a, b)
	case opMin:
		min256(dst, a, b)
	}
}

func unaryTail(lanes int, op unaryOp, dst, x []float32, p, q float32) {
	if lanes == 16 {
		switch op {
		case opScaleShift:
			scaleShift512(dst, x, p, q)
		case opAxpy:
			axpy512(dst, x, p, q)
		case opClamp:
			clamp512(dst, x, p, q)
		case opLeaky:
			leaky512(dst, x, p, q)
		case opExp:
			exp512(dst, x, p, q)
		case opSigmoid:
			sigmoid512(dst, x, p, q)
		case opSilu:
			silu512(dst, x, p, q)
		case opTanh:
			tanh512(dst, x, p, q)
		case opErf:
			erf512(dst, x, p, q)
		case opGelu:
			gelu512(dst, x, p, q)
		case opElu:
			elu512(dst, x, p, q)
		case opHardSwish:
			hardSwish512(dst, x, p, q)
		}
		return
	}
	switch op {
	case opScaleShift:
		scaleShift256(dst, x, p, q)
	case opAxpy:
		axpy256(dst, x, p, q)
	case opClamp:
		clamp256(dst, x, p, q)
	case opLeaky:
		leaky256(dst, x, p, q)
	case opExp:
		exp256(dst, x, p, q)
	case opSigmoid:
		sigmoid256(dst, x, p, q)
	case opSilu:
		silu256(dst, x, p, q)
	case opTanh:
		tanh256(dst, x, p, q)
	case opErf:
		erf256(dst, x, p, q)
	case opGelu:
		gelu256(dst, x, p, q)
	case opElu:
		elu256(dst, x, p, q)
	case opHardSwish:
		hardSwish256(dst, x, p, q)
	}
}

func reduceTail(lanes int, op reduceOp, x, y []float32, p float32) float32 {
	if lanes == 16 {
		switch op {
		case opSum:
			return sum512(x, y, p)
		case opSumSq:
			return sumSq512(x, y, p)
		case opDot:
			return dot512(x, y, p)
		case opMaxOf:
			return maxOf512(x, y, p)
		}
		return 0
	}
	switch op {
	case opSum:
		return sum256(x, y, p)
	case opSumSq:
		return sumSq256(x, y, p)
	case opDot:
		return dot256(x, y, p)
	case opMaxOf:
		return maxOf256(x, y, p)
	}
	return 0
}
