package volume

import "fmt"

// Unit is the physical unit of an image's values.
type Unit string

// Units of images. Arbitrary is what MR, radiographs and pictures carry.
const (
	Arbitrary   Unit = ""
	HU          Unit = "[hnsf'U]" // UCUM for Hounsfield unit
	SUVbw       Unit = "g/ml{SUVbw}"
	Probability Unit = "1"
)

// Volume is an image in physical units on a grid. A picture is a volume of one slice; colour is
// three channels. Data holds channel after channel (planar), i fastest, then j, then k.
type Volume struct {
	Geometry
	Channels int
	Unit     Unit
	Data     []float32
}

// New allocates a zero image.
func New(g Geometry, channels int, unit Unit) (*Volume, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if channels < 1 || channels > MaxVoxels/g.Voxels() {
		return nil, fmt.Errorf("volume: channels: want 1 or more within %d values, got %d", MaxVoxels, channels)
	}
	return &Volume{Geometry: g, Channels: channels, Unit: unit, Data: make([]float32, channels*g.Voxels())}, nil
}

// Offset is the position of voxel (i, j, k) within one channel.
func (g Geometry) Offset(i, j, k int) int { return (k*g.Size[1]+j)*g.Size[0] + i }

// Channel is the part of Data that belongs to channel c; it shares memory with the image.
func (v *Volume) Channel(c int) []float32 {
	n := v.Voxels()
	return v.Data[c*n : (c+1)*n]
}

// At is the value of channel 0 at voxel (i, j, k), which must lie inside the grid.
func (v *Volume) At(i, j, k int) float32 { return v.Data[v.Offset(i, j, k)] }

// Clone copies the image with its data.
func (v *Volume) Clone() *Volume {
	w := *v
	w.Data = append([]float32(nil), v.Data...)
	return &w
}

// Range is the smallest and largest finite value of all channels; ok is false where there is none.
func (v *Volume) Range() (lo, hi float32, ok bool) {
	for _, x := range v.Data {
		if x-x != 0 { // NaN or infinite
			continue
		}
		if !ok {
			lo, hi, ok = x, x, true
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi, ok
}
