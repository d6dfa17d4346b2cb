package phantom

import (
	"fmt"
	"math"
)

// aspects of a seed, each with its own stream of numbers.
const (
	aspectHabit = iota
	aspectPose
	aspectExposure
	aspectSkeleton
	aspectVessels
	aspectDevices
	aspectMarks
	aspectNodule
	aspectPrior
	aspectClouds
	aspectGas
	aspectNoise
)

// nodule is a ball of soft tissue in a lung; its place is given for full inspiration.
type nodule struct {
	centre     vec
	diameterMM float64
	density    float64
	side, zone int
}

// film is one radiograph with what is known of it.
type film struct {
	pixels  []float32
	n       int
	p       *pose
	labels  []uint16
	torso   *torso
	shadow  *shadow
	nodules []nodule
	boxes   [][4]float64
}

// visit are the choices that differ between the current and the prior study.
type visit struct {
	seed     uint64
	prior    bool
	pixels   int
	upMM     float64
	yaw      float64
	roll     float64
	tip      float64
	move     vec
	ap       bool
	exposure exposure
	scaleMM  float64 // width of the detector
	gap      float64
}

func drawVisit(seed uint64, prior bool, pixels int) visit {
	s := seed
	if prior {
		s = seed ^ 0xa5a5a5a5a5a5a5a5
	}
	r := stream(s, aspectPose)
	deg := math.Pi / 180
	v := visit{seed: s, prior: prior, pixels: pixels, ap: stream(seed, aspectPose).chance(0.4)}
	v.yaw, v.roll, v.tip = r.around(0, 3.2)*deg, r.around(0, 1.8)*deg, r.around(-2, 4)*deg
	v.upMM = r.between(-4, 22)
	v.move = vec{r.around(0, 9), 0, r.around(8, 14)}
	v.scaleMM = r.between(318, 420)
	v.gap = r.between(15, 50)
	if v.ap {
		v.upMM += r.between(0, 22)
		v.yaw *= 1.4
		v.roll *= 1.6
		v.tip += r.around(3, 4) * deg
	}
	v.exposure = drawExposure(stream(s, aspectExposure), v.ap)
	return v
}

// shoot makes the radiograph of a torso; nodules are placed by the caller.
func shoot(h habit, v visit, place func(f *film) []nodule) *film {
	t := newTorso(h, v.upMM)
	p := newPose(v.yaw, v.roll, v.tip, v.move)
	p.ap, p.pixels, p.pitch = v.ap, v.pixels, v.scaleMM/float64(v.pixels)
	p.sid = 1800
	if v.ap {
		p.sid = 1150
	}
	p.detector = t.halfD + v.gap
	t.raiseArms(h, stream(v.seed, aspectGas), v.ap)
	f := &film{n: v.pixels, p: &p, torso: t}
	f.shadow = cast(t, &p, min(v.pixels/2, 400))
	path := enlarge(f.shadow.path, f.shadow.n, f.shadow.step, f.n)
	f.label()
	t.clouds(path, f.shadow, f.n, stream(v.seed, aspectClouds), p.pitch)
	c := &canvas{n: f.n, data: path, p: &p}
	base := v.seed
	if v.prior {
		base = v.seed ^ 0xa5a5a5a5a5a5a5a5
	}
	t.bones(c, stream(base, aspectSkeleton))
	dense := stream(base, aspectVessels).between(0.75, 1.25)
	t.airways(c, stream(base, aspectVessels), dense)
	f.nodules = place(f)
	for _, d := range f.nodules {
		at := f.moved(d.centre)
		c.sphere(at, d.diameterMM/2, d.density)
		u, w, mag := p.pixel(at)
		rad := d.diameterMM / 2 * mag / p.pitch
		f.boxes = append(f.boxes, [4]float64{u - rad + 0.5, w - rad + 0.5, u + rad + 0.5, w + rad + 0.5})
	}
	t.devices(c, stream(v.seed, aspectDevices))
	f.pixels = develop(path, f.n, p.pitch, v.exposure, stream(v.seed, aspectNoise))
	for i, hid := range marks(f.pixels, f.n, v.ap, stream(v.seed, aspectMarks)) {
		if hid {
			f.labels[i] = 0
		}
	}
	return f
}

