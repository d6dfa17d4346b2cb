package jpeg2000

// plane holds one tile component: whole numbers for the reversible transform, float32 for the other.
type plane struct {
	w, h  int
	whole []int32
	real  []float32
}

// inverse undoes all levels of the wavelet transform in place: T.800 annex F.
func (p *plane) inverse(tc *tileComponent) {
	for r := 1; r < len(tc.resolutions); r++ {
		res := &tc.resolutions[r]
		w, h := res.x1-res.x0, res.y1-res.y0
		if w == 0 || h == 0 {
			continue
		}
		if p.whole != nil {
			rows53(p.whole, p.w, w, h, res.x0&1)
			columns53(p.whole, p.w, w, h, res.y0&1)
		} else {
			rows97(p.real, p.w, w, h, res.x0&1)
			columns97(p.real, p.w, w, h, res.y0&1)
		}
	}
}

// rows53 joins the two halves of each row. odd is 1 where the row starts with a high-pass sample.
func rows53(data []int32, stride, w, h, odd int) {
	if w == 1 {
		if odd == 1 {
			for y := range h {
				data[y*stride] >>= 1
			}
		}
		return
	}
	buf := make([]int32, w)
	low := (w + 1 - odd) / 2
	for y := range h {
		row := data[y*stride:][:w]
		for i, v := range row[:low] {
			buf[2*i+odd] = v
		}
		for i, v := range row[low:] {
			buf[2*i+1-odd] = v
		}
		lift53(buf, odd)
		copy(row, buf)
	}
}

// lift53 is the reversible filter on one interleaved line: T.800 F.3.8.1.
func lift53(a []int32, odd int) {
	n := len(a)
	for i := odd; i < n; i += 2 { // even places of the signal
		l, r := a[max(i-1, 1-i)], a[mirror(i+1, n)]
		a[i] -= (l + r + 2) >> 2
	}
	for i := 1 - odd; i < n; i += 2 {
		l, r := a[max(i-1, 1-i)], a[mirror(i+1, n)]
		a[i] += (l + r) >> 1
	}
}

// mirror folds the place behind the end back; n is at least 2.
func mirror(i, n int) int {
	if i >= n {
		return n - 2
	}
	return i
}

// columns53 does the same down the columns, a row at a time.
func columns53(data []int32, stride, w, h, odd int) {
	if h == 1 {
		if odd == 1 {
			for x := range w {
				data[x] >>= 1
			}
		}
		return
	}
	rows := interleaved(h, odd)
	line := func(i int) []int32 { return data[rows[i]*stride:][:w] }
	for i := odd; i < h; i += 2 {
		a, l, r := line(i), line(max(i-1, 1-i)), line(mirror(i+1, h))
		l, r = l[:len(a)], r[:len(a)]
		for x := range a {
			a[x] -= (l[x] + r[x] + 2) >> 2
		}
	}
	for i := 1 - odd; i < h; i += 2 {
		a, l, r := line(i), line(max(i-1, 1-i)), line(mirror(i+1, h))
		l, r = l[:len(a)], r[:len(a)]
		for x := range a {
			a[x] += (l[x] + r[x]) >> 1
		}
	}
	permute(data, stride, w, rows)
}

// interleaved says which stored row becomes row i: low-pass rows are stored first.
func interleaved(h, odd int) []int {
	rows := make([]int, h)
	low := (h + 1 - odd) / 2
	for i := range h {
		if i&1 == odd {
			rows[i] = i / 2
		} else {
			rows[i] = low + i/2
		}
	}
	return rows
}

// permute moves stored row rows[i] to row i.
func permute[T int32 | float32](data []T, stride, w int, rows []int) {
	tmp := make([]T, w)
	done := make([]bool, len(rows))
	for i := range rows {
		if done[i] || rows[i] == i {
			continue
		}
		copy(tmp, data[i*stride:][:w])
		at := i
		for rows[at] != i {
			copy(data[at*stride:][:w], data[rows[at]*stride:][:w])
			done[at] = true
			at = rows[at]
		}
		copy(data[at*stride:][:w], tmp)
		done[at] = true
	}
}

// Lifting steps of the irreversible filter: T.800 table F.4.
const (
	alpha = -1.586134342059924
	beta  = -0.052980118572961
	gamma = 0.882911075530934
	delta = 0.443506852043971
	kappa = 1.230174104914001
)

func rows97(data []float32, stride, w, h, odd int) {
	if w == 1 {
		if odd == 1 {
			for y := range h {
				data[y*stride] *= 0.5
			}
		}
		return
	}
	buf := make([]float32, w)
	low := (w + 1 - odd) / 2
	for y := range h {
		row := data[y*stride:][:w]
		for i, v := range row[:low] {
			buf[2*i+odd] = v * kappa
		}
		for i, v := range row[low:] {
			buf[2*i+1-odd] = v * (1 / kappa)
		}
		step97(buf, odd, delta)
		step97(buf, 1-odd, gamma)
		step97(buf, odd, beta)
		step97(buf, 1-odd, alpha)
		copy(row, buf)
	}
}

// step97 takes the share f of both neighbours off every second sample.
func step97(a []float32, from int, f float32) {
	n := len(a)
	i := from
	if i == 0 {
		a[0] -= 2 * f * a[1]
		i = 2
	}
	for ; i+1 < n; i += 2 {
		a[i] -= f * (a[i-1] + a[i+1])
	}
	if i < n {
		a[i] -= 2 * f * a[i-1]
	}
}

func columns97(data []float32, stride, w, h, odd int) {
	if h == 1 {
		if odd == 1 {
			for x := range w {
				data[x] *= 0.5
			}
		}
		return
	}
	rows := interleaved(h, odd)
	line := func(i int) []float32 { return data[rows[i]*stride:][:w] }
	for i := range h {
		f := float32(kappa)
		if i&1 != odd {
			f = 1 / kappa
		}
		a := line(i)
		for x := range a {
			a[x] *= f
		}
	}
	for n, f := range [4]float32{delta, gamma, beta, alpha} {
		from := odd
		if n&1 == 1 {
			from = 1 - odd
		}
		for i := from; i < h; i += 2 {
			a, l, r := line(i), line(max(i-1, 1-i)), line(mirror(i+1, h))
			l, r = l[:len(a)], r[:len(a)]
			for x := range a {
				a[x] -= f * (l[x] + r[x])
			}
		}
	}
	permute(data, stride, w, rows)
}
