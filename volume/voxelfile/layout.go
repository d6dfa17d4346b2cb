// Package voxelfile reads the voxels of formats whose header is lines of text, in the same file or beside
// it: MetaImage and NRRD.
package voxelfile

import (
	"io"

	"github.com/caliper-imaging/caliper/volume"
)

// Layout is what a header says of its voxels: their grid, how they are stored and where.
type Layout struct {
	volume.Geometry
	Frames    int // time points, 1 or more
	Channels  int // 1 or more, interleaved in the file
	DType     volume.DType
	BigEndian bool

	DataFile    string // below the header's folder, with slashes; "" for the header's own file
	HeaderBytes int64  // length of the header, after which its own file goes on
	SkipLines   int    // lines before the voxels, never packed
	SkipBytes   int64  // bytes before the voxels, counted unpacked; -1: the voxels are the end of the file
	Unpack      func(io.Reader) (io.Reader, error)
}

// frameBytes is the length of one time point, unpacked.
func (l *Layout) frameBytes() int64 {
	return int64(l.Voxels()) * int64(l.Channels) * int64(l.DType.Size())
}
