package phantom

import (
	"math"
	"runtime"
	"sync"
)

// Attenuation in 1/mm at the effective energy of a 120 kV beam behind a person.
const (
	muWater = 0.0195
	muBone  = 0.030 // of bone above soft tissue
)

// pose places the torso before the detector.
type pose struct {
	rot        [3][3]float64
	move       vec
	ap         bool
	sid        float64 // source to detector, mm
	detector   float64 // distance of the torso's origin from the detector, mm
	pixels     int     // of the square image
	pitch      float64 // detector pixel, mm
	offU, offV float64
}

func newPose(yaw, roll, tip float64, move vec) pose {
	cy, sy, cr, sr, ct, st := math.Cos(yaw), math.Sin(yaw), math.Cos(roll), math.Sin(roll), math.Cos(tip), math.Sin(tip)
	a := [3][3]float64{{cy, -sy, 0}, {sy, cy, 0}, {0, 0, 1}} // about z
	b := [3][3]float64{{1, 0, 0}, {0, ct, -st}, {0, st, ct}} // about x
	c := [3][3]float64{{cr, 0, sr}, {0, 1, 0}, {-sr, 0, cr}} // about y
	return pose{rot: mul3(c, mul3(b, a)), move: move}
}

func mul3(a, b [3][3]float64) (m [3][3]float64) {
	for i := range 3 {
		for j := range 3 {
			m[i][j] = a[i][0]*b[0][j] + a[i][1]*b[1][j] + a[i][2]*b[2][j]
		}
	}
	return m
}

// room maps the torso's frame to the room's.
func (p *pose) room(q vec) vec {
	var out vec
	for i := range 3 {
		out[i] = p.rot[i][0]*q[0] + p.rot[i][1]*q[1] + p.rot[i][2]*q[2] + p.move[i]
	}
	return out
}

// patient is the inverse of room.
func (p *pose) patient(q vec) vec {
	d := q.sub(p.move)
	var out vec
	for i := range 3 {
		out[i] = p.rot[0][i]*d[0] + p.rot[1][i]*d[1] + p.rot[2][i]*d[2]
	}
	return out
}

// magnification at room depth y.
func (p *pose) magnification(y float64) float64 {
	depth := p.detector + y
	if p.ap {
		depth = p.detector - y
	}
	return p.sid / (p.sid - depth)
}

// pixel is where a point of the torso falls, with the magnification there.
func (p *pose) pixel(q vec) (u, v, mag float64) {
	r := p.room(q)
	mag = p.magnification(r[1])
	half := float64(p.pixels-1) / 2
	return r[0]*mag/p.pitch + half + p.offU, -r[2]*mag/p.pitch + half + p.offV, mag
}

// shadow are the sums along the rays through the large organs, on a grid of rays.
type shadow struct {
	n      int     // rays a side
	step   float64 // pixels between rays
	path   []float32
	heart  []float32 // smallest signed distance in mm
	middle []float32
	belly  []float32 // mm of abdomen under the dome
	lung   [2][]float32
	near   [2][]float32 // depth of first and last lung, patient y of the middle of the lung path
}

// cast sums the large organs along the rays.
func cast(t *torso, p *pose, n int) *shadow {
	s := &shadow{n: n, step: float64(p.pixels-1) / float64(n-1)}
	s.path, s.heart, s.middle, s.belly = make([]float32, n*n), make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	for k := range 2 {
		s.lung[k], s.near[k] = make([]float32, n*n), make([]float32, n*n)
	}
	var wg sync.WaitGroup
	workers := max(1, min(runtime.GOMAXPROCS(0), 4))
	for w := range workers {
		wg.Go(func() {
			for j := w; j < n; j += workers {
				s.row(t, p, j)
			}
		})
	}
	wg.Wait()
	return s
}

const depthStep = 5.0

