package phantom

import (
	"math"
	"sync"

	"github.com/caliper-imaging/caliper/volume"
)

// brainNames are the structures of the brain's labels, by the numbers of the 18-structure models.
var brainNames = []string{
	"Unknown", "Cerebral-White-Matter", "Cerebral-Cortex", "Lateral-Ventricle", "Inferior-Lateral-Ventricle",
	"Cerebellum-White-Matter", "Cerebellum-Cortex", "Thalamus", "Caudate", "Putamen", "Pallidum", "3rd-Ventricle",
	"4th-Ventricle", "Brain-Stem", "Hippocampus", "Amygdala", "Accumbens-area", "VentralDC",
}

// T1 values of the tissues.
const (
	t1White, t1Grey, t1CSF, t1Skull, t1Scalp, t1Deep = 150.0, 105.0, 38.0, 22.0, 190.0, 118.0
)

// part is one structure: an ellipsoid, mirrored where it lies off the midline.
type part struct {
	label  uint16
	value  float64
	centre vec
	semi   vec
	tilt   float64
}

// brain is a head of nested ellipsoids; origin between the thalami.
type brain struct {
	scale   vec
	parts   []part // later ones lie within earlier ones
	folds   [3]float64
	cortex  float64 // mm
	bulk    float64 // of the whole brain against its size without atrophy
	scalpMM float64
}

func newBrain(r random, lossPercent float64) *brain {
	b := &brain{scale: vec{r.around(1, 0.04), r.around(1, 0.04), r.around(1, 0.04)}, cortex: r.between(2.6, 3.4), scalpMM: r.between(4, 9)}
	b.folds = [3]float64{r.between(0, 6), r.between(0, 6), r.between(0, 6)}
	shrink := math.Cbrt(1 - lossPercent/100)
	b.bulk = shrink
	grow := math.Cbrt(1 + 6*lossPercent/100)
	v := r.between(0.85, 1.2) * grow
	b.parts = []part{
		{3, t1CSF, vec{12, 2, 16}, vec{7 * v, 30 * v, 6.5 * v}, 0.25},
		{3, t1CSF, vec{18, 38, 8}, vec{6 * v, 12 * v, 8 * v}, 0},
		{4, t1CSF, vec{33, 12, -14}, vec{2.6 * v, 15 * v, 2.4 * v}, 0},
		{8, t1Deep, vec{15, -14, 10}, vec{5 * shrink, 17 * shrink, 8 * shrink}, 0.3},
		{9, t1Deep, vec{25, -4, 2}, vec{5.5 * shrink, 16 * shrink, 10 * shrink}, 0},
		{10, t1Deep + 14, vec{18.5, -1, 0}, vec{3.6 * shrink, 9 * shrink, 7 * shrink}, 0},
		{7, t1Deep, vec{10, 12, 6}, vec{8 * shrink, 14 * shrink, 9 * shrink}, 0},
		{16, t1Deep, vec{10, -20, -4}, vec{4 * shrink, 6 * shrink, 4 * shrink}, 0},
		{17, t1Deep + 8, vec{9, 8, -8}, vec{7 * shrink, 9 * shrink, 5 * shrink}, 0},
		{14, t1Grey, vec{27, 12, -14}, vec{5 * shrink, 18 * shrink, 4.5 * shrink}, 0},
		{15, t1Grey, vec{23, -9, -16}, vec{7 * shrink, 7 * shrink, 6.5 * shrink}, 0},
		{11, t1CSF, vec{0, 6, 0}, vec{2.2 * v, 13, 9}, 0},
	}
	return b
}

func brainMRI(seed uint64, s *settings) (*Phantom, error) {
	r := stream(seed, aspectPrior)
	loss, days := r.between(0.5, 3), 365
	hasPrior := r.chance(0.5)
	if x, ok, err := s.number("atrophy-percent", 0, 20); err != nil {
		return nil, err
	} else if ok {
		loss = x
	}
	if x, ok, err := s.number("prior-days", 0, 20000); err != nil {
		return nil, err
	} else if ok {
		days, hasPrior = int(x), x > 0
	}
	base := loss
	if !hasPrior {
		base = 0
	}
	h := habit{old: stream(seed, aspectHabit).Float64(), female: seed%2 == 0}
	p := &Phantom{}
	var err error
	now := newBrain(stream(seed, aspectHabit), base)
	if p.Volume, p.Labels, err = now.scan(seed, pose{rot: newPose(r.around(0, 0.03), r.around(0, 0.03), r.around(0, 0.03), vec{}).rot}); err != nil {
		return nil, err
	}
	p.Truth = Truth{SpacingMM: p.Volume.Spacing, Lesions: []Lesion{}}
	p.exams = append(p.exams, slices3D("brain-mri", seed, studyDay, p.Volume, h))
	if hasPrior {
		before := newBrain(stream(seed, aspectHabit), 0)
		if p.Prior, _, err = before.scan(seed^0xa5a5a5a5a5a5a5a5, newPose(r.around(0, 0.05), r.around(0, 0.05), r.around(0, 0.05), vec{r.around(0, 2), r.around(0, 2), r.around(0, 2)})); err != nil {
			return nil, err
		}
		p.Truth.Prior = &Truth{SpacingMM: p.Prior.Spacing, Lesions: []Lesion{}}
		p.exams = append(p.exams, slices3D("brain-mri", seed, studyDay.AddDate(0, 0, -days), p.Prior, h))
	}
	return p, nil
}

