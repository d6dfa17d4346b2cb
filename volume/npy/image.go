package npy

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/volume"
)

// Names of the arrays of an image in an .npz: its values, the 4×4 matrix from index (i, j, k, 1) to LPS mm, and
// the number of channels where there are several.
const (
	dataName     = "data"
	affineName   = "affine"
	channelsName = "channels"
)

// WriteImage writes an image, a mask or stored values (volume.StoredOf). An .npy has the values alone, with
// shape frame, k, j, i, channel (frame and channel where there are several; stored values keep the shape that
// they have); an .npz has them as "data" and their place as "affine", from (i, j, k, 1) to LPS mm.
func WriteImage(path string, image any) error {
	if !strings.EqualFold(filepath.Ext(path), ".npz") {
		switch x := image.(type) {
		case *volume.Volume:
			return Write(path, FromVolume(x))
		case *volume.Mask:
			return Write(path, FromMask(x))
		case *volume.Raw:
			return Write(path, FromRaw(x))
		}
	}
	r, err := volume.StoredOf(image)
	if err != nil {
		return fmt.Errorf("npy: write: %w", err)
	}
	frames := r.Frames()
	var m []float64
	for _, row := range r.Affine() {
		m = append(m, row[:]...)
	}
	r.Shape = []int{r.Size[2], r.Size[1], r.Size[0]}
	if frames > 1 {
		r.Shape = append([]int{frames}, r.Shape...)
	}
	if r.Channels > 1 {
		r.Shape = append(r.Shape, r.Channels)
	}
	all := map[string]*Array{dataName: FromRaw(r), affineName: FromFloat64([]int{4, 4}, m)}
	if r.Channels > 1 {
		all[channelsName] = FromInt64([]int{1}, []int64{int64(r.Channels)})
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { return EncodeZip(w, all) })
}

// Image is an image of an .npy or .npz.
type Image struct {
	*volume.Raw
	Placed bool // the file says where the voxels lie; else they are 1 mm apart at the origin
}

// ReadImage reads an array of 2 to 5 indices as an image: frame, k, j, i, channel. A last index of 3 or 4 under
// uint8, behind two others, counts the colours. An .npz holds its values under "data", or one array of any name,
// and their place under "affine"; with that, "channels" counts the last index where there are several.
func ReadImage(path string) (*Image, error) {
	if !strings.EqualFold(filepath.Ext(path), ".npz") {
		a, err := Read(path)
		if err != nil {
			return nil, err
		}
		return a.image(nil, nil)
	}
	all, err := ReadZip(path)
	if err != nil {
		return nil, err
	}
	affine := all[affineName]
	channels := all[channelsName]
	delete(all, affineName)
	delete(all, channelsName)
	data := all[dataName]
	if data == nil && len(all) == 1 {
		for _, data = range all {
		}
	}
	if data == nil {
		return nil, volume.Unsupported("npy: archive: want an array called data, or one alone, got %d others", len(all))
	}
	return data.image(affine, channels)
}

func (a *Array) image(affine, said *Array) (*Image, error) {
	shape := a.Shape
	channels := 1
	last := len(shape) - 1
	switch {
	case affine != nil && said != nil:
		n, err := said.Float64s()
		if err != nil || len(n) != 1 || last < 2 || n[0] != float64(shape[last]) || shape[last] < 1 {
			return nil, volume.Malformed("npy: channels: want the last of the shape %v", shape)
		}
		channels, shape = shape[last], shape[:last]
	case affine == nil && last >= 2 && (shape[last] == 3 || shape[last] == 4) && a.DType == volume.Uint8:
		channels, shape = shape[last], shape[:last]
	}
	if len(shape) < 2 || len(shape) > 4 || a.Len() == 0 {
		return nil, volume.Unsupported("npy: shape: want 2 to 4 indices and values for an image, got %v", a.Shape)
	}
	size := [3]int{1, 1, 1}
	for n := range min(3, len(shape)) {
		size[n] = shape[len(shape)-1-n]
	}
	out := &Image{Raw: &volume.Raw{Geometry: volume.Identity(size, [3]float64{1, 1, 1}), DType: a.DType, Shape: a.Shape, Channels: channels, Bytes: a.COrder().Bytes}}
	if affine != nil {
		m, err := affine.Float64s()
		if err != nil || len(m) != 16 || affine.Fortran {
			return nil, volume.Malformed("npy: affine: want 4 x 4 numbers, got shape %v", affine.Shape)
		}
		var rows [4][4]float64
		for n, x := range m {
			rows[n/4][n%4] = x
		}
		if out.Geometry, err = volume.FromAffine(size, rows); err != nil {
			return nil, volume.Malformed("npy: affine: %w", err)
		}
		out.Placed = true
	}
	if err := out.Validate(); err != nil {
		return nil, volume.Malformed("npy: %w", err)
	}
	return out, nil
}
