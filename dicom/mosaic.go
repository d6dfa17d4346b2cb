package dicom

import (
	"math"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// isMosaic says whether an object is a mosaic of Siemens, or the like grid of UIH: slices tiled in one
// picture.
func isMosaic(f *File) bool {
	if slices.Contains(f.Strings(tag.ImageType), "MOSAIC") {
		return true
	}
	n, ok := f.privateFloat(uihCreator, 0x0065, 0x50)
	return ok && n > 1 && makerOf(f.Elements) == uih
}

// mosaic takes the slices of a mosaic apart. Siemens' ImagePositionPatient belongs to a picture of the
// mosaic's size around the first slice's centre; the slices follow each other along the normal that its
// header gives, else along that of the image. UIH gives the first slice's position, and a sequence with
// that of each. ok is false where the object does not say enough.
func mosaic(s slice) (out []slice, ok bool) {
	f := s.file
	rows, _ := f.Int(tag.Rows)
	columns, _ := f.Int(tag.Columns)
	step := s.between
	if step == 0 {
		step = s.thickness
	}
	if !s.placed || s.spacingMM[0] == 0 || step <= 0 {
		return nil, false
	}
	var count float64
	along := cross(s.row, s.col)
	grid := makerOf(f.Elements) == uih
	if grid {
		count, _ = f.privateFloat(uihCreator, 0x0065, 0x50)
	} else {
		fields := f.csa()
		count = mosaicSlices(f, fields)
		if normal := fields.floats("SliceNormalVector"); len(normal) == 3 {
			d := dot(along, [3]float64(normal))
			if math.Abs(math.Abs(d)-1) > 1e-2 {
				return nil, false
			}
			step *= math.Copysign(1, d)
		}
	}
	n := int(count)
	if n < 1 || n > 1<<12 {
		return nil, false
	}
	side := int(math.Ceil(math.Sqrt(float64(n))))
	if rows%side != 0 || columns%side != 0 || rows == 0 || columns == 0 {
		return nil, false
	}
	w, h := columns/side, rows/side
	first := s.pos
	if !grid {
		for i := range 3 {
			first[i] += s.row[i]*s.spacingMM[1]*float64(columns-w)/2 + s.col[i]*s.spacingMM[0]*float64(rows-h)/2
		}
	}
	places := gridPlaces(f, n)
	for k := range n {
		t := s
		t.tile, t.columns, t.rows = [2]int{k % side * w, k / side * h}, w, h
		t.part = k + 1
		for i := range 3 {
			t.pos[i] = first[i] + float64(k)*step*along[i]
		}
		if places != nil {
			t.pos = places[k]
		}
		out = append(out, t)
	}
	return out, true
}

// mosaicSlices is the number of slices of a Siemens mosaic, or 0.
func mosaicSlices(f *File, fields csaFields) float64 {
	if v := fields.floats("NumberOfImagesInMosaic"); len(v) == 1 && v[0] > 0 {
		return v[0]
	}
	if v, ok := f.privateFloat(siemensMR, 0x0019, 0x0a); ok {
		return v
	}
	return float64(len(f.privateFloats(siemensMR, 0x0019, 0x29)))
}

// gridSlices are UIH's items for the n slices of a grid, or nil.
func gridSlices(f *File, n int) []Elements {
	t, ok := f.privateTag(uihCreator, 0x0065, 0x51, 0x10)
	if !ok {
		return nil
	}
	if items := f.Items(t); len(items) == n {
		return items
	}
	return nil
}

func gridPlaces(f *File, n int) [][3]float64 {
	var out [][3]float64
	for _, item := range gridSlices(f, n) {
		v := item.Floats(tag.ImagePositionPatient)
		if len(v) != 3 {
			return nil
		}
		out = append(out, [3]float64(v))
	}
	return out
}
