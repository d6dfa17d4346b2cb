package dicom

import (
	"bytes"
	"fmt"

	"github.com/caliper-imaging/caliper/internal/archive"
)

// behind is how much of what follows the pixels is searched for another object.
const behind = 1 << 20

// Another gives the place of the preamble of another object that lies behind the pixels of this one in the same
// file; ok is false where there is none.
func (f *File) Another() (at int64, ok bool, err error) {
	if !f.HasPixels() || f.enc.deflated {
		return 0, false, nil
	}
	if f.pixel.length != undefined && f.size-f.pixel.value-int64(f.pixel.length) < 140 {
		return 0, false, nil
	}
	r := f.r
	if r == nil {
		file, err := archive.Open(f.Path)
		if err != nil {
			return 0, false, fmt.Errorf("dicom: %w", err)
		}
		defer file.Close()
		r = file
	}
	src := &source{r: r, size: f.size, known: true}
	end := f.pixel.value + int64(f.pixel.length)
	if f.pixel.length == undefined {
		for end = f.pixel.value; ; {
			item, next, err := itemAt(src, end)
			if err != nil {
				return 0, false, nil // cut, which the readers of pixels say
			}
			if end = next; item.length < 0 {
				break
			}
		}
	}
	for from := end; from < min(end+behind, f.size-140); {
		n := int(min(window, f.size-from))
		b, err := src.view(from, n)
		if err != nil {
			return 0, false, err
		}
		if i := bytes.Index(b, []byte("DICM\x02\x00")); i >= 0 && from+int64(i)-128 >= end {
			return from + int64(i) - 128, true, nil
		}
		from += int64(n - 5)
	}
	return 0, false, nil
}
