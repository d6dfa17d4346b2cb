package phantom

import (
	"math"
	"slices"
	"testing"
)

// A nodule must show in the picture where the truth says, and only there. The two films differ by it alone.
func TestNoduleLiesInItsBox(t *testing.T) {
	with, _, err := chest(5, chestOptions{pixels: 256, noduleMM: 24, sized: true, side: 0, zone: 0, central: true})
	if err != nil {
		t.Fatal(err)
	}
	without, _, err := chest(5, chestOptions{pixels: 256, side: 0, zone: 0, central: true})
	if err != nil {
		t.Fatal(err)
	}
	b := with.boxes[0]
	var sum, x, y, outside float64
	for i := range with.pixels {
		d := math.Max(0, float64(with.pixels[i]-without.pixels[i])-150)
		u, v := float64(i%256)+0.5, float64(i/256)+0.5
		if u < b[0]-2 || u > b[2]+2 || v < b[1]-2 || v > b[3]+2 {
			outside += d
			continue
		}
		sum, x, y = sum+d, x+d*u, y+d*v
	}
	if sum == 0 || outside > 0.02*sum {
		t.Fatalf("want the difference within the box, got %g inside and %g outside", sum, outside)
	}
	if du, dv := x/sum-(b[0]+b[2])/2, y/sum-(b[1]+b[3])/2; math.Hypot(du, dv) > 1 {
		t.Errorf("want the shadow at the centre of the box, got it %.2f, %.2f pixels off", du, dv)
	}
	mag := with.p.magnification(with.p.room(with.moved(with.nodules[0].centre))[1])
	if want := 24 * mag / with.p.pitch; math.Abs(b[2]-b[0]-want) > 1e-6 {
		t.Errorf("box: want the diameter %g times the magnification %g, %g pixels, got %g", 24.0, mag, want, b[2]-b[0])
	}
}

// The ray through a ball's centre gains its diameter; all rays together its volume (analytic).
func TestSphereKeepsItsMass(t *testing.T) {
	p := newPose(0, 0, 0, vec{})
	p.pixels, p.pitch, p.sid, p.detector = 201, 0.5, 1e9, 100 // parallel rays
	c := &canvas{n: 201, data: make([]float32, 201*201), p: &p}
	c.sphere(vec{0, 0, 0}, 12, 2)
	sum := 0.0
	for _, x := range c.data {
		sum += float64(x)
	}
	if want, got := 2*4.0/3*math.Pi*12*12*12, sum*0.25; math.Abs(got/want-1) > 2e-3 {
		t.Errorf("mass: want %g, got %g", want, got)
	}
	if got := slices.Max(c.data); math.Abs(float64(got)-48) > 0.1 {
		t.Errorf("centre: want 48, got %g", got)
	}
	clear(c.data)
	c.tube(tube{line: []vec{{-30, 0, 0}, {30, 0, 0}}, r0: 4, r1: 4, rho: 1})
	sum = 0
	for _, x := range c.data {
		sum += float64(x)
	}
	if want, got := math.Pi*16*60, sum*0.25; math.Abs(got/want-1) > 0.07 {
		t.Errorf("tube: want %g, got %g", want, got)
	}
}

func TestPoseMapsBothWays(t *testing.T) {
	p := newPose(0.1, -0.05, 0.07, vec{3, 4, 5})
	q := vec{30, -20, 70}
	if d := p.patient(p.room(q)).sub(q).length(); d > 1e-9 {
		t.Errorf("want the point back, got it %g mm off", d)
	}
	p.pixels, p.pitch, p.sid, p.detector = 512, 0.7, 1800, 150
	f := &film{n: 512, p: &p}
	u, v, _ := p.pixel(q)
	if d := f.back(u, v, q[1]).sub(q).length(); d > 1e-3 {
		t.Errorf("want the point of the ray back, got it %g mm off", d)
	}
	a, b := p.room(vec{0, -100, 0}), p.room(vec{0, 100, 0})
	if p.magnification(a[1]) >= p.magnification(b[1]) {
		t.Error("PA: want the back, nearer to the source, enlarged more")
	}
}

func TestLabelsLookLikeAChest(t *testing.T) {
	for seed := range uint64(4) {
		f, _, err := chest(seed, chestOptions{pixels: 256, side: -1, zone: -1})
		if err != nil {
			t.Fatal(err)
		}
		var n [4]float64
		var cx [4]float64
		for i, l := range f.labels {
			n[l]++
			cx[l] += float64(i % 256)
		}
		if n[1] < 2000 || n[2] < 2000 || n[3] < 1000 {
			t.Errorf("seed %d: want lungs and heart of some size, got %v pixels", seed, n)
		}
		if !(cx[1]/n[1] < cx[3]/n[3] && cx[3]/n[3] < cx[2]/n[2]) {
			t.Errorf("seed %d: want the right lung on the left of the picture, the heart between the lungs", seed)
		}
		var lung, heart float64
		for i, l := range f.labels {
			switch l {
			case 1, 2:
				lung += float64(f.pixels[i])
			case 3:
				heart += float64(f.pixels[i])
			}
		}
		if lung/(n[1]+n[2]) >= heart/n[3] {
			t.Errorf("seed %d: want the heart brighter than the lungs", seed)
		}
	}
}
