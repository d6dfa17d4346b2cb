package analyze

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/mesh"
)

// view is a plane of an image that is rendered for a reader: one fixed index, two that run along the
// picture, and the part of the plane that is shown.
type view struct {
	fixed, slice int    // index axis that is fixed, and where
	across, down int    // index axes along the picture's x and y
	flipDown     bool   // y grows against the index
	lo, hi       [2]int // of the indices across and down; hi is exclusive
	scale        [2]float64
	width        int
	height       int
}

// planeView shows a whole plane, or the part [lo, hi) of it, at most longest pixels wide and high. Where
// spacing is known the picture's pixels are square in mm.
func planeView(g volume.Geometry, fixed, slice, across, down int, flipDown bool, lo, hi [2]int, longest int) view {
	v := view{fixed: fixed, slice: slice, across: across, down: down, flipDown: flipDown, lo: lo, hi: hi}
	mm := [2]float64{float64(hi[0]-lo[0]) * g.Spacing[across], float64(hi[1]-lo[1]) * g.Spacing[down]}
	perPixel := max(mm[0], mm[1]) / float64(longest)
	finest := min(g.Spacing[across], g.Spacing[down])
	if perPixel < finest/4 {
		perPixel = finest / 4
	}
	v.width = max(1, int(math.Round(mm[0]/perPixel)))
	v.height = max(1, int(math.Round(mm[1]/perPixel)))
	v.scale = [2]float64{float64(v.width) / float64(hi[0]-lo[0]), float64(v.height) / float64(hi[1]-lo[1])}
	return v
}

// pixel maps a position in pixels of the plane (the first pixel's corner at 0) to the picture.
func (v view) pixel(across, down float64) [2]float64 {
	x := (across - float64(v.lo[0])) * v.scale[0]
	y := (down - float64(v.lo[1])) * v.scale[1]
	if v.flipDown {
		y = float64(v.height) - y
	}
	return [2]float64{x, y}
}

func (v view) offset(g volume.Geometry, across, down int) int {
	var index [3]int
	index[v.fixed], index[v.across], index[v.down] = v.slice, across, down
	return g.Offset(index[0], index[1], index[2])
}

// grey renders channel c of the image: the mean of the pixels that a picture's pixel covers where it
// is coarser, linear interpolation where it is finer.
func (v view) grey(image *volume.Volume, c int, lo, hi float32) []byte {
	data := image.Channel(c)
	column := axisWeights(v.lo[0], v.hi[0], v.width, false)
	row := axisWeights(v.lo[1], v.hi[1], v.height, v.flipDown)
	out := make([]byte, v.width*v.height)
	scale := 255 / float64(hi-lo)
	for y := range v.height {
		for x := range v.width {
			sum := 0.0
			for _, r := range row[y] {
				for _, q := range column[x] {
					value := float64(data[v.offset(image.Geometry, q.at, r.at)])
					if value-value != 0 {
						value = float64(lo)
					}
					sum += r.weight * q.weight * value
				}
			}
			out[y*v.width+x] = byte(max(0, min(255, math.Round((sum-float64(lo))*scale))))
		}
	}
	return out
}

type weighted struct {
	at     int
	weight float64
}

// axisWeights says for each of n picture pixels along one axis which of the pixels [lo, hi) it shows.
func axisWeights(lo, hi, n int, flip bool) [][]weighted {
	out := make([][]weighted, n)
	step := float64(hi-lo) / float64(n)
	for k := range out {
		var list []weighted
		if step >= 1 {
			from, to := float64(k)*step, float64(k+1)*step
			for at := int(from); at < hi-lo && float64(at) < to-1e-9; at++ {
				w := min(to, float64(at+1)) - max(from, float64(at))
				if w > 1e-9 {
					list = append(list, weighted{lo + at, w / step})
				}
			}
		} else {
			centre := max(0, min(float64(hi-lo-1), (float64(k)+0.5)*step-0.5))
			at := min(int(centre), max(0, hi-lo-2))
			f := centre - float64(at)
			list = append(list, weighted{lo + at, 1 - f})
			if f > 0 {
				list = append(list, weighted{lo + at + 1, f})
			}
		}
		if flip {
			out[n-1-k] = list
		} else {
			out[k] = list
		}
	}
	return out
}

