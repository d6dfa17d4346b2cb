package intake

import (
	"context"
	"fmt"
	"iter"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/metaimage"
	"github.com/caliper-imaging/caliper/volume/mgh"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/npy"
	"github.com/caliper-imaging/caliper/volume/nrrd"
	"github.com/caliper-imaging/caliper/volume/raster"
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
	return &header{Geometry: h.Geometry, frames: h.Frames, channels: h.Channels}, nil
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
	return &header{Geometry: h.Geometry, frames: h.Frames, channels: h.Channels}, nil
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

func writeNPY(path string, image any) error {
	switch x := image.(type) {
	case *volume.Volume:
		return npy.Write(path, npy.FromVolume(x))
	case *volume.Mask:
		return npy.Write(path, npy.FromMask(x))
	case *volume.Raw:
		return npy.Write(path, npy.FromRaw(x))
	}
	return fmt.Errorf("intake: write: want *volume.Volume, *volume.Mask or *volume.Raw, got %T", image)
}
