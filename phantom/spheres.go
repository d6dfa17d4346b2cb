package phantom

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// spheres is a cylinder of water in air with balls of 100 HU, one after another along the body.
func spheres(seed uint64, s *settings) (*Phantom, error) {
	diameters := []float64{10, 20, 30, 40}
	if text, ok := s.values["diameters-mm"]; ok {
		diameters = nil
		for part := range strings.SplitSeq(text, "+") {
			d, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			if err != nil || !(d >= 3 && d <= 60) || len(diameters) == 8 {
				return nil, fmt.Errorf("phantom: spheres: diameters-mm: want up to 8 numbers from 3 to 60 joined by +, got %q", text)
			}
			diameters = append(diameters, d)
		}
	}
	length := 20.0
	for _, d := range diameters {
		length += d + 10
	}
	g := volume.Identity([3]int{128, 128, int(length)}, [3]float64{1, 1, 1})
	r := stream(seed, aspectNoise)
	shift := [2]float64{r.between(-6, 6), r.between(-6, 6)}
	g.Origin = [3]float64{-63.5 - shift[0], -63.5 - shift[1], -length / 2}
	v, err := volume.New(g, 1, volume.HU)
	if err != nil {
		return nil, err
	}
	names := []string{"background"}
	var balls []vec
	z := 15.0
	t := Truth{SpacingMM: g.Spacing, Lesions: []Lesion{}}
	for i, d := range diameters {
		z += d / 2
		angle := r.between(0, 2*math.Pi)
		c := vec{63.5 + 14*math.Cos(angle), 63.5 + 14*math.Sin(angle), z}
		balls = append(balls, c)
		z += d/2 + 10
		names = append(names, "ball "+strconv.Itoa(i+1))
		t.Lesions = append(t.Lesions, Lesion{What: "sphere", CentreLPS: g.PointLPS(c), DiameterMM: d})
	}
	m, err := volume.NewMask(g, names...)
	if err != nil {
		return nil, err
	}
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				at := g.Offset(i, j, k)
				x, y := float64(i)-63.5, float64(j)-63.5
				hu := -1000 + 1000*max(0, min(1, 52.5-math.Hypot(x, y)))
				for b, c := range balls {
					radius := diameters[b] / 2
					d := vec{float64(i), float64(j), float64(k)}.sub(c).length() - radius
					if d < 1 {
						hu += (100 - hu) * ballShare(vec{float64(i), float64(j), float64(k)}.sub(c), radius, [3]float64{1, 1, 1})
					}
					if d <= 0 {
						m.Labels[at] = uint16(b + 1)
					}
				}
				v.Data[at] = float32(math.Round(hu + 4*r.NormFloat64()))
			}
		}
	}
	p := &Phantom{Volume: v, Labels: m, Truth: t}
	p.exams = []exam{slices3D("spheres", seed, studyDay, v, habit{old: 0.3})}
	return p, nil
}

// ballShare is the part of a voxel of the given sides that lies within a ball, d from its centre.
func ballShare(d vec, radius float64, side [3]float64) float64 {
	diagonal := math.Sqrt(sq(side[0])+sq(side[1])+sq(side[2])) / 2
	switch l := d.length(); {
	case l+diagonal <= radius:
		return 1
	case l-diagonal >= radius:
		return 0
	}
	n := 0
	for k := range 64 {
		q := vec{
			d[0] + (float64(k%4)-1.5)/4*side[0],
			d[1] + (float64(k/4%4)-1.5)/4*side[1],
			d[2] + (float64(k/16)-1.5)/4*side[2],
		}
		if q.length() < radius {
			n++
		}
	}
	return float64(n) / 64
}
