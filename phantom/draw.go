package phantom

import "math"

// canvas holds water-equivalent mm along each ray of the detector.
type canvas struct {
	n    int
	data []float32
	p    *pose
}

// tube is a chain of points with a radius in mm at each end; rho is the density in water
// equivalents that it adds, hollow (0 to 1) the part of its core that adds nothing.
type tube struct {
	line   []vec
	r0, r1 float64
	rho    float64
	hollow float64
	wall   float64 // mm of shell where hollow
	flat   float64 // 0 round; towards 1 a band that shows its face, thinner along the ray
}

func (c *canvas) tube(t tube) {
	total := 0.0
	for i := 1; i < len(t.line); i++ {
		total += t.line[i].sub(t.line[i-1]).length()
	}
	done := 0.0
	for i := 1; i < len(t.line); i++ {
		a, b := t.line[i-1], t.line[i]
		length := b.sub(a).length()
		if length == 0 {
			continue
		}
		r := t.r0 + (t.r1-t.r0)*(done+length/2)/total
		steps := max(1, int(math.Ceil(length/(0.3*max(r, 0.4)))))
		ds := length / float64(steps)
		thin := 1 - t.flat*math.Abs(b[1]-a[1])/length
		for k := range steps {
			f := (float64(k) + 0.5) / float64(steps)
			r := t.r0 + (t.r1-t.r0)*(done+length*f)/total
			c.ball(a.towards(b, f), r, t.rho*thin*0.75*ds/r, t.hollow, max(0, r-t.wall))
		}
		done += length
	}
}

// ball adds gain times the chord through a sphere, less hollow times the chord of its core.
func (c *canvas) ball(q vec, r, gain, hollow, core float64) {
	u, v, mag := c.p.pixel(q)
	px := c.p.pitch / mag // mm in the plane of the ball
	soft := 0.5 * px
	r2, core2 := sq(r+soft*0.3), sq(core)
	reach := r/px + 1
	i0, i1 := max(0, int(u-reach)), min(c.n-1, int(u+reach)+1)
	for j := max(0, int(v-reach)); j <= min(c.n-1, int(v+reach)+1); j++ {
		dz := sq((float64(j) - v) * px)
		if dz >= r2 {
			continue
		}
		row := c.data[j*c.n : (j+1)*c.n]
		for i := i0; i <= i1; i++ {
			d := dz + sq((float64(i)-u)*px)
			if d >= r2 {
				continue
			}
			chord := math.Sqrt(r2 - d)
			if hollow > 0 && d < core2 {
				chord -= hollow * math.Sqrt(core2-d)
			}
			row[i] += float32(2 * gain * chord)
		}
	}
}

// sphere adds the chord through a ball of density rho whose boundary is averaged over each pixel.
func (c *canvas) sphere(q vec, r, rho float64) {
	u, v, mag := c.p.pixel(q)
	px := c.p.pitch / mag
	reach := r/px + 1
	for j := max(0, int(v-reach)); j <= min(c.n-1, int(v+reach)+1); j++ {
		for i := max(0, int(u-reach)); i <= min(c.n-1, int(u+reach)+1); i++ {
			sum := 0.0
			for k := range 16 {
				x := (float64(i) - u + float64(k%4)/4 - 0.375) * px
				y := (float64(j) - v + float64(k/4)/4 - 0.375) * px
				if d := x*x + y*y; d < r*r {
					sum += 2 * math.Sqrt(r*r-d)
				}
			}
			c.data[j*c.n+i] += float32(rho * sum / 16)
		}
	}
}

