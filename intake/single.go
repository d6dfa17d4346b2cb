package intake

import (
	"context"
	"iter"

	"github.com/caliper-imaging/caliper/dicom/slide"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/analyze"
	"github.com/caliper-imaging/caliper/volume/metaimage"
	"github.com/caliper-imaging/caliper/volume/mgh"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/npy"
	"github.com/caliper-imaging/caliper/volume/nrrd"
	"github.com/caliper-imaging/caliper/volume/raster"
	"github.com/caliper-imaging/caliper/volume/tiff"
	"github.com/caliper-imaging/caliper/volume/voxelfile"
)

func niftiHeader(path string) (*header, error) {
	h, err := nifti.ReadHeader(path)
	if err != nil {
		return nil, err
	}
	out := &header{Geometry: h.Geometry, frames: h.Frames, channels: h.Channels, labels: h.Label()}
	for _, note := range h.Notes {
		out.issues = append(out.issues, study.Issue{Code: note.Code, Severity: study.Warning, Where: "series", Text: note.Text})
	}
	return out, nil
}

func metaimageHeader(path string) (*header, error) {
	h, err := metaimage.ReadHeader(path)
	if err != nil {
		return nil, err
	}
	return &header{Geometry: h.Geometry, frames: h.Frames, channels: h.Channels, issues: notes(h.Notes)}, nil
}

func mghHeader(path string) (*header, error) {
	h, err := mgh.ReadHeader(path)
	if err != nil {
		return nil, err
	}
	out := &header{Geometry: h.Geometry, frames: h.Frames, channels: 1}
	if !h.Placed {
		out.issues = append(out.issues, study.Issue{Code: "mgh-orientation-unknown", Severity: study.Warning, Where: "series",
			Text: "the file does not say how its voxels lie: FreeSurfer's default is taken"})
	}
	return out, nil
}

func nrrdHeader(path string) (*header, error) {
	h, err := nrrd.ReadHeader(path)
	if err != nil {
		return nil, err
	}
	return &header{Geometry: h.Geometry, frames: h.Frames, channels: h.Channels, issues: notes(h.Notes)}, nil
}

func notes(list []voxelfile.Note) []study.Issue {
	var out []study.Issue
	for _, n := range list {
		out = append(out, study.Issue{Code: n.Code, Severity: study.Warning, Where: "series", Text: n.Text})
	}
	return out
}

func pictureHeader(path string) (*header, error) {
	h, err := raster.ReadHeader(path)
	if err != nil {
		return nil, err
	}
	return &header{Geometry: h.Geometry, frames: 1, channels: h.Channels}, nil
}

func pictureFrames(_ context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		yield(raster.Read(path))
	}
}

// wholeLabels turns an image of whole numbers from 0 to 65535 into labels.
func wholeLabels(v *volume.Volume, err error) (*volume.Mask, error) {
	if err != nil {
		return nil, err
	}
	if v.Channels != 1 {
		return nil, volume.Unsupported("intake: mask: want one channel of labels, got %d", v.Channels)
	}
	m, err := volume.NewMask(v.Geometry)
	if err != nil {
		return nil, err
	}
	for n, x := range v.Data {
		if !(x >= 0 && x <= 65535) || x != float32(uint16(x)) {
			return nil, volume.Malformed("intake: mask: want whole numbers from 0 to 65535, got %g", x)
		}
		m.Labels[n] = uint16(x)
	}
	return m, nil
}

func analyzeHeader(path string) (*header, error) {
	h, err := analyze.ReadHeader(path)
	if err != nil {
		return nil, err
	}
	return &header{Geometry: h.Geometry, frames: h.Frames, channels: h.Channels, issues: []study.Issue{{Code: "analyze-orientation-unknown", Severity: study.Warning, Where: "series",
		Text: "ANALYZE 7.5 does not tell left from right: indices are taken to grow to the left, the front and the head, and a .mat file beside it is not read"}}}, nil
}

// analyzeStored gives nothing where a scale makes values that are not the stored ones.
func analyzeStored(path string) (*volume.Raw, error) {
	h, err := analyze.ReadHeader(path)
	if err != nil || h.Slope != 1 {
		return nil, err
	}
	return analyze.ReadRaw(path)
}

func npyHeader(path string) (*header, error) {
	m, err := npy.ReadImage(path)
	if err != nil {
		return nil, err
	}
	return &header{Geometry: m.Geometry, frames: m.Frames(), channels: m.Samples(), spaced: m.Placed}, nil
}

func npyStored(path string) (*volume.Raw, error) {
	m, err := npy.ReadImage(path)
	if err != nil {
		return nil, err
	}
	return m.Raw, nil
}

func npyMask(path string) (*volume.Mask, error) { return wholeLabels(first(npyFrames, path)) }

func npyFrames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return rawFrames(ctx, func() (*volume.Raw, error) { return npyStored(path) })
}

// rawFrames gives the time points of stored values as volumes.
func rawFrames(ctx context.Context, read func() (*volume.Raw, error)) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		raw, err := read()
		if err != nil {
			yield(nil, err)
			return
		}
		for t := range raw.Frames() {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			v, err := raw.Volume(t)
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

func first(frames func(context.Context, string) iter.Seq2[*volume.Volume, error], path string) (*volume.Volume, error) {
	for v, err := range frames(context.Background(), path) {
		return v, err
	}
	return nil, volume.Malformed("intake: want a time point, got none")
}

func tiffHeader(path string) (*header, error) {
	h, err := tiff.ReadHeader(path)
	if err != nil {
		return nil, err
	}
	out := &header{Geometry: h.Geometry, frames: h.Frames, channels: h.Channels, spaced: h.SpacingKnown}
	for _, note := range h.Notes {
		out.issues = append(out.issues, study.Issue{Code: note.Code, Severity: study.Warning, Where: "series", Text: note.Text})
	}
	return out, nil
}

func tiffOptions() tiff.Options { return tiff.Options{Codecs: slide.Codecs()} }

func tiffFrames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return tiff.Frames(ctx, path, tiffOptions())
}

func tiffStored(path string) (*volume.Raw, error) { return tiff.ReadRaw(path, tiffOptions()) }

func tiffMask(path string) (*volume.Mask, error) { return wholeLabels(first(tiffFrames, path)) }
