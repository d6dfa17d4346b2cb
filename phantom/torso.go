package phantom

import "math"

// The torso's frame is LPS in mm: x to the patient's left, y to the back, z to the head; the
// origin lies in the midline at half depth, a little above the heart.

// vec is a point or direction in that frame.
type vec [3]float64

func (a vec) add(b vec) vec                { return vec{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func (a vec) sub(b vec) vec                { return vec{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func (a vec) scale(s float64) vec          { return vec{a[0] * s, a[1] * s, a[2] * s} }
func (a vec) length() float64              { return math.Sqrt(a[0]*a[0] + a[1]*a[1] + a[2]*a[2]) }
func (a vec) towards(b vec, t float64) vec { return a.add(b.sub(a).scale(t)) }

// ellipsoid is rotated by Tilt about y (its long axis leans in the frontal plane).
type ellipsoid struct {
	centre, semi vec
	sin, cos     float64
	reach        float64
}

func newEllipsoid(centre, semi vec, tilt float64) ellipsoid {
	return ellipsoid{centre, semi, math.Sin(tilt), math.Cos(tilt), max(semi[0], semi[1], semi[2]) + 40}
}

// distance is about the signed distance in mm to the surface, negative inside.
func (e *ellipsoid) distance(x, y, z float64) float64 {
	x, y, z = x-e.centre[0], y-e.centre[1], z-e.centre[2]
	if far := e.reach; x > far || x < -far || y > far || y < -far || z > far || z < -far {
		return 40
	}
	x, z = x*e.cos+z*e.sin, z*e.cos-x*e.sin
	x, y, z = x/e.semi[0], y/e.semi[1], z/e.semi[2]
	return (math.Sqrt(x*x+y*y+z*z) - 1) * min(e.semi[0], e.semi[1], e.semi[2])
}

// section is a squircle in an axial plane.
type section struct{ cx, cy, a, b float64 }

// tableStep and tableLow lay out the tables of sections by height.
const (
	tableLow  = -260.0
	tableHigh = 260.0
	tableSize = 521
)

// distance is about the signed distance in mm within the plane; square (0 to 1) makes the ellipse a box.
func (s *section) distance(x, y, square float64) float64 {
	if s.a < 1 || s.b < 1 {
		return 50
	}
	x, y = (x-s.cx)/s.a, (y-s.cy)/s.b
	x, y = x*x, y*y
	f := x + y - square*x*y
	if x > 1 && y > 1 {
		f = x + y - square
	}
	return (f - 1) * 0.5 * min(s.a, s.b)
}

func heightIndex(z float64) int {
	i := int(z - tableLow + 0.5)
	return max(0, min(tableSize-1, i))
}

// lung is one side's pleural space before heart and mediastinum are cut out.
type lung struct {
	sections [tableSize]section
	square   float64
	// Diaphragm: an elliptic dome.
	domeX, domeY, domeZ float64
	dropX, dropY        float64 // mm of fall at one semi-axis from the top
	semiX, semiY        float64
	top, bottom         float64
}

// diaphragm is the height of the dome.
func (l *lung) diaphragm(x, y float64) float64 {
	x, y = (x-l.domeX)/l.semiX, (y-l.domeY)/l.semiY
	return l.domeZ - l.dropX*x*x - l.dropY*y*y
}

// torso is the anatomy of one person.
type torso struct {
	body       [tableSize]section
	bodySquare float64
	fatMM      float64
	lungs      [2]lung // right, left
	heart      []ellipsoid
	vessels    []ellipsoid // knob, pulmonary trunk, cava: mediastinum that shows as silhouettes
	medRight   [tableSize]float64
	medLeft    [tableSize]float64
	medFront   float64
	medBack    float64
	breasts    []ellipsoid
	gas        []ellipsoid // stomach and bowel
	arms       [2][]vec    // centre line of each arm; empty where out of the field
	armRadius  float64
	trachea    []vec
	carina     vec
	lungMu     float64 // relative to water
	lungFall   float64 // growth of density from apex to base
	halfW      float64
	halfD      float64
	cageW      float64
	cageD      float64
	shoulderZ  float64
	spineX     func(z float64) float64
	female     bool
	old        float64 // 0 to 1
	hila       [2]vec
	shift      float64 // of the diaphragm against full inspiration
}

// habit are the choices that a prior shares with the current study.
type habit struct {
	halfW, halfD, fat, cage, height, heartScale, heartTilt, heartX float64
	old, knob, curve, square, apexX, domeDiff, breast, lungMu      float64
	scoliosis, medWide, armLift                                    float64
	female                                                         bool
}

func drawHabit(r random) habit {
	h := habit{
		halfW: r.around(172, 14), halfD: r.around(112, 11), fat: r.between(4, 26), cage: r.between(0.80, 0.9),
		height: r.around(243, 20), heartScale: r.around(1, 0.13), heartTilt: r.between(0.35, 0.85), heartX: r.around(18, 6),
		old: r.Float64(), knob: r.between(0.8, 1.35), curve: r.between(0, 1), square: r.between(0.25, 0.75),
		apexX: r.between(40, 54), domeDiff: r.around(9, 8), breast: r.between(0.6, 1.25), lungMu: r.between(0.19, 0.33),
		scoliosis: r.around(0, 4), medWide: r.between(0.85, 1.25), armLift: r.Float64(), female: r.chance(0.5),
	}
	if r.chance(0.2) {
		h.heartScale *= r.between(1.1, 1.32)
	}
	if h.female {
		h.halfW *= 0.94
		h.height *= 0.93
	}
	if r.chance(0.15) {
		h.halfW += r.between(8, 25)
		h.fat += r.between(5, 25)
	}
	return h
}

// newTorso lays out the anatomy; inspiration moves the diaphragm in mm (up is shallower).
func newTorso(h habit, upMM float64) *torso {
	t := &torso{halfW: h.halfW, halfD: h.halfD, fatMM: h.fat, bodySquare: h.square, female: h.female, old: h.old, lungMu: h.lungMu, shift: upMM}
	inner := h.halfW - h.fat - 14
	t.cageW = inner * (0.97 + 0.08*h.cage)
	t.cageD = (h.halfD - h.fat*0.5 - 12) * 0.97
	apex := h.height * 0.5
	base := -h.height*0.5 + upMM
	t.shoulderZ = apex - 22
	t.lungMu *= 1 + upMM/120
	t.lungFall = 0.35
	for i := range t.body {
		z := tableLow + float64(i)
		up := smooth((z - t.shoulderZ + 30) / 125)
		w := h.halfW * (1 - 0.05*smooth((-z-60)/140))
		w = w*(1-up) + (40+0.12*h.halfW)*up
		d := h.halfD*(1-0.12*up) - 28*smooth((z-apex-5)/40)
		// shoulders: a wide plateau below the neck
		sh := math.Exp(-sq((z - t.shoulderZ + 15) / 38))
		w += sh * (26 + 0.1*h.halfW)
		t.body[i] = section{0, 0, w, d}
	}
	for s := range 2 {
		sign := float64(2*s - 1) // right lung lies at negative x
		l := &t.lungs[s]
		l.square = 0.35 + 0.4*h.curve
		l.top, l.bottom = apex, base-75
		inMed := 4.0
		fullA := (t.cageW - inMed) / 2
		fullX := inMed + fullA
		power := 2.1 + 0.9*h.curve
		for i := range l.sections {
			z := tableLow + float64(i)
			u := (z - (base - 20)) / (apex - (base - 20))
			if u > 1 {
				continue
			}
			u = max(u, 0)
			narrow := math.Pow(1-math.Pow(u, power), 1/power)
			widen := 0.93 + 0.07*math.Cos((u-0.25)*2.2)
			a := fullA * narrow * widen
			cx := fullX*(1-sq(u)) + h.apexX*sq(u)
			b := t.cageD * 0.92 * math.Pow(1-math.Pow(u, power*1.15), 0.55) * (0.86 + 0.14*widen)
			l.sections[i] = section{sign * cx, 6 + 10*sq(u), a, b}
		}
		l.domeZ = base + 48
		if s == 1 {
			l.domeZ -= h.domeDiff
		}
		l.domeX, l.domeY = sign*(t.cageW*0.44), -0.22*t.cageD
		l.semiX, l.semiY = t.cageW*0.52, t.cageD*1.02
		l.dropX = 22 + 20*h.curve - 0.15*upMM
		l.dropY = 62
		t.hila[s] = vec{sign * (31 + 3*h.medWide), 12, 22 + 6*sign}
	}
	k := h.heartScale * (0.66 + 0.28*t.cageW/140)
	floor := (t.lungs[0].domeZ + t.lungs[1].domeZ) / 2
	hz := floor + 33*k
	t.heart = []ellipsoid{
		newEllipsoid(vec{h.heartX * 1.45, -30, hz - 3}, vec{70 * k, 52 * k, 46 * k}, -0.8*h.heartTilt),
		newEllipsoid(vec{-15*k + 0.3*(h.heartX-18), -18, hz + 10}, vec{34 * k, 36 * k, 47 * k}, 0.1),
		newEllipsoid(vec{10 * k, -24, hz + 38*k}, vec{32 * k, 32 * k, 36 * k}, -0.35),
	}
	kn := h.knob
	top := hz + 68*k
	arch := max(top+22, 48)
	t.vessels = []ellipsoid{
		newEllipsoid(vec{17 + 4*kn, 6, arch}, vec{17 * kn, 26, 16 * kn}, 0),
		newEllipsoid(vec{23, -8, arch - 28}, vec{15, 22, 20}, 0),
		newEllipsoid(vec{-14, -8, arch - 12}, vec{14 + 4*h.old, 18, 48}, 0.05),
		newEllipsoid(vec{16 + 3*h.old, 42, arch - 70}, vec{14 + 2*kn, 14, 90}, 0.04*h.old),
	}
	for i := range t.medRight {
		z := tableLow + float64(i)
		w := 19*h.medWide + 5*smooth((z-arch-20)/50)
		t.medRight[i] = -w
		t.medLeft[i] = 17*h.medWide + 7*smooth((z-arch-10)/50)
	}
	t.medFront, t.medBack = -0.3*t.cageD, 0.8*t.cageD
	t.carina = vec{2, 8, arch - 26}
	t.trachea = []vec{{0, -12, apex + 70}, {0, 0, apex - 5}, {2 - 4*h.old, 6, arch + 8}, t.carina}
	amp := h.scoliosis
	t.spineX = func(z float64) float64 { return amp * math.Sin(z/95) }
	if h.female {
		for _, sign := range []float64{-1, 1} {
			k := h.breast
			t.breasts = append(t.breasts, newEllipsoid(vec{sign * t.cageW * 0.56, -h.halfD * 0.93, floor + 38 - 8*k}, vec{58 * k, 38 * k, 60 * k}, 0))
		}
	}
	return t
}

// smooth is the cubic step from 0 to 1.
func smooth(x float64) float64 {
	x = max(0, min(1, x))
	return x * x * (3 - 2*x)
}

func sq(x float64) float64 { return x * x }