// sprite adds f(x, z) (mm from q in the torso's frontal plane) inside a rectangle about q.
func (c *canvas) sprite(q vec, halfX, halfZ float64, f func(x, z float64) float64) {
	u, v, mag := c.p.pixel(q)
	px := c.p.pitch / mag
	cos, sin := c.p.rot[0][0], c.p.rot[0][2]
	if k := math.Hypot(cos, sin); k > 0 {
		cos, sin = cos/k, sin/k
	}
	reach := math.Hypot(halfX, halfZ)/px + 1
	for j := max(0, int(v-reach)); j <= min(c.n-1, int(v+reach)+1); j++ {
		for i := max(0, int(u-reach)); i <= min(c.n-1, int(u+reach)+1); i++ {
			x, z := (float64(i)-u)*px, -(float64(j)-v)*px
			x, z = x*cos-z*sin, x*sin+z*cos
			if math.Abs(x) < halfX && math.Abs(z) < halfZ {
				c.data[j*c.n+i] += float32(f(x, z))
			}
		}
	}
}

// plate fills a polygon of thickness mm and density rho; q are its corners.
func (c *canvas) plate(q []vec, rho float64) {
	us, vs := make([]float64, len(q)), make([]float64, len(q))
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range q {
		us[i], vs[i], _ = c.p.pixel(q[i])
		lo, hi = min(lo, vs[i]), max(hi, vs[i])
	}
	for j := max(0, int(lo)); j <= min(c.n-1, int(hi)); j++ {
		v := float64(j)
		var cuts []float64
		for a := range us {
			b := (a + 1) % len(us)
			if (vs[a] <= v) != (vs[b] <= v) {
				cuts = append(cuts, us[a]+(us[b]-us[a])*(v-vs[a])/(vs[b]-vs[a]))
			}
		}
		if len(cuts) < 2 {
			continue
		}
		from, to := min(cuts[0], cuts[1]), max(cuts[0], cuts[1])
		for i := max(0, int(from)); i <= min(c.n-1, int(to)); i++ {
			c.data[j*c.n+i] += float32(rho)
		}
	}
}

// enlarge interpolates a coarse field bilinearly onto the canvas's pixels.
func enlarge(src []float32, n int, step float64, size int) []float32 {
	dst := make([]float32, size*size)
	at := make([]int, size)
	frac := make([]float32, size)
	for i := range size {
		x := float64(i) / step
		k := min(int(x), n-2)
		at[i], frac[i] = k, float32(x-float64(k))
	}
	for j := range size {
		a, b := src[at[j]*n:(at[j]+1)*n], src[(at[j]+1)*n:(at[j]+2)*n]
		g := frac[j]
		row := dst[j*size : (j+1)*size]
		for i := range row {
			k, f := at[i], frac[i]
			top := a[k] + (a[k+1]-a[k])*f
			low := b[k] + (b[k+1]-b[k])*f
			row[i] = top + (low-top)*g
		}
	}
	return dst
}

// blur smooths with three box passes, close to a Gaussian of the given deviation in pixels.
func blur(src []float32, n int, sigma float64) []float32 {
	r := max(1, int(math.Round(math.Sqrt(4*sigma*sigma+1)/2-0.5)))
	a, b := append([]float32(nil), src...), make([]float32, len(src))
	for range 3 {
		boxRows(b, a, n, r)
		transpose(a, b, n)
		boxRows(b, a, n, r)
		transpose(a, b, n)
	}
	return a
}

func boxRows(dst, src []float32, n, r int) {
	k := 1 / float32(2*r+1)
	for j := range n {
		s, d := src[j*n:(j+1)*n], dst[j*n:(j+1)*n]
		sum := float32(r) * s[0]
		for i := 0; i <= r; i++ {
			sum += s[min(i, n-1)]
		}
		for i := range n {
			d[i] = sum * k
			sum += s[min(i+r+1, n-1)] - s[max(i-r, 0)]
		}
	}
}

func transpose(dst, src []float32, n int) {
	const block = 32
	for j0 := 0; j0 < n; j0 += block {
		for i0 := 0; i0 < n; i0 += block {
			for j := j0; j < min(j0+block, n); j++ {
				for i := i0; i < min(i0+block, n); i++ {
					dst[i*n+j] = src[j*n+i]
				}
			}
		}
	}
}
