package measure

import (
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// patch is a smoothed square cut from an image, dense parts bright.
type patch struct {
	x0, y0, w, h int
	data         []float32
}

// cutPatch copies what lies within reach of the centre (pixels; the image's edge is repeated) and
// smooths it by a Gaussian.
func cutPatch(v *volume.Volume, centre [2]float64, reach, sigma float64, invert bool) *patch {
	reach = min(reach, 2048)
	p := &patch{x0: int(math.Floor(centre[0] - reach)), y0: int(math.Floor(centre[1] - reach))}
	p.w, p.h = int(2*reach)+2, int(2*reach)+2
	p.data = make([]float32, p.w*p.h)
	for y := range p.h {
		j := min(max(p.y0+y, 0), v.Size[1]-1)
		for x := range p.w {
			i := min(max(p.x0+x, 0), v.Size[0]-1)
			value := v.Data[j*v.Size[0]+i]
			if value-value != 0 {
				value = 0
			}
			if invert {
				value = -value
			}
			p.data[y*p.w+x] = value
		}
	}
	p.smooth(sigma)
	return p
}

func (p *patch) smooth(sigma float64) {
	half := int(math.Ceil(3 * sigma))
	kernel := make([]float64, 2*half+1)
	sum := 0.0
	for n := range kernel {
		d := float64(n-half) / sigma
		kernel[n] = math.Exp(-d * d / 2)
		sum += kernel[n]
	}
	for n := range kernel {
		kernel[n] /= sum
	}
	tmp := make([]float32, len(p.data))
	for y := range p.h {
		for x := range p.w {
			acc := 0.0
			for n, k := range kernel {
				acc += k * float64(p.data[y*p.w+min(max(x+n-half, 0), p.w-1)])
			}
			tmp[y*p.w+x] = float32(acc)
		}
	}
	for y := range p.h {
		for x := range p.w {
			acc := 0.0
			for n, k := range kernel {
				acc += k * float64(tmp[min(max(y+n-half, 0), p.h-1)*p.w+x])
			}
			p.data[y*p.w+x] = float32(acc)
		}
	}
}

// at is the value at a pixel coordinate (pixel (0, 0) covers 0 to 1), linear between pixel centres.
func (p *patch) at(x, y float64) float64 {
	fx, fy := x-0.5-float64(p.x0), y-0.5-float64(p.y0)
	fx, fy = min(max(fx, 0), float64(p.w-1)), min(max(fy, 0), float64(p.h-1))
	i, j := min(int(fx), p.w-2), min(int(fy), p.h-2)
	tx, ty := fx-float64(i), fy-float64(j)
	row, next := p.data[j*p.w+i:], p.data[(j+1)*p.w+i:]
	return (float64(row[0])*(1-tx)+float64(row[1])*tx)*(1-ty) + (float64(next[0])*(1-tx)+float64(next[1])*tx)*ty
}

// radialEdge is how fast the value falls outwards, by direction and radius.
func (p *patch) radialEdge(centre [2]float64, inner, outer float64) [][]float64 {
	edge := make([][]float64, boundaryAngles)
	for a := range edge {
		s, c := math.Sincos(2 * math.Pi * float64(a) / boundaryAngles)
		edge[a] = make([]float64, boundaryRadii)
		for n := range edge[a] {
			r := inner + (outer-inner)*float64(n)/(boundaryRadii-1)
			const step = 0.5
			edge[a][n] = p.at(centre[0]+(r-step)*c, centre[1]+(r-step)*s) - p.at(centre[0]+(r+step)*c, centre[1]+(r+step)*s)
		}
	}
	return edge
}
