package preprocess

import (
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// Interp says how slices are resized. Pixel centres are aligned by their borders (half-pixel), so that
// the field of view stays. Auto is Area along a side that shrinks and Bilinear along one that grows.
// Area weighs each source pixel by the part of it that is covered; Triangle is a linear filter widened
// by the factor of reduction; Bilinear and Nearest look at the nearest pixels only.
type Interp string

// Kinds of interpolation.
const (
	Auto     Interp = "auto"
	Area     Interp = "area"
	Bilinear Interp = "bilinear"
	Triangle Interp = "triangle"
	Nearest  Interp = "nearest"
)

// maxSide bounds the sides that a slice is resized to.
const maxSide = 1 << 15

// Resize resizes each slice and channel to w × h pixels; the number of slices stays.
func Resize(v *volume.Volume, w, h int, interp Interp) (*volume.Volume, error) {
	if w < 1 || h < 1 || w > maxSide || h > maxSide {
		return nil, fmt.Errorf("preprocess: resize: want sides of 1 to %d pixels, got %d × %d", maxSide, w, h)
	}
	if most := mostVoxels / (v.Channels * v.Size[2]); w*h > most {
		return nil, fmt.Errorf("preprocess: resize: want at most %d pixels a slice, got %d × %d", most, w, h)
	}
	g := v.Geometry.Resized([3]int{w, h, v.Size[2]})
	out, err := volume.New(g, v.Channels, v.Unit)
	if err != nil {
		return nil, err
	}
	cols, err := newTaps(v.Size[0], w, interp)
	if err != nil {
		return nil, err
	}
	rows, err := newTaps(v.Size[1], h, interp)
	if err != nil {
		return nil, err
	}
	in, n := v.Size[0]*v.Size[1], w*h
	tmp := make([]float32, w*v.Size[1])
	for s := range v.Channels * v.Size[2] {
		resizeSlice(out.Data[s*n:(s+1)*n], v.Data[s*in:(s+1)*in], tmp, v.Size[0], cols, rows)
	}
	return out, nil
}

func resizeSlice(dst, src, tmp []float32, width int, cols, rows []tap) {
	w := len(cols)
	for j := range len(src) / width {
		line := src[j*width : (j+1)*width]
		for i, t := range cols {
			var sum float64
			for k, weight := range t.weights {
				sum += float64(line[t.first+k]) * weight
			}
			tmp[j*w+i] = float32(sum)
		}
	}
	acc := make([]float64, w)
	for j, t := range rows {
		clear(acc)
		for k, weight := range t.weights {
			line := tmp[(t.first+k)*w : (t.first+k+1)*w]
			for i, x := range line {
				acc[i] += float64(x) * weight
			}
		}
		for i, x := range acc {
			dst[j*w+i] = float32(x)
		}
	}
}

// tap is the source pixels that make one target pixel.
type tap struct {
	first   int
	weights []float64
}

func newTaps(from, to int, interp Interp) ([]tap, error) {
	ratio := float64(from) / float64(to)
	if interp == Auto || interp == "" {
		interp = Bilinear
		if ratio > 1 {
			interp = Area
		}
	}
	out := make([]tap, to)
	for i := range out {
		centre := (float64(i)+0.5)*ratio - 0.5
		switch interp {
		case Nearest:
			out[i] = tap{min(max(int(math.Floor((float64(i)+0.5)*ratio)), 0), from-1), []float64{1}}
		case Bilinear:
			out[i] = triangleTap(centre, 1, from)
		case Triangle:
			out[i] = triangleTap(centre, max(ratio, 1), from)
		case Area:
			lo, hi := float64(i)*ratio, float64(i+1)*ratio
			first, last := int(lo), min(int(math.Ceil(hi)), from)-1
			t := tap{first: first}
			for k := first; k <= last; k++ {
				t.weights = append(t.weights, min(float64(k+1), hi)-max(float64(k), lo))
			}
			out[i] = t.normal()
		default:
			return nil, fmt.Errorf("preprocess: resize: want interpolation auto, area, bilinear, triangle or nearest, got %q", interp)
		}
	}
	return out, nil
}

// triangleTap repeats the border pixel where the filter of the given half-width reaches over it.
func triangleTap(centre, radius float64, from int) tap {
	lo, hi := int(math.Ceil(centre-radius)), int(math.Floor(centre+radius))
	first, last := min(max(lo, 0), from-1), min(max(hi, 0), from-1)
	t := tap{first: first, weights: make([]float64, last-first+1)}
	for k := lo; k <= hi; k++ {
		at := min(max(k, 0), from-1)
		if radius > 1 && at != k {
			continue
		}
		t.weights[at-first] += max(0, 1-math.Abs(float64(k)-centre)/radius)
	}
	return t.normal()
}

func (t tap) normal() tap {
	sum := 0.0
	for _, w := range t.weights {
		sum += w
	}
	for i := range t.weights {
		t.weights[i] /= sum
	}
	return t
}

// Fit says where a resized image lies in a frame: what is at x in the image, counted in its pixels from
// the outer border, is at x × Scale + Offset in the frame.
type Fit struct {
	Scale  [2]float64
	Offset [2]float64
	Inner  [2]int // width and height of the image in the frame
	Frame  [2]int
}

// ToImage maps a coordinate of the frame, counted from the outer border, to the image's.
func (f Fit) ToImage(x, y float64) (float64, float64) {
	return (x - f.Offset[0]) / f.Scale[0], (y - f.Offset[1]) / f.Scale[1]
}

// Letterbox resizes each slice to the largest size of the same aspect that fits w × h, in the middle
// (an odd pixel goes to the right and the bottom), with pad around.
func Letterbox(v *volume.Volume, w, h int, interp Interp, pad float32) (*volume.Volume, Fit, error) {
	if w < 1 || h < 1 || w > maxSide || h > maxSide || w*h > mostVoxels/(v.Channels*v.Size[2]) {
		return nil, Fit{}, fmt.Errorf("preprocess: letterbox: want a frame of 1 to %d pixels a side and at most %d values in all, got %d × %d", maxSide, mostVoxels, w, h)
	}
	scale := min(float64(w)/float64(v.Size[0]), float64(h)/float64(v.Size[1]))
	iw := min(max(int(math.Round(float64(v.Size[0])*scale)), 1), w)
	ih := min(max(int(math.Round(float64(v.Size[1])*scale)), 1), h)
	inner, err := Resize(v, iw, ih, interp)
	if err != nil {
		return nil, Fit{}, err
	}
	x0, y0 := (w-iw)/2, (h-ih)/2
	out, err := inner.Window([3]int{-x0, -y0, 0}, [3]int{w - x0, h - y0, inner.Size[2]}, pad)
	fit := Fit{
		Scale:  [2]float64{float64(iw) / float64(v.Size[0]), float64(ih) / float64(v.Size[1])},
		Offset: [2]float64{float64(x0), float64(y0)}, Inner: [2]int{iw, ih}, Frame: [2]int{w, h},
	}
	return out, fit, err
}
