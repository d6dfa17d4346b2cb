package morph

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

func count(mask []bool) int {
	n := 0
	for _, m := range mask {
		if m {
			n++
		}
	}
	return n
}

// The figures are scipy's (testdata/make.py, version in figures.json).
func TestAgainstScipy(t *testing.T) {
	b, err := os.ReadFile("testdata/figures.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Figures struct {
			Count, Dense, Holes, Holes2D, Dilated                             int
			Components6, Components18, Components26, Components4, Components8 []int
			Distance                                                          []float64
		}
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	want := f.Figures
	g := volume.Identity([3]int{14, 12, 8}, [3]float64{1.5, 0.8, 2.5})
	mask, few, dense := make([]bool, g.Voxels()), make([]bool, g.Voxels()), make([]bool, g.Voxels())
	for n := range mask {
		i, j, k := n%14, n/14%12, n/168
		mask[n] = (i*i+3*j*j+7*k*k+i*j*k)%23 < 3
		dense[n] = (i*i+3*j*j+7*k*k+i*j*k)%23 >= 5
		few[n] = (i+5*j+17*k)%97 == 3
	}
	if got := count(mask); got != want.Count {
		t.Fatalf("want %d voxels, got %d", want.Count, got)
	}
	if want.Holes == want.Dense || want.Holes2D == want.Holes {
		t.Fatal("want holes to fill")
	}
	for _, c := range []struct {
		connectivity int
		mask         []bool
		size         [3]int
		want         []int
	}{
		{6, mask, g.Size, want.Components6}, {18, mask, g.Size, want.Components18}, {26, mask, g.Size, want.Components26},
		{4, mask[4*168 : 5*168], [3]int{14, 12, 1}, want.Components4}, {8, mask[4*168 : 5*168], [3]int{14, 12, 1}, want.Components8},
	} {
		labels, sizes, err := Components(c.mask, c.size, c.connectivity)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sizes, c.want) {
			t.Errorf("components %d: want sizes %v, got %v", c.connectivity, c.want, sizes)
		}
		tally := make([]int, len(sizes))
		for n, l := range labels {
			tally[l]++
			if (l > 0) != c.mask[n] {
				t.Fatalf("components %d: voxel %d has label %d", c.connectivity, n, l)
			}
		}
		if !slices.Equal(tally, sizes) {
			t.Errorf("components %d: labels don't add up to the sizes", c.connectivity)
		}
	}
	for n, d := range DistanceMM(few, g) {
		if math.Abs(d-want.Distance[n]) > 1e-5 {
			t.Fatalf("distance: voxel %d: want %g, got %g", n, want.Distance[n], d)
		}
	}
	if got := count(FillHoles(dense, g.Size, false)); got != want.Holes {
		t.Errorf("holes: want %d voxels, got %d", want.Holes, got)
	}
	if got := count(FillHoles(dense, g.Size, true)); got != want.Holes2D {
		t.Errorf("holes by slice: want %d voxels, got %d", want.Holes2D, got)
	}
	if got := count(Dilate(few, g, 3)); got != want.Dilated {
		t.Errorf("dilated: want %d voxels, got %d", want.Dilated, got)
	}
}

// Distances equal those of a search through all pairs.
func TestDistanceBySearch(t *testing.T) {
	g := volume.Identity([3]int{9, 7, 5}, [3]float64{0.7, 1.9, 3.1})
	mask := make([]bool, g.Voxels())
	for n := range mask {
		mask[n] = n*n%41 == 7
	}
	got := DistanceMM(mask, g)
	for n := range mask {
		best := math.Inf(1)
		for m, set := range mask {
			if set {
				dx, dy, dz := float64(n%9-m%9)*0.7, float64(n/9%7-m/9%7)*1.9, float64(n/63-m/63)*3.1
				best = min(best, math.Sqrt(dx*dx+dy*dy+dz*dz))
			}
		}
		if math.Abs(best-got[n]) > 1e-9 {
			t.Fatalf("voxel %d: want %g, got %g", n, best, got[n])
		}
	}
	for _, d := range DistanceMM(make([]bool, g.Voxels()), g) {
		if !math.IsInf(d, 1) {
			t.Fatalf("want no distance to an empty mask, got %g", d)
		}
	}
}

// A ball that is opened or closed by a smaller ball stays; a thin rod goes, and a thin gap fills.
func TestOpenAndClose(t *testing.T) {
	g := volume.Identity([3]int{40, 40, 20}, [3]float64{1, 1, 2})
	ball, rod, gap := make([]bool, g.Voxels()), make([]bool, g.Voxels()), make([]bool, g.Voxels())
	for n := range ball {
		i, j, k := n%40, n/40%40, n/1600
		dx, dy, dz := float64(i)-20, float64(j)-20, (float64(k)-10)*2
		ball[n] = dx*dx+dy*dy+dz*dz <= 144
		rod[n] = ball[n] || j == 20 && k == 10
		gap[n] = ball[n] && i != 20
	}
	opened := Open(rod, g, 3)
	if opened[g.Offset(1, 20, 10)] || !opened[g.Offset(20, 20, 10)] {
		t.Error("open: want the rod gone and the ball left")
	}
	if lost := count(ball) - count(opened); lost < 0 || lost > count(ball)/50 {
		t.Errorf("open: want the ball as it was within 2 %%, lost %d of %d voxels", lost, count(ball))
	}
	closed := Close(gap, g, 3)
	if !closed[g.Offset(20, 20, 10)] {
		t.Error("close: want the gap filled")
	}
	// at the border of the grid nothing grows and nothing erodes
	edge := make([]bool, g.Voxels())
	for n := range edge {
		edge[n] = n%40 < 5
	}
	if got := Close(edge, g, 3); !slices.Equal(got, edge) {
		t.Error("close: want a slab at the border as it was")
	}
}

func TestLargestAndMistakes(t *testing.T) {
	mask := []bool{true, false, true, true, false, false}
	got, err := Largest(mask, [3]int{6, 1, 1}, 6)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []bool{false, false, true, true, false, false}) {
		t.Errorf("want the pair left, got %v", got)
	}
	if got, err := Largest(make([]bool, 6), [3]int{6, 1, 1}, 26); err != nil || count(got) != 0 {
		t.Errorf("want an empty mask to stay empty, got %v, %v", got, err)
	}
	for _, c := range []struct {
		size         [3]int
		connectivity int
	}{{[3]int{6, 1, 1}, 7}, {[3]int{3, 1, 2}, 4}, {[3]int{5, 1, 1}, 6}} {
		if _, _, err := Components(mask, c.size, c.connectivity); err == nil {
			t.Errorf("size %v, connectivity %d: want an error", c.size, c.connectivity)
		}
	}
}
