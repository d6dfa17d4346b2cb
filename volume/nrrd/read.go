package nrrd

import (
	"bufio"
	"context"
	"iter"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/voxelfile"
)

var format = voxelfile.Format[Header]{Name: "nrrd", Field: "data file", Parse: layout}

// ReadHeader reads what a file says of itself, and none of its voxels.
func ReadHeader(path string) (*Header, error) { return format.ReadHeader(path) }

// Read reads the first time point. The unit is Arbitrary: the format does not say it.
func Read(path string) (*volume.Volume, error) { return format.Read(path) }

// ReadRaw reads the stored values of all time points in their own type.
func ReadRaw(path string) (*volume.Raw, error) { return format.ReadRaw(path) }

// Frames reads the time points one after the other; it ends after an error.
func Frames(ctx context.Context, path string) iter.Seq2[*volume.Volume, error] {
	return format.Frames(ctx, path)
}

func layout(r *bufio.Reader) (*Header, *voxelfile.Layout, error) {
	h, err := parse(r)
	if err != nil {
		return nil, nil, err
	}
	return h, &h.Layout, nil
}
