// Package analyze reads ANALYZE 7.5 images (.hdr and .img, dbh.h of the Mayo Clinic), with SPM's scale factor and
// origin. The format does not tell left from right.
package analyze

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/volume"
)

const headerSize = 348

// Header is what an .hdr says.
type Header struct {
	volume.Geometry
	Frames    int
	Channels  int // 1, or 3 of RGB
	DType     volume.DType
	BigEndian bool
	Slope     float64 // value = stored · Slope
	Orient    int     // 0 transverse, 1 coronal, 2 sagittal; 3 to 5 the same, flipped
	Origin1   [3]int  // SPM's origin, counted from 1; zeros where it has none
	skip      int64
}

// Claims says whether the first bytes of a file are an ANALYZE header and not NIfTI's.
func Claims(head []byte) bool {
	if len(head) < headerSize || string(head[344:347]) == "n+1" || string(head[344:347]) == "ni1" {
		return false
	}
	for _, o := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if rank := o.Uint16(head[40:]); o.Uint32(head) == headerSize && rank >= 1 && rank <= 7 && kinds[int(o.Uint16(head[70:]))].Size() > 0 {
			return true
		}
	}
	return false
}

var kinds = map[int]volume.DType{2: volume.Uint8, 4: volume.Int16, 8: volume.Int32, 16: volume.Float32, 64: volume.Float64, 128: volume.Uint8,
	130: volume.Int8, 132: volume.Uint16, 136: volume.Uint32} // from 130 on: SPM's

// Parse reads a header. The grid grows to the left, the front and the head, which the format's own frame and
// SPM's default both mean; its origin is SPM's where that is set, else the centre of the image.
func Parse(b []byte) (*Header, error) {
	if len(b) < headerSize {
		return nil, volume.Malformed("analyze: header: want %d bytes, got %d", headerSize, len(b))
	}
	var o binary.ByteOrder = binary.LittleEndian
	h := &Header{}
	if o.Uint32(b) != headerSize {
		if o, h.BigEndian = binary.BigEndian, true; o.Uint32(b) != headerSize {
			return nil, volume.Malformed("analyze: header: want sizeof_hdr 348, got %d", binary.LittleEndian.Uint32(b))
		}
	}
	short := func(at int) int { return int(int16(o.Uint16(b[at:]))) }
	float := func(at int) float64 { return float64(math.Float32frombits(o.Uint32(b[at:]))) }
	kind := short(70)
	var ok bool
	if h.DType, ok = kinds[kind]; !ok {
		return nil, volume.Unsupported("analyze: header: datatype: want an integer, a float or RGB, got %d", kind)
	}
	h.Channels = 1
	if kind == 128 {
		h.Channels = 3
	}
	rank := short(40)
	if rank < 1 || rank > 4 {
		return nil, volume.Unsupported("analyze: header: dim[0]: want 1 to 4, got %d", rank)
	}
	dim := [5]int{rank, 1, 1, 1, 1}
	for n := 1; n <= rank; n++ {
		if dim[n] = short(40 + 2*n); dim[n] == 0 && n > 2 {
			dim[n] = 1
		}
		if dim[n] < 1 {
			return nil, volume.Malformed("analyze: header: dim[%d]: want 1 or more, got %d", n, dim[n])
		}
	}
	h.Frames = dim[4]
	h.Geometry = volume.Geometry{Size: [3]int{dim[1], dim[2], dim[3]}, Axes: [3][3]float64{{1, 0, 0}, {0, -1, 0}, {0, 0, 1}}}
	if values := float64(dim[1]) * float64(dim[2]) * float64(dim[3]) * float64(dim[4]*h.Channels); values > volume.MaxVoxels {
		return nil, volume.Malformed("analyze: header: dim %v: want at most %d values", dim, volume.MaxVoxels)
	}
	for n := range 3 {
		if h.Spacing[n] = math.Abs(float(80 + 4*n)); !(h.Spacing[n] > 0) || math.IsInf(h.Spacing[n], 0) {
			h.Spacing[n] = 1
		}
		h.Origin1[n] = short(253 + 2*n)
	}
	if h.Slope = float(112); !(math.Abs(h.Slope) > 0) || math.IsInf(h.Slope, 0) {
		h.Slope = 1
	}
	h.Orient = int(b[252])
	if skip := float(108); skip > 0 && skip < 1<<40 && skip == math.Trunc(skip) {
		h.skip = int64(skip)
	}
	h.place()
	if err := h.Validate(); err != nil {
		return nil, volume.Malformed("analyze: header: %w", err)
	}
	return h, nil
}

// place sets the position of the first voxel.
func (h *Header) place() {
	origin := h.Origin1
	set := origin != [3]int{}
	for n := range 3 {
		set = set && origin[n] > -h.Size[n] && origin[n] < 2*h.Size[n] // else it is something else that lies there
	}
	if !set {
		h.Origin1 = [3]int{}
	}
	for n := range 3 {
		at := float64(h.Size[n]-1) / 2
		if set {
			at = float64(origin[n] - 1)
		}
		for c := range 3 {
			h.Origin[c] -= h.Axes[n][c] * h.Spacing[n] * at
		}
	}
	for c := range 3 {
		h.Origin[c] += 0
	}
}

// paths gives the header and the voxels of a pair.
func paths(path string) (head, data string) {
	base, gz := path, ""
	if strings.HasSuffix(strings.ToLower(path), ".gz") {
		base, gz = path[:len(path)-3], path[len(path)-3:]
	}
	if len(base) < 4 {
		return path, path
	}
	stem, ending := base[:len(base)-4], base[len(base)-4:]
	partner := func(like string) string {
		if ending == strings.ToUpper(ending) {
			like = strings.ToUpper(like)
		}
		for _, name := range []string{stem + like + gz, stem + like, stem + like + ".gz"} {
			if archive.Exists(name) {
				return name
			}
		}
		return stem + like + gz
	}
	if strings.EqualFold(ending, ".img") {
		return partner(".hdr"), path
	}
	return path, partner(".img")
}

// stream opens a file, unpacked where it is gzipped; size is its length, 0 where that is not known.
func stream(path string) (r io.Reader, size int64, close func() error, err error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("analyze: %w", err)
	}
	if !strings.HasSuffix(strings.ToLower(path), ".gz") {
		return f, f.Size(), f.Close, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, 0, nil, volume.Malformed("analyze: gzip: %w", err)
	}
	return z, 0, f.Close, nil
}

// ReadHeader reads the .hdr of a pair of which either file is named.
func ReadHeader(path string) (*Header, error) {
	head, _ := paths(path)
	r, _, close, err := stream(head)
	if err != nil {
		return nil, err
	}
	defer close()
	b := make([]byte, headerSize)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, volume.Malformed("analyze: header: %w", err)
	}
	return Parse(b[:n])
}
