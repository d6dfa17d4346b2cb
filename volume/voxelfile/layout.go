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

	DataFiles   []string // below the header's folder, with slashes, each with an equal part; none for the header's own file
	HeaderBytes int64    // length of the header, after which its own file goes on
	SkipLines   int      // lines before the voxels of each file, never packed
	SkipBytes   int64    // bytes before the voxels of each file, counted unpacked; -1: the voxels are the end of the file
	Unpack      func(io.Reader) (io.Reader, error)
	Notes       []Note
}

// Note is something odd in a header that a reader of the image should know; Code is lower-kebab.
type Note struct{ Code, Text string }

// MaxFiles caps the number of files that a header names.
const MaxFiles = 1 << 16

// frameBytes is the length of one time point, unpacked.
func (l *Layout) frameBytes() int64 {
	return int64(l.Voxels()) * int64(l.Channels) * int64(l.DType.Size())
}

// shape is that of the stored values: frame and sample where there are several, around k, j, i.
func (l *Layout) shape() []int {
	var s []int
	if l.Frames > 1 {
		s = append(s, l.Frames)
	}
	s = append(s, l.Size[2], l.Size[1], l.Size[0])
	if l.Channels > 1 {
		s = append(s, l.Channels)
	}
	return s
}
