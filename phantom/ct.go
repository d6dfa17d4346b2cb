package phantom

import (
	"fmt"
	"math"
	"sync"

	"github.com/caliper-imaging/caliper/volume"
)

// ctSpacing is the grid of the chest CT in mm.
var ctSpacing = [3]float64{2, 2, 2.5}

// ctNames are the structures of the chest CT's labels.
var ctNames = []string{"background", "right lung", "left lung", "heart", "nodule"}

func chestCT(seed uint64, s *settings) (*Phantom, error) {
	r := stream(seed, aspectPrior)
	o, err := s.nodules(r)
	if err != nil {
		return nil, err
	}
	h := drawHabit(stream(seed, aspectHabit))
	t := newTorso(h, r.between(0, 10))
	t.lungMu *= 0.6
	for i := range t.breasts { // lying down they are flat
		t.breasts[i].semi[1] *= 0.6
	}
	var nodules []nodule
	if o.noduleMM > 0 {
		d, ok := t.placeInLung(stream(seed, aspectNodule), o)
		if !ok {
			return nil, fmt.Errorf("phantom: chest-ct: nodule-mm: want a nodule that fits the zone, got %g mm", o.noduleMM)
		}
		nodules = append(nodules, d)
	}
	p := &Phantom{}
	if p.Volume, p.Labels, p.Truth, err = t.scan(seed, nodules); err != nil {
		return nil, err
	}
	p.exams = append(p.exams, slices3D("chest-ct", seed, studyDay, p.Volume, h))
	if o.priorDays > 0 {
		before := []nodule{}
		for _, d := range nodules {
			if o.priorMM > 0 {
				d.diameterMM = o.priorMM
				before = append(before, d)
			}
		}
		var truth Truth
		if p.Prior, _, truth, err = t.scan(seed^0xa5a5a5a5a5a5a5a5, before); err != nil {
			return nil, err
		}
		p.Truth.Prior = &truth
		p.exams = append(p.exams, slices3D("chest-ct", seed, studyDay.AddDate(0, 0, -o.priorDays), p.Prior, h))
	}
	return p, nil
}

// placeInLung finds room for a nodule; thirds of the lung's height are its zones.
func (t *torso) placeInLung(r random, o chestOptions) (nodule, bool) {
	side, zone := r.IntN(2), r.IntN(3)
	if o.side >= 0 {
		side = o.side
	}
	if o.zone >= 0 {
		zone = o.zone
	}
	l := &t.lungs[side]
	top, bottom := l.top, l.domeZ-10
	for range 20000 {
		z := top - (top-bottom)*(float64(zone)+r.Float64())/3
		q := vec{float64(2*side-1) * r.between(20, t.cageW), r.between(-t.cageD, t.cageD), z}
		if t.inLung(side, q, o.noduleMM/2+4) && t.middleDistance(q) > o.noduleMM/2+4 {
			return nodule{centre: q, diameterMM: o.noduleMM, density: 1.05, side: side, zone: zone}, true
		}
	}
	return nodule{}, false
}

func (t *torso) middleDistance(q vec) float64 {
	d := math.Inf(1)
	for i := range t.vessels {
		d = min(d, t.vessels[i].distance(q[0], q[1], q[2]))
	}
	return d
}

