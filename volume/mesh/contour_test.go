package mesh

import (
	"math"
	"testing"
)

func area(polygon [][2]float64) float64 {
	sum := 0.0
	for n, p := range polygon {
		q := polygon[(n+1)%len(polygon)]
		sum += p[0]*q[1] - p[1]*q[0]
	}
	return sum / 2
}

func TestContoursOfDiscWithHole(t *testing.T) {
	r := func(x, y int) float64 { return math.Hypot(float64(x)-30, float64(y)-25) }
	got := Contours(61, 52, func(x, y int) bool { d := r(x, y); return d <= 20 && d > 8 })
	if len(got) != 2 {
		t.Fatalf("want an outline and a hole, got %d", len(got))
	}
	outer, hole := area(got[0]), area(got[1])
	if math.Abs(math.Abs(outer)-math.Pi*400) > 0.02*math.Pi*400 {
		t.Errorf("outer area: want about %.1f, got %.1f", math.Pi*400, outer)
	}
	if math.Abs(math.Abs(hole)-math.Pi*64) > 0.08*math.Pi*64 || outer*hole > 0 {
		t.Errorf("hole: want about %.1f the other way round, got %.1f beside %.1f", math.Pi*64, hole, outer)
	}
	simple := Simplify(got[0], 0.5)
	if len(simple) >= len(got[0])/2 || math.Abs(area(simple)-outer) > 0.03*math.Abs(outer) {
		t.Errorf("simplified: %d of %d points, area %.1f of %.1f", len(simple), len(got[0]), area(simple), outer)
	}
}

func TestContoursAtTheBorderAndApart(t *testing.T) {
	// The whole picture, and two pixels that touch at a corner only: three outlines of known area.
	if got := Contours(3, 2, func(int, int) bool { return true }); len(got) != 1 || math.Abs(math.Abs(area(got[0]))-5.5) > 1e-9 {
		t.Errorf("full picture: got %v", got)
	}
	got := Contours(2, 2, func(x, y int) bool { return x == y })
	if len(got) != 2 {
		t.Fatalf("two pixels: want 2 outlines, got %d", len(got))
	}
	for _, polygon := range got {
		if math.Abs(math.Abs(area(polygon))-0.5) > 1e-9 {
			t.Errorf("one pixel: want area 0.5, got %g", area(polygon))
		}
	}
	if got := Contours(4, 4, func(int, int) bool { return false }); got != nil {
		t.Errorf("nothing: want no outline, got %v", got)
	}
}