func (s *shadow) row(t *torso, p *pose, j int) {
	half := float64(p.pixels-1) / 2
	v := -(float64(j)*s.step - half - p.offV) * p.pitch
	reach := t.halfD + 45
	for i := range s.n {
		u := (float64(i)*s.step - half - p.offU) * p.pitch
		slant := math.Sqrt(1 + (u*u+v*v)/(p.sid*p.sid))
		at := j*s.n + i
		heart, middle := 40.0, 40.0
		var path, belly float64
		var lungs, weight [2]float64
		// The ray is a straight line in the torso's frame as well.
		near, far := 1/p.magnification(-reach), 1/p.magnification(reach)
		first, last := p.patient(vec{u * near, -reach, v * near}), p.patient(vec{u * far, reach, v * far})
		steps := int(2 * reach / depthStep)
		stride := last.sub(first).scale(1 / float64(steps))
		for k := range steps + 1 {
			q := vec{first[0] + float64(k)*stride[0], first[1] + float64(k)*stride[1], first[2] + float64(k)*stride[2]}
			m := t.sample(q[0], q[1], q[2])
			if m.mu != 0 {
				path += m.mu
			}
			if m.inside {
				heart, middle = min(heart, m.heart), min(middle, m.middle)
				belly += m.belly
				for k := range 2 {
					lungs[k] += m.lung[k]
					weight[k] += m.lung[k] * q[1]
				}
			}
		}
		s.path[at] = float32(path * 2 * reach / float64(steps) * slant)
		s.heart[at], s.middle[at], s.belly[at] = float32(heart), float32(middle), float32(belly*depthStep)
		for k := range 2 {
			s.lung[k][at] = float32(lungs[k] * depthStep)
			if lungs[k] > 0 {
				s.near[k][at] = float32(weight[k] / lungs[k])
			}
		}
	}
}

// tissue is what lies at a point: mu relative to water and the share of each organ.
type tissue struct {
	mu     float64
	inside bool
	heart  float64 // signed distances
	middle float64
	belly  float64
	lung   [2]float64
}

func share(distance float64) float64 {
	return max(0, min(1, 0.5-distance/depthStep))
}

func (t *torso) sample(x, y, z float64) (m tissue) {
	h := heightIndex(z)
	d := t.body[h].distance(x, y, t.bodySquare)
	if d > depthStep {
		for s := range t.arms {
			m.mu += t.arm(s, x, y, z)
		}
		for i := range t.breasts {
			m.mu = max(m.mu, 0.95*share(t.breasts[i].distance(x, y, z)))
		}
		return m
	}
	body := share(d)
	fat := share(-d - t.fatMM)
	m.mu = body * (1.02 - 0.1*fat)
	for i := range t.breasts {
		m.mu = max(m.mu, 0.95*share(t.breasts[i].distance(x, y, z)))
	}
	m.inside = true
	m.heart, m.middle = 40, 40
	for i := range t.heart {
		m.heart = min(m.heart, t.heart[i].distance(x, y, z))
	}
	if y > t.medFront && y < t.medBack {
		x0 := x - t.spineX(z)
		m.middle = max(t.medRight[h]-x0, x0-t.medLeft[h])
	}
	for i := range t.vessels {
		m.middle = min(m.middle, t.vessels[i].distance(x, y, z))
	}
	solid := max(share(m.heart), share(m.middle))
	s := 0
	if x > 0 {
		s = 1
	}
	l := &t.lungs[s]
	wall := l.sections[h].distance(x, y, l.square)
	if wall < depthStep {
		over := l.diaphragm(x, y) - z
		air := min(share(wall), share(over)) * (1 - solid)
		m.lung[s] = air
		density := t.lungMu * (1 + t.lungFall*(0.5-(z-l.bottom)/(l.top-l.bottom)) + 0.15*y/t.cageD)
		m.mu -= air * (1.02 - density)
		if over > 0 {
			m.belly = min(share(wall), share(-over))
		}
	}
	for i := range t.gas {
		m.mu -= m.mu * share(t.gas[i].distance(x, y, z))
	}
	return m
}

func (t *torso) arm(s int, x, y, z float64) float64 {
	line := t.arms[s]
	// Both sides start beside the shoulder and lead outwards, near the middle of the body's depth.
	if len(line) == 0 || x*line[0][0] < 0 || math.Abs(x) < math.Abs(line[0][0])-t.armRadius-depthStep || math.Abs(y) > t.armRadius+50 {
		return 0
	}
	best := math.Inf(1)
	for i := 1; i < len(line); i++ {
		best = min(best, segmentDistance(vec{x, y, z}, line[i-1], line[i]))
	}
	return share(best - t.armRadius)
}

func segmentDistance(p, a, b vec) float64 {
	ab, ap := b.sub(a), p.sub(a)
	t := (ab[0]*ap[0] + ab[1]*ap[1] + ab[2]*ap[2]) / (ab[0]*ab[0] + ab[1]*ab[1] + ab[2]*ab[2])
	return ap.sub(ab.scale(max(0, min(1, t)))).length()
}
