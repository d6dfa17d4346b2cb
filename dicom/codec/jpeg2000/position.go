package jpeg2000

import (
	"cmp"
	"slices"
)

// place is where a precinct starts on the reference grid.
type place struct {
	y, x, c, r, n int
}

// positions visits the precincts of the components and resolutions in the order of their place, then
// component, then resolution: T.800 B.12.1.3 to B.12.1.5.
func (t *tile) positions(comp0, comp1, res0, res1 int, visit func(r, c, n int) error) error {
	var all []place
	for c := comp0; c < comp1; c++ {
		tc := &t.components[c]
		dx, dy := t.steps[c][0], t.steps[c][1]
		for r := res0; r < min(res1, len(tc.resolutions)); r++ {
			res := &tc.resolutions[r]
			n := len(tc.resolutions) - 1 - r
			for i := range res.precincts {
				all = append(all, place{
					y: start(res.y0, res.ppy, i/res.px, n, dy, t.y0), x: start(res.x0, res.ppx, i%res.px, n, dx, t.x0), c: c, r: r, n: i})
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x), cmp.Compare(a.c, b.c), cmp.Compare(a.r, b.r), cmp.Compare(a.n, b.n))
	})
	for _, p := range all {
		if err := visit(p.r, p.c, p.n); err != nil {
			return err
		}
	}
	return nil
}

// start is where precinct number i along one direction begins: one that the tile's border cuts starts there.
func start(first, exponent, i, level, step, border int) int {
	if i == 0 && first&(1<<exponent-1) != 0 {
		return border
	}
	return (first>>exponent + i) << (exponent + level) * step
}