// moved shifts a place of full inspiration with the diaphragm.
func (f *film) moved(q vec) vec {
	t := f.torso
	full := t.lungs[0].bottom - t.shift
	q[2] += t.shift * 0.7 * max(0, min(1, (t.lungs[0].top-q[2])/(t.lungs[0].top-full)))
	return q
}

// unmoved is the inverse of moved.
func (f *film) unmoved(q vec) vec {
	z := q[2]
	for range 20 {
		p := q
		p[2] = z
		z += q[2] - f.moved(p)[2]
	}
	q[2] = z
	return q
}

func (t *torso) raiseArms(h habit, r random, ap bool) {
	for s, sign := range []float64{-1, 1} {
		start := vec{sign * (t.halfW*0.98 + 12), 5, t.shoulderZ - 14}
		t.armRadius = 34 + 0.5*h.fat
		switch {
		case ap || h.armLift < 0.3:
			t.arms[s] = []vec{start, {sign * (t.halfW + 30 + 20*r.Float64()), 5, -60}, {sign * (t.halfW + 40 + 30*r.Float64()), 0, -260}}
		case h.armLift < 0.8:
			t.arms[s] = []vec{start, {sign * (t.halfW + 120), -20, t.shoulderZ - 120 - 60*r.Float64()}}
		default:
			t.arms[s] = []vec{start, {sign * (t.halfW + 90), -40, t.shoulderZ + 30}}
		}
	}
	floor := t.lungs[1].domeZ
	if r.chance(0.6) {
		k := r.between(0.4, 1)
		t.gas = append(t.gas, newEllipsoid(vec{r.between(40, 75), -20, floor - 24 - 22*k}, vec{38 * k, 25 * k, 20 * k}, r.between(-0.3, 0.3)))
	}
	for range r.IntN(5) {
		k := r.between(0.4, 1)
		t.gas = append(t.gas, newEllipsoid(vec{r.between(-90, 100), -40, floor - r.between(60, 150)}, vec{30 * k, 18 * k, 16 * k}, r.between(-0.8, 0.8)))
	}
}

// label marks what a reader sees: 1 right lung, 2 left lung, 3 heart.
func (f *film) label() {
	s := f.shadow
	heart, middle, belly := enlarge(s.heart, s.n, s.step, f.n), enlarge(s.middle, s.n, s.step, f.n), enlarge(s.belly, s.n, s.step, f.n)
	right, left := enlarge(s.lung[0], s.n, s.step, f.n), enlarge(s.lung[1], s.n, s.step, f.n)
	f.labels = make([]uint16, f.n*f.n)
	for i := range f.labels {
		switch {
		case heart[i] <= 0:
			f.labels[i] = 3
		case middle[i] <= 0 || belly[i] > 4:
		case right[i] > 12 && right[i] >= left[i]:
			f.labels[i] = 1
		case left[i] > 12:
			f.labels[i] = 2
		}
	}
}

// span are the first and last rows of a lung field.
func (f *film) span(side int) (top, bottom int) {
	top, bottom = f.n, -1
	for i, l := range f.labels {
		if int(l) == side+1 {
			top, bottom = min(top, i/f.n), max(bottom, i/f.n)
		}
	}
	return top, bottom
}

// zones of a lung field are thirds of its height.
var zones = []string{"upper", "middle", "lower"}

var sides = []string{"right", "left"}

