package intake

import (
	"cmp"
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// masks finds files of labels, NIfTI and the like, that lie on the grid of another image in
// the same folder, or of the same BIDS session: they are its masks and no studies. A group in which every file looks like labels
// has no image, and is left as it is.
func (s *scanner) masks(ctx context.Context) error {
	places := map[string][]int{}
	for n, f := range s.found {
		if !f.mayBeMask() {
			continue
		}
		place := "dir\x00" + filepath.Dir(s.files[n].path)
		if where, ok := parseBIDS(s.files[n].rel); ok {
			place = "bids\x00" + bidsRoot(s.files[n].path, where.subject) + "\x00" + where.study()
		}
		places[place] = append(places[place], n)
	}
	var grids [][]int
	for _, members := range places {
		grids = append(grids, s.sameGrid(members)...)
	}
	slices.SortFunc(grids, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	var suspects []int
	for _, grid := range grids {
		suspects = append(suspects, grid...)
	}
	labelled := make([]bool, len(suspects))
	err := each(ctx, len(suspects), func(n int) {
		labelled[n] = looksLabelled(s.files[suspects[n]].path, s.found[suspects[n]])
	})
	if err != nil {
		return err
	}
	is := map[int]bool{}
	for n, m := range suspects {
		is[m] = labelled[n]
	}
	for _, grid := range grids {
		var images, labels []int
		for _, n := range grid {
			if is[n] {
				labels = append(labels, n)
			} else {
				images = append(images, n)
			}
		}
		if len(images) == 0 {
			continue
		}
		for _, n := range labels {
			s.found[n].mask = true
			m := Mask{Path: s.files[n].path}
			for _, of := range closest(s.files[n].rel, images, s.files) {
				m.Images = append(m.Images, s.files[of].rel)
				if s.found[of].maskPath == "" {
					s.found[of].maskPath = m.Path
				}
			}
			s.out.Masks = append(s.out.Masks, m)
		}
	}
	if err := s.dicomMasks(ctx); err != nil {
		return err
	}
	slices.SortFunc(s.out.Masks, func(a, b Mask) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// mayBeMask says whether a file has the form of a label image: one volume of one channel, of a format that holds labels.
func (f finding) mayBeMask() bool {
	row, ok := formatOf(f.format)
	return ok && !row.picture && row.mask != nil && f.single != nil && f.single.frames == 1 && f.single.channels == 1
}

// dicomMasks finds files of labels that lie on the grid of a DICOM series in the same folder or below it.
func (s *scanner) dicomMasks(ctx context.Context) error {
	for n := range s.found {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := &s.found[n]
		if f.mask || !f.mayBeMask() {
			continue
		}
		g := f.single.Geometry
		folder := filepath.Dir(s.files[n].path) + string(filepath.Separator)
		var of []*study.Series
		for _, d := range s.drafts {
			for i := range d.Series {
				series := &d.Series[i]
				if len(series.Files) > 0 && strings.HasPrefix(series.Files[0], folder) && series.Geometry.Size == g.Size &&
					series.Geometry.SameGrid(g, 0.01*min(g.Spacing[0], g.Spacing[1], g.Spacing[2])) == nil {
					of = append(of, series)
				}
			}
		}
		if len(of) == 0 || !looksLabelled(s.files[n].path, *f) {
			continue
		}
		f.mask = true
		m := Mask{Path: s.files[n].path}
		for _, series := range of {
			m.Images = append(m.Images, series.UID)
			if series.Mask == "" {
				series.Mask = m.Path
			}
		}
		s.out.Masks = append(s.out.Masks, m)
	}
	return nil
}

// sameGrid parts files into sets of two or more that share a grid.
func (s *scanner) sameGrid(members []int) [][]int {
	var sets [][]int
next:
	for _, n := range members {
		g := s.found[n].single.Geometry
		for i, set := range sets {
			first := s.found[set[0]].single.Geometry
			if first.Size == g.Size && first.SameGrid(g, 0.01*min(g.Spacing[0], g.Spacing[1], g.Spacing[2])) == nil {
				sets[i] = append(set, n)
				continue next
			}
		}
		sets = append(sets, []int{n})
	}
	return slices.DeleteFunc(sets, func(set []int) bool { return len(set) < 2 })
}

// closest picks the images whose names share most words with a mask's name.
func closest(mask string, images []int, files []file) []int {
	best, out := -1, []int(nil)
	words := split(mask)
	for _, n := range images {
		shared := 0
		for _, w := range split(files[n].rel) {
			if slices.Contains(words, w) {
				shared++
			}
		}
		switch {
		case shared > best:
			best, out = shared, []int{n}
		case shared == best:
			out = append(out, n)
		}
	}
	return out
}

func split(rel string) []string {
	return strings.FieldsFunc(strings.ToLower(stem(path.Base(rel))), func(r rune) bool { return strings.ContainsRune("_-. ", r) })
}

// maxLabels is more structures than a label image is expected to name, and fewWords the number of
// values below which an image can't be anything but labels.
const (
	maxLabels = 4096
	fewLabels = 8
)

// looksLabelled reads a file to see whether it holds labels: whole numbers from 0, marked as labels in
// the header, or few of them, or so laid out that most voxels have the label of their neighbour.
func looksLabelled(path string, f finding) bool {
	if f.single.labels {
		return true
	}
	row, _ := formatOf(f.format)
	m, err := row.mask(path)
	if err != nil {
		return false
	}
	present := len(m.Present())
	switch {
	case present <= fewLabels:
		return true
	case present > maxLabels:
		return false
	}
	return sameAsNeighbour(m) >= 0.6
}

// sameAsNeighbour is the fraction of labelled voxels whose next voxel along i carries the same label.
func sameAsNeighbour(m *volume.Mask) float64 {
	same, all := 0, 0
	nx := m.Size[0]
	for at, l := range m.Labels {
		if l == 0 || at%nx == nx-1 {
			continue
		}
		all++
		if m.Labels[at+1] == l {
			same++
		}
	}
	return float64(same) / float64(max(all, 1))
}
