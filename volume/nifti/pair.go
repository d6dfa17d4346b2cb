package nifti

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/gzipped"
)

// isPair says whether a name is that of the header or the voxels of a pair.
func isPair(path string) bool {
	name := strings.TrimSuffix(strings.ToLower(path), ".gz")
	return strings.HasSuffix(name, ".hdr") || strings.HasSuffix(name, ".img")
}

// writePair writes header and voxels to two files of which one is named, the header last.
func writePair(path string, image any) error {
	head, data := pair(path)
	parted := &parter{}
	put := func(path string, write func(io.Writer) error) error {
		return atomicfile.WriteFile(path, func(w io.Writer) error {
			if !strings.HasSuffix(strings.ToLower(path), ".gz") {
				return write(w)
			}
			return gzipped.Encode(w, write)
		})
	}
	err := put(data, func(w io.Writer) error {
		parted.voxels = w
		return Encode(parted, image)
	})
	if err != nil {
		return err
	}
	h := parted.head
	if len(h) < minOffset2 { // NIfTI-1: no extension, voxels at the start of their file
		copy(h[344:], "ni1\x00")
		binary.LittleEndian.PutUint32(h[108:], 0)
		h = h[:size1]
	} else {
		copy(h[4:], "ni2\x00")
		binary.LittleEndian.PutUint64(h[168:], 0)
		h = h[:size2]
	}
	return put(head, func(w io.Writer) error {
		_, err := w.Write(h)
		return err
	})
}

// parter keeps the header of a single file and hands on the voxels behind it.
type parter struct {
	head   []byte
	voxels io.Writer
}

func (p *parter) Write(b []byte) (int, error) {
	n := len(b)
	want := minOffset1
	if len(p.head) == 0 && len(b) >= 4 && binary.LittleEndian.Uint32(b) == size2 || len(p.head) >= 4 && binary.LittleEndian.Uint32(p.head) == size2 {
		want = minOffset2
	}
	if missing := want - len(p.head); missing > 0 {
		take := min(missing, len(b))
		p.head = append(p.head, b[:take]...)
		b = b[take:]
	}
	if len(b) > 0 {
		if _, err := p.voxels.Write(b); err != nil {
			return 0, err
		}
	}
	return n, nil
}