// scan samples the torso on the grid of a CT.
func (t *torso) scan(seed uint64, nodules []nodule) (*volume.Volume, *volume.Mask, Truth, error) {
	low, high := t.lungs[0].bottom-15, t.lungs[0].top+30
	wide := 2 * (t.halfW + 40)
	size := [3]int{int(wide / ctSpacing[0]), int(2 * (t.halfD + 25) / ctSpacing[1]), int((high - low) / ctSpacing[2])}
	g := volume.Identity(size, ctSpacing)
	for n := range 2 {
		g.Origin[n] = -float64(size[n]-1) / 2 * ctSpacing[n]
	}
	g.Origin[2] = low
	v, err := volume.New(g, 1, volume.HU)
	if err != nil {
		return nil, nil, Truth{}, err
	}
	m, err := volume.NewMask(g, ctNames...)
	if err != nil {
		return nil, nil, Truth{}, err
	}
	t.arms = [2][]vec{}
	slice := func(k int) {
		for j := range size[1] {
			for i := range size[0] {
				at := g.Offset(i, j, k)
				q := g.PointLPS([3]float64{float64(i), float64(j), float64(k)})
				s := t.sample(q[0], q[1], q[2])
				v.Data[at] = float32(1000 * (s.mu - 1))
				switch {
				case s.inside && s.heart <= 0:
					m.Labels[at] = 3
				case s.lung[0] >= 0.5:
					m.Labels[at] = 1
				case s.lung[1] >= 0.5:
					m.Labels[at] = 2
				}
			}
		}
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for k := w; k < size[2]; k += 4 {
				slice(k)
			}
		})
	}
	wg.Wait()
	t.solids(v, seed)
	truth := Truth{SpacingMM: g.Spacing, Lesions: []Lesion{}}
	for _, d := range nodules {
		stamp(v, d.centre, d.diameterMM/2, 40, m, 4)
		truth.Lesions = append(truth.Lesions, Lesion{What: "nodule", CentreLPS: d.centre, DiameterMM: d.diameterMM, Zone: zones[d.zone], Side: sides[d.side]})
	}
	noise := stream(seed, aspectNoise)
	for i := range v.Data {
		v.Data[i] = float32(math.Round(max(-1024, float64(v.Data[i])+12*noise.NormFloat64())))
	}
	return v, m, truth, nil
}

// solids stamps ribs, spine, vessels and airways.
func (t *torso) solids(v *volume.Volume, seed uint64) {
	pitchMM := (t.lungs[0].top - t.lungs[0].bottom) / 12.4
	for i := range 12 {
		for side := range 2 {
			drop := 80 * min(1, 0.55+0.09*float64(i))
			line := t.ribLine(side, i, pitchMM, drop, 152-3.2*float64(max(0, i-5)))
			stampTube(v, line, 4.5, 4.5, 450)
		}
	}
	y := 0.66 * t.cageD
	for z := t.lungs[0].bottom - 30; z < t.lungs[0].top+40; z += 4 {
		stamp(v, vec{t.spineX(z), y, z}, 16, 250, nil, 0)
	}
	stampTube(v, curve(t.trachea, 20), 8.5, 8, -980)
	for s := range 2 {
		for _, b := range t.vesselTree(s, stream(seed, aspectVessels), 1) {
			stampTube(v, b.line, b.r0, b.r1, 45)
		}
	}
}

func stampTube(v *volume.Volume, line []vec, r0, r1, hu float64) {
	for i := 1; i < len(line); i++ {
		length := line[i].sub(line[i-1]).length()
		steps := max(1, int(length/1.2))
		for k := range steps {
			f := (float64(i-1) + float64(k)/float64(steps)) / float64(len(line)-1)
			stamp(v, line[i-1].towards(line[i], float64(k)/float64(steps)), r0+(r1-r0)*f, hu, nil, 0)
		}
	}
}

// stamp puts a ball of the given value into the image, by shares of voxels, and its label into m.
func stamp(v *volume.Volume, centre vec, radius, hu float64, m *volume.Mask, label uint16) {
	c := v.IndexOf(centre)
	var lo, hi [3]int
	for n := range 3 {
		reach := radius/v.Spacing[n] + 1
		lo[n], hi[n] = max(0, int(c[n]-reach)), min(v.Size[n]-1, int(c[n]+reach)+1)
	}
	for k := lo[2]; k <= hi[2]; k++ {
		for j := lo[1]; j <= hi[1]; j++ {
			for i := lo[0]; i <= hi[0]; i++ {
				d := vec{(float64(i) - c[0]) * v.Spacing[0], (float64(j) - c[1]) * v.Spacing[1], (float64(k) - c[2]) * v.Spacing[2]}
				f := ballShare(d, radius, v.Spacing)
				if f == 0 {
					continue
				}
				at := v.Offset(i, j, k)
				v.Data[at] += float32(f) * (float32(hu) - v.Data[at])
				if m != nil && d.length() <= radius {
					m.Labels[at] = label
				}
			}
		}
	}
}
