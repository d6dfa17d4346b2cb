package view

import (
	"fmt"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// figures puts the current and the prior view of the same finding, or of the whole, side by side; what
// has no partner flows in rows of three.
func figures(r *study.Result) []Block {
	images := r.KeyImages
	used := make([]bool, len(images))
	var pairs, singles []Figure
	for n := range images {
		if used[n] || images[n].Prior {
			continue
		}
		used[n] = true
		current := figure(r, &images[n])
		partner := -1
		for m := range images {
			if !used[m] && images[m].Prior && images[m].Finding == images[n].Finding {
				partner = m
				break
			}
		}
		if partner < 0 {
			singles = append(singles, current)
			continue
		}
		used[partner] = true
		prior := figure(r, &images[partner])
		current.Pair, prior.Pair = true, true
		pairs = append(pairs, current, prior)
	}
	for n := range images {
		if !used[n] {
			singles = append(singles, figure(r, &images[n]))
		}
	}
	if len(pairs)+len(singles) == 0 {
		return nil
	}
	total := len(images)
	pairs = capped(pairs, maxFigures)
	singles = capped(singles, max(0, maxFigures-len(pairs)))
	var f Figures
	for n := 0; n+1 < len(pairs); n += 2 {
		f.Rows = append(f.Rows, pairs[n:n+2])
	}
	across := 3
	if len(singles) == 1 || len(singles) == 2 || len(singles) == 4 {
		across = 2
	}
	for n := 0; n < len(singles); n += across {
		f.Rows = append(f.Rows, singles[n:min(n+across, len(singles))])
	}
	blocks := []Block{f}
	return append(blocks, more(total, len(pairs)+len(singles), "key images")...)
}

func figure(r *study.Result, k *study.KeyImage) Figure {
	f := Figure{Image: k}
	who, ref := "Current", &r.Study
	if k.Prior {
		who, ref = "Prior", r.Prior
	}
	title := strings.TrimLeft(strings.TrimPrefix(clip(k.Title), who), ": ")
	if ref != nil {
		who = strings.Join(nonEmpty(who, Day(ref.When)), " · ")
	}
	f.Tag = strings.Join(nonEmpty(who, title), " · ")
	if len(k.Pixels) == 0 || len(k.Pixels) != k.Width*k.Height*k.Samples {
		f.Empty = fmt.Sprintf("The picture %s is not there.", orDash(clip(k.Path)))
	}
	return f
}