// outlines are the contours of the labels that accept takes, as polygons of the picture.
func (v view) outlines(m *volume.Mask, accept func(uint16) bool, role, text string) []study.Annotation {
	w, h := v.hi[0]-v.lo[0], v.hi[1]-v.lo[1]
	polygons := mesh.Contours(w, h, func(x, y int) bool {
		return accept(m.Labels[v.offset(m.Geometry, v.lo[0]+x, v.lo[1]+y)])
	})
	var out []study.Annotation
	for _, polygon := range polygons {
		if len(polygon) < 8 {
			continue
		}
		polygon = mesh.Simplify(polygon, 0.4/max(v.scale[0], v.scale[1]))
		points := make([][2]float64, len(polygon))
		for n, p := range polygon {
			points[n] = rounded(v.pixel(p[0]+0.5+float64(v.lo[0]), p[1]+0.5+float64(v.lo[1])))
		}
		out = append(out, study.Annotation{Kind: "outline", Points: points, Role: role, Text: text})
	}
	return out
}

// keyImage renders the view.
func (v view) keyImage(id, title, caption string, e *Exam, lo, hi float32) study.KeyImage {
	samples := 1
	if e.Image.Channels == 3 {
		samples = 3
	}
	planes := make([][]byte, samples)
	for c := range planes {
		planes[c] = v.grey(e.Image, c, lo, hi)
	}
	pixels := planes[0]
	if samples == 3 {
		pixels = make([]byte, 3*v.width*v.height)
		for n := range v.width * v.height {
			for c := range 3 {
				pixels[3*n+c] = planes[c][n]
			}
		}
	}
	sum := sha256.Sum256(pixels)
	k := study.KeyImage{ID: id, Title: title, Caption: caption, Series: seriesKey(e.Series), Prior: e.Prior,
		Width: v.width, Height: v.height, Samples: samples, Pixels: pixels, SHA256: hex.EncodeToString(sum[:]),
		Path: fmt.Sprintf("images/%s.png", id)}
	g := e.Image.Geometry
	k.Geometry = &g
	if e.spacingKnown() {
		k.PixelMM = &[2]float64{g.Spacing[v.across] / v.scale[0], g.Spacing[v.down] / v.scale[1]}
	}
	return k
}

// window is the range of grey values to show: the modality's usual one, or the 0.5 to 99.5 % quantiles.
func window(e *Exam) (lo, hi float32) {
	if e.Image.Unit == volume.HU {
		return -160, 240 // centre 40, width 400: soft tissue
	}
	values := make([]float32, 0, 1<<16)
	data := e.Image.Data
	step := max(1, len(data)/(1<<16))
	for commonDivisor(step, e.Image.Size[0]) != 1 { // a step by whole rows would see one column only
		step++
	}
	for n := 0; n < len(data); n += step {
		if x := data[n]; x-x == 0 {
			values = append(values, x)
		}
	}
	if len(values) == 0 {
		return 0, 1
	}
	slices.Sort(values)
	at := func(q float64) float32 { return values[int(q*float64(len(values)-1))] }
	lo, hi = at(0.005), at(0.995)
	if !(hi > lo) {
		lo, hi = values[0], values[len(values)-1]
	}
	if !(hi > lo) {
		hi = lo + 1
	}
	return lo, hi
}

func commonDivisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// windowOf is the range of grey values of a part of a picture: its 1 to 99 % quantiles, so that a detail
// has contrast of its own.
func windowOf(image *volume.Volume, lo, hi [2]int) (float32, float32) {
	var values []float32
	for j := lo[1]; j < hi[1]; j++ {
		for i := lo[0]; i < hi[0]; i++ {
			if x := image.At(i, j, 0); x-x == 0 {
				values = append(values, x)
			}
		}
	}
	if len(values) == 0 {
		return 0, 1
	}
	slices.Sort(values)
	low, high := values[len(values)/100], values[len(values)-1-len(values)/100]
	if !(high > low) {
		high = low + 1
	}
	return low, high
}

// spacingKnown says whether lengths in mm can be had of the image.
func (e *Exam) spacingKnown() bool {
	return e.Series.Acquisition.SpacingSource != "none"
}

func rounded(p [2]float64) [2]float64 {
	return [2]float64{math.Round(p[0]*100) / 100, math.Round(p[1]*100) / 100}
}