// scan samples the head on a grid of 1.25 mm.
func (b *brain) scan(seed uint64, p pose) (*volume.Volume, *volume.Mask, error) {
	const mm = 1.25
	g := volume.Identity([3]int{152, 184, 168}, [3]float64{mm, mm, mm})
	g.Origin = [3]float64{-75.5 * mm, -91.5 * mm, -88 * mm}
	v, err := volume.New(g, 1, volume.Arbitrary)
	if err != nil {
		return nil, nil, err
	}
	m, err := volume.NewMask(g, brainNames...)
	if err != nil {
		return nil, nil, err
	}
	r := stream(seed, aspectExposure)
	bias := vec{r.around(0, 0.07), r.around(0, 0.07), r.around(0, 0.07)}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for k := w; k < g.Size[2]; k += 4 {
				for j := range g.Size[1] {
					for i := range g.Size[0] {
						q := p.patient(g.PointLPS([3]float64{float64(i), float64(j), float64(k)}))
						value, label := b.at(q)
						at := g.Offset(i, j, k)
						field := 1 + (bias[0]*q[0]+bias[1]*q[1]+bias[2]*q[2])/90
						v.Data[at], m.Labels[at] = float32(value*field), label
					}
				}
			}
		})
	}
	wg.Wait()
	noise := stream(seed, aspectNoise)
	for i, x := range v.Data {
		a, c := float64(x)+3.2*noise.NormFloat64(), 3.2*noise.NormFloat64()
		v.Data[i] = float32(math.Round(math.Hypot(a, c)))
	}
	return v, m, nil
}

// at is the signal and the structure at a point of the head.
func (b *brain) at(q vec) (float64, uint16) {
	x, y, z := q[0]/b.scale[0], q[1]/b.scale[1], q[2]/b.scale[2]
	head := (math.Sqrt(sq(x/80)+sq((y-4)/97)+sq((z-6)/88)) - 1) * 84
	if z < -52 {
		neck := math.Hypot(x, y-20) - 52
		head = min(head, neck)
	}
	if head > 0 {
		return 0, 0
	}
	if head > -b.scalpMM {
		return t1Scalp * (0.8 + 0.2*math.Cos(head)), 0
	}
	x, y, z = x/b.bulk, y/b.bulk, z/b.bulk
	mx := math.Abs(x)
	// cerebellum and stem
	stem := (math.Sqrt(sq(x/12)+sq((y-16)/11)+sq((z+36)/30)) - 1) * 11
	cereb := (math.Sqrt(sq((mx-20)/27)+sq((y-46)/24)+sq((z+36)/20)) - 1) * 20
	skull := (math.Sqrt(sq(x/72)+sq((y-4)/88)+sq((z-8)/74)) - 1) * 72
	// hemispheres with folds
	fold := 2.2 * math.Sin(z/3.4+b.folds[0]+math.Sin(y/7)) * math.Sin(y/3.9+b.folds[1]+math.Sin(x/8)) * math.Cos(x/5+b.folds[2])
	hemi := (math.Sqrt(sq((mx-1.5)/62)+sq((y-2)/80)+sq((z-14)/58))-1)*60 + fold
	if mx < 1.6+0.4*fold && z > 10 {
		hemi = max(hemi, 1.2)
	}
	if z < -24+0.12*math.Abs(y) && y > 20 {
		hemi = max(hemi, 1)
	}
	switch {
	case stem < 0:
		if (math.Sqrt(sq(x/6)+sq((y-27)/4)+sq((z+34)/10)) - 1) < 0 {
			return t1CSF, 12
		}
		return t1White - 8, 13
	case cereb < 0 && hemi > 0:
		if cereb < -9+3*math.Sin(z)*math.Cos(mx/2) {
			return t1White - 4, 5
		}
		return t1Grey, 6
	}
	if hemi < 0 {
		value, label := t1White, uint16(1)
		for i := range b.parts {
			p := &b.parts[i]
			dx, dy, dz := mx-p.centre[0], y-p.centre[1], z-p.centre[2]
			if p.centre[0] == 0 {
				dx = x
			}
			dz += p.tilt * dy * 0.4
			if sq(dx/p.semi[0])+sq(dy/p.semi[1])+sq(dz/p.semi[2]) < 1 {
				value, label = p.value, p.label
			}
		}
		if label == 1 && hemi+1.4*fold > -b.cortex {
			return t1Grey, 2
		}
		return value, label
	}
	if skull < 0 {
		return t1CSF, 0
	}
	if z < -52 {
		return 95, 0
	}
	return t1Skull, 0
}
