package wavelet

// Reversible undoes the reversible transform of three components in place: T.800 G.2.2.
func Reversible(a, b, c []int32) { active.goReversible(a, b[:len(a)], c[:len(a)]) }

func (k *kernels) goReversible(a, b, c []int32) {
	n := k.vectors(len(a))
	if n > 0 {
		k.reversible(a[:n], b, c)
	}
	reversiblePlain(a[n:], b[n:], c[n:])
}

func reversiblePlain(a, b, c []int32) {
	for i := range a {
		g := a[i] - (b[i]+c[i])>>2
		a[i], b[i], c[i] = c[i]+g, g, b[i]+g
	}
}

// Irreversible undoes the irreversible transform of three components in place: T.800 G.3.2.
func Irreversible(a, b, c []float32) { active.goIrreversible(a, b[:len(a)], c[:len(a)]) }

func (k *kernels) goIrreversible(a, b, c []float32) {
	n := k.vectors(len(a))
	if n > 0 {
		k.irreversible(a[:n], b, c)
	}
	irreversiblePlain(a[n:], b[n:], c[n:])
}

func irreversiblePlain(a, b, c []float32) {
	for i, y := range a {
		g := float32(y-float32(0.34413*b[i])) - float32(0.71414*c[i])
		a[i], b[i], c[i] = y+float32(1.402*c[i]), g, float32(1.772*b[i])+y
	}
}

// Pixels lays the lowest bytes of three lines out by turns.
func Pixels(dst []byte, a, b, c []int32) { active.goPixels(dst[:3*len(a)], a, b[:len(a)], c[:len(a)]) }

func (k *kernels) goPixels(dst []byte, a, b, c []int32) {
	n := 0
	if k != nil && len(a) > 2 { // the kernel takes eight pixels and writes as much as a pixel and a third more
		n = (len(a) - 2) &^ 7
	}
	if n > 0 {
		k.pixels(&dst[0], a[:n], b, c)
	}
	pixelsPlain(dst[3*n:], a[n:], b[n:], c[n:])
}

func pixelsPlain(dst []byte, a, b, c []int32) {
	for i, v := range a {
		o := (*[3]byte)(dst[3*i:])
		o[0], o[1], o[2] = byte(v), byte(b[i]), byte(c[i])
	}
}
