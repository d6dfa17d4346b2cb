package segment

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/morph"
	"github.com/caliper-imaging/caliper/volume/resample"
)

// Levels in HU between air, lung and soft tissue.
const (
	bodyHU = -350
	lungHU = -400
	airHU  = -900
)

// workingMM is the voxel size at which the classical CT masks are made; finer images are averaged first.
const workingMM = 2

// ErrNotCT says that the values can't be HU of a patient in air.
var ErrNotCT = errors.New("segment: want a CT in HU with air about the patient or within, got an image without values below -500 or above -200")

// Body is the patient in a CT in HU (label 1): the largest part denser than air, without the table
// where the two are apart, its cavities filled slice by slice along the body.
func Body(ctx context.Context, v *volume.Volume) (*volume.Mask, error) {
	return classical(ctx, v, []string{"background", "body"}, func(w *volume.Volume) ([]uint16, error) {
		body, err := bodyOf(w)
		if err != nil {
			return nil, err
		}
		labels := make([]uint16, len(body))
		for i, on := range body {
			if on {
				labels[i] = 1
			}
		}
		return labels, nil
	})
}

// Lungs labels the lungs of a CT in HU: 1 right, 2 left. Air outside the body, the trachea and gas of
// the gut are left out; vessels within the lungs are kept, the large ones of the hilum are not. A CT
// that shows no lung gives an empty mask. Where one lung alone is seen its side is that of the middle of
// the field of view on which it lies.
func Lungs(ctx context.Context, v *volume.Volume) (*volume.Mask, error) {
	return classical(ctx, v, []string{"background", "right lung", "left lung"}, func(w *volume.Volume) ([]uint16, error) {
		body, err := bodyOf(w)
		if err != nil {
			return nil, err
		}
		lung := make([]bool, len(body))
		for i, x := range w.Data {
			lung[i] = body[i] && x < lungHU
		}
		removeTrachea(w, body, lung)
		if err := keepLungs(w, lung); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return sides(w.Geometry, lung)
	})
}

// classical turns the image to LPS at the working size, labels it there and brings the labels back.
func classical(ctx context.Context, v *volume.Volume, names []string, f func(w *volume.Volume) ([]uint16, error)) (*volume.Mask, error) {
	if v.Channels != 1 {
		return nil, fmt.Errorf("segment: want a CT of one channel, got %d", v.Channels)
	}
	lo, hi, ok := v.Range()
	if !ok || lo > -500 || hi < -200 {
		return nil, ErrNotCT
	}
	w, err := v.Reorient("LPS")
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	size := w.Size
	for n := range 3 {
		if s := w.Spacing[n]; s < 0.75*workingMM {
			size[n] = max(1, int(math.Round(float64(size[n])*s/workingMM)))
		}
	}
	if size != w.Size {
		if w, err = resample.Area(ctx, w, size); err != nil {
			return nil, fmt.Errorf("segment: %w", err)
		}
	}
	labels, err := f(w)
	if err != nil {
		return nil, err
	}
	out, err := volume.NewMask(v.Geometry, names...)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	return out, vote(ctx, &volume.Mask{Geometry: w.Geometry, Labels: labels}, v.Geometry, out.Labels)
}

func bodyOf(w *volume.Volume) ([]bool, error) {
	dense := make([]bool, len(w.Data))
	for i, x := range w.Data {
		dense[i] = x > bodyHU
	}
	if err := addEnclosedLung(w, dense); err != nil {
		return nil, err
	}
	// A thin bridge to the table is cut, and what the cut took from the body comes back.
	opened := morph.Erode(dense, w.Geometry, 3)
	core, err := morph.Largest(opened, w.Size, 6)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	grown := morph.Dilate(core, w.Geometry, 5)
	any := false
	for i := range grown {
		grown[i] = grown[i] && dense[i]
		any = any || grown[i]
	}
	if !any {
		grown = dense
	}
	body := morph.FillHoles(morph.Close(grown, w.Geometry, 3), w.Size, true)
	return body, addLungAtBorder(w, body)
}

// addEnclosedLung takes into the dense part the cavities that it encloses and that are not mere air, so
// that the thin wall of a chest is not opened: lung, but not the air between a patient and the table.
func addEnclosedLung(w *volume.Volume, dense []bool) error {
	holes := morph.FillHoles(dense, w.Size, true)
	for i := range holes {
		holes[i] = holes[i] && !dense[i]
	}
	labels, sizes, err := morph.Components(holes, w.Size, 6)
	if err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	air := make([]int, len(sizes))
	for i, l := range labels {
		if w.Data[i] < airHU {
			air[l]++
		}
	}
	for i, l := range labels {
		dense[i] = dense[i] || l > 0 && 2*air[l] < sizes[l]
	}
	return nil
}

// addLungAtBorder takes into the body what is outside it and lighter than tissue but not air: lung that
// the field of view cuts.
func addLungAtBorder(w *volume.Volume, body []bool) error {
	const leastML = 20
	rest := make([]bool, len(body))
	for i, x := range w.Data {
		rest[i] = !body[i] && x <= bodyHU
	}
	labels, sizes, err := morph.Components(rest, w.Size, 6)
	if err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	air := make([]int, len(sizes))
	for i, l := range labels {
		if w.Data[i] < airHU {
			air[l]++
		}
	}
	for i, l := range labels {
		if l > 0 && 4*air[l] < sizes[l] && float64(sizes[l])*w.VoxelMM3() >= leastML*1000 {
			body[i] = true
		}
	}
	return nil
}

// keepLungs keeps the parts that are large and hold tissue between the air, and closes small vessels.
func keepLungs(w *volume.Volume, lung []bool) error {
	const leastML, mostGas = 60, 0.6
	labels, sizes, err := morph.Components(lung, w.Size, 6)
	if err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	gas := make([]int, len(sizes))
	for i, l := range labels {
		if w.Data[i] < -965 {
			gas[l]++
		}
	}
	keep := make([]bool, len(sizes))
	for n := 1; n < len(sizes); n++ {
		ml := float64(sizes[n]) * w.VoxelMM3() / 1000
		keep[n] = ml >= leastML && float64(gas[n]) < mostGas*float64(sizes[n])
	}
	for i, l := range labels {
		lung[i] = keep[l]
	}
	closed := morph.FillHoles(morph.Close(lung, w.Geometry, 4), w.Size, false)
	copy(lung, closed)
	return nil
}
