package intake

import (
	"context"
	"math"
	"runtime/debug"
	"slices"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// Conversion is a DICOM series as a NIfTI image with what BIDS wants to know of it.
type Conversion struct {
	Image   *nifti.Scaled
	Sidecar *dicom.Sidecar
	Issues  []study.Issue
}

// Convert reads a DICOM series for a NIfTI file, laid out as dcm2niix does: rows run from the bottom up,
// slices along their normal or, where a mosaic has them the other way, as the mosaic has them; one volume
// of magnetic resonance that was acquired in three dimensions is turned as near to RAS as its axes allow.
// Values keep their stored type and one scale where they have one, else they are as Stored gives them.
func Convert(ctx context.Context, s study.Series) (*Conversion, error) {
	stack, err := restack(s)
	if err != nil {
		return nil, err
	}
	image, segments, issues, err := segmented(ctx, stack.First())
	if err != nil {
		return nil, err
	}
	if image == nil {
		image, err = storedImage(ctx, stack)
	}
	if err != nil {
		return nil, err
	}
	if image == nil {
		found, err := Stored(ctx, s)
		if err != nil {
			return nil, err
		}
		raw, ok := found.(*volume.Raw)
		if !ok {
			return nil, volume.Unsupported("intake: convert: want an image, got %T", found)
		}
		image = &nifti.Scaled{Raw: *raw, Slope: 1}
	}
	if stack.Turnable() && image.Samples() == 1 {
		if err := turnToRAS(&image.Raw); err != nil {
			return nil, err
		}
	} else {
		upwards(&image.Raw, stack.Descending())
	}
	if stack.Series.Acquisition.EchoNumber == 0 {
		stack.Series.Acquisition.EchoNumber = s.Acquisition.EchoNumber // the scan knows of other files
	}
	c := &Conversion{Image: image, Sidecar: stack.Sidecar(image.Geometry), Issues: slices.Concat(stack.Series.Issues, stack.CutBehind(ctx))}
	if segments != nil {
		c.Issues = slices.Concat(issues, stack.CutBehind(ctx))
		names := make([]any, len(segments))
		for n, s := range segments {
			names[n] = map[string]any{"Number": s.Number, "Label": s.Label, "Type": s.Type.Meaning}
		}
		c.Sidecar.Set("Segments", names)
	}
	if stack.Frames() > 1 || c.Sidecar.StepS > 0 {
		image.StepS = c.Sidecar.StepS
	}
	image.Text, image.PhaseAxis = c.Sidecar.Text, c.Sidecar.PhaseAxis
	c.Sidecar.Set("ConversionSoftware", "caliper")
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		c.Sidecar.Set("ConversionSoftwareVersion", info.Main.Version)
	}
	return c, nil
}

// storedImage reads the stored values of a series with one scale; nil where it has none.
func storedImage(ctx context.Context, stack *dicom.Stack) (*nifti.Scaled, error) {
	info, slope, intercept, ok := stack.Scale()
	if !ok {
		return nil, nil
	}
	g := stack.Series.Geometry
	frames := stack.Frames()
	size := info.BytesPerSample()
	if frames > volume.MaxVoxels/g.Voxels() {
		return nil, volume.Unsupported("intake: convert: want at most %d values, got %d frames of %d", volume.MaxVoxels, frames, g.Voxels())
	}
	if err := stack.Ready(); err != nil {
		return nil, err
	}
	raw := volume.Raw{Geometry: g, Bytes: make([]byte, frames*g.Voxels()*size)}
	if frames > 1 {
		raw.Shape = append(raw.Shape, frames)
	}
	raw.Shape = append(raw.Shape, g.Size[2], g.Size[1], g.Size[0])
	bits := uint16(0)
	for t := range frames {
		n := g.Voxels() * size
		some, err := stack.StoredInto(ctx, t, raw.Bytes[t*n:][:n])
		if err != nil {
			return nil, err
		}
		bits |= some
	}
	raw.DType = storedType(info, bits)
	return &nifti.Scaled{Raw: raw, Slope: slope, Inter: intercept}, nil
}

// storedType is the type of stored values; unsigned ones of 16 bits that all fit are int16, which more
// programs read. bits are those that any of them has.
func storedType(info frame.Info, bits uint16) volume.DType {
	size := info.BytesPerSample()
	switch {
	case info.Float && size == 8:
		return volume.Float64
	case info.Float:
		return volume.Float32
	case size == 2 && !info.Signed && bits <= math.MaxInt16:
		return volume.Int16
	case info.Signed:
		return map[int]volume.DType{1: volume.Int8, 2: volume.Int16, 4: volume.Int32, 8: volume.Int64}[size]
	}
	return map[int]volume.DType{1: volume.Uint8, 2: volume.Uint16, 4: volume.Uint32, 8: volume.Uint64}[size]
}

// upwards turns the rows of an image round, and its slices where back is set; every voxel keeps its
// place in the patient.
func upwards(r *volume.Raw, back bool) {
	g := &r.Geometry
	turn := func(axis int) {
		for i := range 3 {
			g.Origin[i] += float64(g.Size[axis]-1) * g.Spacing[axis] * g.Axes[axis][i]
			g.Axes[axis][i] = 0 - g.Axes[axis][i]
		}
	}
	row := g.Size[0] * r.Samples() * r.DType.Size()
	plane := row * g.Size[1]
	turn(1)
	for at := 0; at+plane <= len(r.Bytes); at += plane {
		reverse(r.Bytes[at:at+plane], row)
	}
	if back {
		turn(2)
		whole := plane * g.Size[2]
		for at := 0; at+whole <= len(r.Bytes); at += whole {
			reverse(r.Bytes[at:at+whole], plane)
		}
	}
}

// turnToRAS reorders the voxels of one volume.
func turnToRAS(r *volume.Raw) error {
	p, err := r.PermutationTo("RAS")
	if err != nil {
		return err
	}
	size := r.DType.Size()
	step := [3]int{size, size * r.Size[0], size * r.Size[0] * r.Size[1]}
	start := 0
	var stride [3]int
	for n := range 3 {
		from := p.From[n]
		stride[n] = step[from]
		if p.Flip[n] {
			start += (r.Size[from] - 1) * step[from]
			stride[n] = -step[from]
		}
	}
	g := r.Permuted(p)
	out := make([]byte, 0, len(r.Bytes))
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			at := start + k*stride[2] + j*stride[1]
			if stride[0] == size {
				out = append(out, r.Bytes[at:at+size*g.Size[0]]...)
				continue
			}
			for range g.Size[0] {
				out = append(out, r.Bytes[at:at+size]...)
				at += stride[0]
			}
		}
	}
	r.Geometry, r.Bytes = g, out
	r.Shape = []int{g.Size[2], g.Size[1], g.Size[0]}
	return nil
}

// reverse turns the order of pieces of n bytes round.
func reverse(b []byte, n int) {
	hold := make([]byte, n)
	for lo, hi := 0, len(b)-n; lo < hi; lo, hi = lo+n, hi-n {
		copy(hold, b[lo:lo+n])
		copy(b[lo:lo+n], b[hi:hi+n])
		copy(b[hi:hi+n], hold)
	}
}