// placeNodule finds a place in the zone that shows as lung all around; ok is false where there is none.
func placeNodule(f *film, r random, side, zone int, diameterMM float64, central bool) (nodule, bool) {
	top, bottom := f.span(side)
	if bottom < top {
		return nodule{}, false
	}
	third := float64(bottom-top+1) / 3
	radius := diameterMM / 2 * 1.08 / f.p.pitch
	for range 4000 {
		v := float64(top) + third*(float64(zone)+r.Float64())
		u := r.Float64() * float64(f.n)
		if !f.clear(u, v, radius*1.15+2, uint16(side+1)) || v < float64(top)+third*float64(zone)+radius*0.3 {
			continue
		}
		i, j := int(u/f.shadow.step+0.5), int(v/f.shadow.step+0.5)
		at := min(j, f.shadow.n-1)*f.shadow.n + min(i, f.shadow.n-1)
		room := float64(f.shadow.lung[side][at])
		if room < diameterMM*1.2 {
			continue
		}
		deep := float64(f.shadow.near[side][at])
		if !central {
			deep += (r.Float64() - 0.5) * (room - diameterMM) * 0.7
		}
		q := f.back(u, v, deep)
		return nodule{centre: f.unmoved(q), diameterMM: diameterMM, side: side, zone: zone}, true
	}
	return nodule{}, false
}

// back is the point of the torso on the ray of pixel (u, v) nearest to patient depth y.
func (f *film) back(u, v, y float64) vec {
	half := float64(f.n-1) / 2
	du, dv := (u-half-f.p.offU)*f.p.pitch, -(v-half-f.p.offV)*f.p.pitch
	depth := y
	var q vec
	for range 8 {
		mag := f.p.magnification(depth)
		q = f.p.patient(vec{du / mag, depth, dv / mag})
		depth += y - q[1]
	}
	return q
}

func (f *film) clear(u, v, radius float64, label uint16) bool {
	for k := range 24 {
		a := float64(k) * math.Pi / 12
		for _, s := range []float64{1, 0.6, 0.2} {
			i, j := int(u+s*radius*math.Cos(a)+0.5), int(v+s*radius*math.Sin(a)+0.5)
			if i < 0 || j < 0 || i >= f.n || j >= f.n || f.labels[j*f.n+i] != label {
				return false
			}
		}
	}
	return true
}

// chest makes the current film and, where asked for, the prior one of the same person.
func chest(seed uint64, o chestOptions) (now, before *film, err error) {
	h := drawHabit(stream(seed, aspectHabit))
	r := stream(seed, aspectNodule)
	side, zone := r.IntN(2), r.IntN(3)
	density := r.between(0.85, 1.1)
	if o.side >= 0 {
		side = o.side
	}
	if o.zone >= 0 {
		zone = o.zone
	}
	missing := false
	now = shoot(h, drawVisit(seed, false, o.pixels), func(f *film) []nodule {
		if o.noduleMM <= 0 {
			return nil
		}
		for try := range 6 {
			if d, ok := placeNodule(f, r, side, (zone+max(0, try-1)*boolInt(o.zone < 0))%3, o.noduleMM, o.central); ok {
				d.density = density
				return []nodule{d}
			}
			if o.side < 0 {
				side = 1 - side
			}
		}
		missing = true
		return nil
	})
	if missing && (o.zone >= 0 || o.sized) {
		return nil, nil, fmt.Errorf("phantom: chest-xray: nodule-mm: want a nodule that fits the zone, got %g mm", o.noduleMM)
	}
	if o.priorDays > 0 {
		before = shoot(h, drawVisit(seed, true, o.pixels), func(*film) []nodule {
			if o.priorMM <= 0 || len(now.nodules) == 0 {
				return nil
			}
			d := now.nodules[0]
			d.diameterMM = o.priorMM
			return []nodule{d}
		})
	}
	return now, before, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// chestOptions are the keys of the kind, resolved against the seed.
type chestOptions struct {
	pixels    int
	noduleMM  float64
	sized     bool // the size was asked for
	side      int  // -1: drawn
	zone      int  // -1: drawn
	priorMM   float64
	priorDays int
	central   bool // at half depth, where the stated magnification holds
}
