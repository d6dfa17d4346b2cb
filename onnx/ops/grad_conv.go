package ops

import (
	"github.com/caliper-imaging/caliper/internal/simd"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// lattice is the places that the taps of a window meet: small place s meets large place s·stride + tap·dilation − lo.
type lattice struct {
	large, small, kernel, stride, dilate, lo [3]int
}

// rows calls f for each row of small places that a tap meets within the large ones: from and to count along the last axis, in
// steps of step.
func (l *lattice) rows(tap int, f func(small, large, n, step int)) {
	k := [3]int{tap / (l.kernel[1] * l.kernel[2]), tap / l.kernel[2] % l.kernel[1], tap % l.kernel[2]}
	var off [3]int
	for i := range off {
		off[i] = k[i]*l.dilate[i] - l.lo[i]
	}
	w0 := 0
	if off[2] < 0 {
		w0 = (-off[2] + l.stride[2] - 1) / l.stride[2]
	}
	w1 := l.small[2]
	if room := l.large[2] - 1 - off[2]; room < 0 {
		w1 = 0
	} else {
		w1 = min(w1, room/l.stride[2]+1)
	}
	if w0 >= w1 {
		return
	}
	for d := range l.small[0] {
		ld := d*l.stride[0] + off[0]
		if ld < 0 || ld >= l.large[0] {
			continue
		}
		for h := range l.small[1] {
			lh := h*l.stride[1] + off[1]
			if lh < 0 || lh >= l.large[1] {
				continue
			}
			f((d*l.small[1]+h)*l.small[2]+w0, (ld*l.large[1]+lh)*l.large[2]+w0*l.stride[2]+off[2], w1-w0, l.stride[2])
		}
	}
}

// gather lays what a tap meets in each of the channels of x out as the small places are, zeros outside.
func gather[T float32 | float64](l *lattice, dst, x []T, channels, tap int) {
	clear(dst)
	ns, nl := size3(l.small), size3(l.large)
	l.rows(tap, func(s, g, n, step int) {
		for c := range channels {
			to, from := dst[c*ns+s:][:n], x[c*nl+g:]
			for i := range to {
				to[i] = from[i*step]
			}
		}
	})
}

// scatterAdd adds what is laid out as the small places are to what a tap meets.
func scatterAdd[T float32 | float64](l *lattice, x, src []T, channels, tap int) {
	ns, nl := size3(l.small), size3(l.large)
	l.rows(tap, func(s, g, n, step int) {
		for c := range channels {
			from, to := src[c*ns+s:][:n], x[c*nl+g:]
			for i, v := range from {
				to[i*step] += v
			}
		}
	})
}

// multiply sets or adds to c the product op(a)·op(b), m×k by k×n.
func multiply[T float32 | float64](tA, tB bool, m, n, k int, a, b, c []T, add bool, threads int) {
	lda, ldb := k, n
	if tA {
		lda = m
	}
	if tB {
		ldb = k
	}
	switch c := any(c).(type) {
	case []float32:
		beta := float32(0)
		if add {
			beta = 1
		}
		simd.Sgemm(tA, tB, m, n, k, 1, any(a).([]float32), lda, any(b).([]float32), ldb, beta, c, n, threads)
	case []float64:
		if !add {
			clear(c)
		}
		simd.Dgemm(tA, tB, m, n, k, 1, any(a).([]float64), lda, any(b).([]float64), ldb, c, n, threads)
	}
}

// windowGrads are the sizes of a convolution's way back: batch, groups, and the channels of a group on the small and the large side.
type windowGrads struct {
	lattice
	batch, group, smallC, largeC int
	needLarge, needSmall, needW  bool
	threads                      int
}

// run goes through batch, group and tap: with the weights w, [group][smallC][largeC][taps], and small and large values. It gives
// the sums Σ w·small at the large places, Σ w·large at the small ones, and Σ small·large at the weights.
func windowBack[T float32 | float64](p *windowGrads, w, small, large []T) (dLarge, dSmall, dW []T) {
	ns, nl, taps := size3(p.small), size3(p.large), size3(p.kernel)
	area := p.smallC * p.largeC
	byTap := make([]T, p.group*taps*area)
	for g := range p.group {
		for i := range area {
			for k := range taps {
				byTap[(g*taps+k)*area+i] = w[(g*area+i)*taps+k]
			}
		}
	}
	var sums []T
	if p.needW {
		sums = make([]T, len(byTap))
	}
	if p.needLarge {
		dLarge = make([]T, p.batch*p.group*p.largeC*nl)
	}
	if p.needSmall {
		dSmall = make([]T, p.batch*p.group*p.smallC*ns)
	}
	buf := make([]T, p.largeC*ns)
	for n := range p.batch * p.group {
		g := n % p.group
		for k := range taps {
			wk := byTap[(g*taps+k)*area:][:area]
			if p.needW || p.needSmall {
				gather(&p.lattice, buf, large[n*p.largeC*nl:], p.largeC, k)
			}
			if p.needW {
				multiply(false, true, p.smallC, p.largeC, ns, small[n*p.smallC*ns:], buf, sums[(g*taps+k)*area:], true, p.threads)
			}
			if p.needSmall {
				multiply(false, false, p.smallC, ns, p.largeC, wk, buf, dSmall[n*p.smallC*ns:], true, p.threads)
			}
			if p.needLarge {
				multiply(true, false, p.largeC, ns, p.smallC, wk, small[n*p.smallC*ns:], buf, false, p.threads)
				scatterAdd(&p.lattice, dLarge[n*p.largeC*nl:], buf, p.largeC, k)
			}
		}
	}
	if p.needW {
		dW = make([]T, len(sums))
		for g := range p.group {
			for i := range area {
				for k := range taps {
					dW[(g*area+i)*taps+k] = sums[(g*taps+k)*area+i]
				}
			}
		}
	}
	return dLarge, dSmall, dW
}

// biasBack sums the gradient of each channel.
func (b *back) biasBack(i int) {
	if !b.needs(i) {
		return
	}
	g := b.g[0]
	ch, inner := g.Shape()[1], product(g.Shape()[2:])
	sums := make([]float64, ch)
	for k, v := range b.numbers(g) {
		sums[k/inner%ch] += v
	}
	b.d[i] = b.as(b.in[i], b.in[i].Shape(), sums)
}

// convBack serves Conv and, with the sides exchanged, ConvTranspose.
func convBack(transposed bool) vjp {
	return func(b *back) {
		x, w, g := b.in[0], b.in[1], b.g[0]
		b.biasBack(2)
		if !b.needs(0) && !b.needs(1) || g.Len() == 0 || x.Len() == 0 {
			return
		}
		win := windowOf(b.n)
		pl := win.place(spatialOf(x), w.Shape()[2:])
		group := b.n.Int("group", 1)
		p := &windowGrads{batch: x.Shape()[0], group: group, needW: b.needs(1), threads: b.c.Threads}
		small, large := g, x
		if transposed {
			win.transposed(&pl)
			p.lattice = lattice{large: pl.out, small: pl.in, kernel: pl.kernel, stride: pl.stride, dilate: pl.dilate, lo: pl.lo}
			p.smallC, p.largeC, p.needSmall = x.Shape()[1]/group, w.Shape()[1], b.needs(0)
			small, large = x, g
		} else {
			win.forward(&pl)
			p.lattice = lattice{large: pl.in, small: pl.out, kernel: pl.kernel, stride: pl.stride, dilate: pl.dilate, lo: pl.lo}
			p.smallC, p.largeC, p.needLarge = w.Shape()[0]/group, w.Shape()[1], b.needs(0)
		}
		if x.DType() == tensor.Float64 {
			setWindow(b, transposed, p, w.Float64(), small.Float64(), large.Float64(), tensor.Float64)
		} else {
			setWindow(b, transposed, p, w.Float32(), small.Float32(), large.Float32(), tensor.Float32)
		}
	}
}

func setWindow[T float32 | float64](b *back, transposed bool, p *windowGrads, w, small, large []T, dt tensor.DType) {
	dLarge, dSmall, dW := windowBack(p, w, small, large)
	if transposed {
		dLarge = dSmall
	}
	if b.needs(0) {
		b.d[0] = tensor.From(dt, b.in[0].Shape(), dLarge)
	}
	if b.needs(1) {
		b.d[1] = tensor.From(dt, b.in[1].Shape(), dW)
	}
}
