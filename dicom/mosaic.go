package dicom

import (
	"math"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// isMosaic says whether an object is a Siemens mosaic: slices tiled in one picture.
func isMosaic(f *File) bool { return slices.Contains(f.Strings(tag.ImageType), "MOSAIC") }

// mosaic takes the slices of a mosaic apart. ImagePositionPatient there belongs to a picture of the
// mosaic's size around the first slice's centre; the slices follow each other along the normal that
// Siemens' header gives. ok is false where that header does not say enough.
func mosaic(s slice) (out []slice, ok bool) {
	f := s.file
	fields := f.csa()
	count := csaFloats(fields, "NumberOfImagesInMosaic")
	normal := csaFloats(fields, "SliceNormalVector")
	rows, _ := f.Int(tag.Rows)
	columns, _ := f.Int(tag.Columns)
	step := s.between
	if step == 0 {
		step = s.thickness
	}
	if len(count) != 1 || len(normal) != 3 || !s.placed || s.spacingMM[0] == 0 || step <= 0 {
		return nil, false
	}
	n := int(count[0])
	if n < 1 || n > 1<<12 {
		return nil, false
	}
	side := int(math.Ceil(math.Sqrt(float64(n))))
	if rows%side != 0 || columns%side != 0 || rows == 0 || columns == 0 {
		return nil, false
	}
	along := cross(s.row, s.col)
	d := dot(along, [3]float64(normal))
	if math.Abs(math.Abs(d)-1) > 1e-2 {
		return nil, false
	}
	step *= math.Copysign(1, d)
	w, h := columns/side, rows/side
	first := s.pos
	for i := range 3 {
		first[i] += s.row[i]*s.spacingMM[1]*float64(columns-w)/2 + s.col[i]*s.spacingMM[0]*float64(rows-h)/2
	}
	for k := range n {
		t := s
		t.tile, t.columns, t.rows = [2]int{k % side * w, k / side * h}, w, h
		t.part = k + 1
		for i := range 3 {
			t.pos[i] = first[i] + float64(k)*step*along[i]
		}
		out = append(out, t)
	}
	return out, true
}
