// Package metaimage reads and writes MetaImage files (.mha, and .mhd with its voxels beside it) as ITK writes them:
// https://itk.org/Wiki/ITK/MetaIO/Documentation. Its frame is LPS already.
package metaimage

import (
	"bufio"
	"compress/zlib"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/voxelfile"
)

// Header is what a file says before its voxels.
type Header struct {
	voxelfile.Layout
}

var types = map[string]volume.DType{
	"MET_UCHAR": volume.Uint8, "MET_CHAR": volume.Int8, "MET_USHORT": volume.Uint16, "MET_SHORT": volume.Int16,
	"MET_UINT": volume.Uint32, "MET_INT": volume.Int32, "MET_ULONG_LONG": volume.Uint64, "MET_LONG_LONG": volume.Int64,
	"MET_FLOAT": volume.Float32, "MET_DOUBLE": volume.Float64,
}

// maxHeader caps the text of a header, and maxLine one line of it.
const (
	maxHeader = 1 << 16
	maxLine   = 1 << 12
	maxList   = 1 << 22 // the names of files
)

// parse reads the lines up to ElementDataFile, after which the voxels, or a list of their files, follow.
func parse(r *bufio.Reader) (*Header, error) {
	fields := map[string]string{}
	read := int64(0)
	for fields["ElementDataFile"] == "" {
		line, err := readLine(r)
		read += int64(len(line))
		if read > maxHeader || len(line) > maxLine {
			return nil, volume.Malformed("metaimage: header: want at most %d bytes", maxHeader)
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, volume.Malformed("metaimage: header: want lines of key = value that end with ElementDataFile, got %.40q", line)
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "ElementDataFile" && value == "" {
			return nil, volume.Malformed("metaimage: ElementDataFile: want LOCAL or a file beside the header, got none")
		}
		fields[key] = value
		if err != nil && key != "ElementDataFile" {
			return nil, volume.Malformed("metaimage: header: want ElementDataFile, got the end of the file")
		}
	}
	h := &Header{}
	h.HeaderBytes = read
	if err := h.files(r, fields["ElementDataFile"]); err != nil {
		return nil, err
	}
	if err := h.fill(fields); err != nil {
		return nil, err
	}
	return h, nil
}

// files names the files of the voxels.
func (h *Header) files(r *bufio.Reader, said string) error {
	words := strings.Fields(said)
	switch {
	case strings.EqualFold(said, "LOCAL"):
	case words[0] == "LIST":
		for size := 0; ; {
			line, err := readLine(r)
			if size += len(line); size > maxList || len(h.DataFiles) > voxelfile.MaxFiles {
				return volume.Malformed("metaimage: ElementDataFile: want a list of at most %d files", voxelfile.MaxFiles)
			}
			if name := strings.TrimSpace(line); name != "" {
				h.DataFiles = append(h.DataFiles, name)
			}
			if err != nil {
				break
			}
		}
		if len(h.DataFiles) == 0 {
			return volume.Malformed("metaimage: ElementDataFile: want a list of files, got none")
		}
	default:
		names, err := voxelfile.Named(said)
		if err != nil {
			return err
		}
		h.DataFiles = names
	}
	return nil
}

// readLine reads a line; one of more than maxLine bytes is given up.
func readLine(r *bufio.Reader) (string, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		b = append(b, part...)
		if err != bufio.ErrBufferFull || len(b) > maxLine {
			return string(b), err
		}
	}
}

func (h *Header) fill(f map[string]string) error {
	if kind := f["ObjectType"]; kind != "" && kind != "Image" {
		return volume.Unsupported("metaimage: ObjectType: want Image, got %.40q", kind)
	}
	n, err := strconv.Atoi(f["NDims"])
	if err != nil || n < 2 || n > 4 {
		return volume.Malformed("metaimage: NDims: want 2 to 4, got %.40q", f["NDims"])
	}
	size, err := floats(f, n, "DimSize")
	if err != nil {
		return err
	}
	if size == nil {
		return volume.Malformed("metaimage: DimSize: want %d sizes, got none", n)
	}
	h.Channels, h.Frames = 1, 1
	if c := f["ElementNumberOfChannels"]; c != "" {
		if h.Channels, err = strconv.Atoi(c); err != nil || h.Channels < 1 || h.Channels > 1<<10 {
			return volume.Malformed("metaimage: ElementNumberOfChannels: want 1 or more, got %.40q", c)
		}
	}
	h.Geometry = volume.Identity([3]int{1, 1, 1}, [3]float64{1, 1, 1})
	values := float64(h.Channels)
	for i, s := range size {
		if s < 1 || s != math.Trunc(s) {
			return volume.Malformed("metaimage: DimSize: want whole sizes of 1 or more, got %g", s)
		}
		if values *= s; values > volume.MaxVoxels {
			return volume.Malformed("metaimage: DimSize: want at most %d values", volume.MaxVoxels)
		}
		if i < 3 {
			h.Size[i] = int(s)
		} else {
			h.Frames = int(s)
		}
	}
	if err := h.place(f, n); err != nil {
		return err
	}
	var ok bool
	kind := map[string]string{"MET_LONG": "MET_INT", "MET_ULONG": "MET_UINT"}[f["ElementType"]] // of 4 bytes in MetaIO
	if kind == "" {
		kind = f["ElementType"]
	}
	if h.DType, ok = types[kind]; !ok {
		return volume.Unsupported("metaimage: ElementType: want an integer or a float, got %.40q", f["ElementType"])
	}
	text := f["BinaryData"] != "" && !yes(f["BinaryData"])
	h.BigEndian = yes(f["BinaryDataByteOrderMSB"]) || yes(f["ElementByteOrderMSB"])
	if s := f["HeaderSize"]; s != "" {
		if h.SkipBytes, err = strconv.ParseInt(s, 10, 64); err != nil || h.SkipBytes < -1 {
			return volume.Malformed("metaimage: HeaderSize: want -1 or more, got %.40q", s)
		}
	}
	switch {
	case text:
		h.BigEndian, h.SkipBytes, h.Unpack = false, 0, voxelfile.Numbers(h.DType)
	case yes(f["CompressedData"]):
		h.SkipBytes = 0 // HeaderSize is of raw voxels only
		h.Unpack = func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }
	}
	return nil
}

// place reads spacing, directions (one after the other the unit direction of each index) and origin.
func (h *Header) place(f map[string]string, n int) error {
	spacing, err := floats(f, n, "ElementSpacing", "ElementSize")
	if err != nil {
		return err
	}
	axes, err := floats(f, n*n, "TransformMatrix", "Rotation", "Orientation")
	if err != nil {
		return err
	}
	origin, err := floats(f, n, "Offset", "Position", "Origin")
	if err != nil {
		return err
	}
	for i := range min(n, 3) {
		if spacing != nil {
			h.Spacing[i] = spacing[i]
		}
		if origin != nil {
			h.Origin[i] = origin[i]
		}
		if axes != nil {
			var a [3]float64
			length := 0.0
			for c := range min(n, 3) {
				a[c] = axes[i*n+c]
				length += a[c] * a[c]
			}
			if length = math.Sqrt(length); !(length > 0.5 && length < 2) {
				return volume.Malformed("metaimage: TransformMatrix: want unit directions, got one of length %g", length)
			}
			for c := range a {
				h.Axes[i][c] = a[c] / length
			}
		}
	}
	if err := h.Validate(); err != nil {
		return volume.Malformed("metaimage: header: %w", err)
	}
	return nil
}

// floats reads the numbers of the first field that is there; nil where none is.
func floats(f map[string]string, n int, keys ...string) ([]float64, error) {
	for _, key := range keys {
		text, ok := f[key]
		if !ok {
			continue
		}
		words := strings.Fields(text)
		if len(words) != n {
			return nil, volume.Malformed("metaimage: %s: want %d numbers, got %d", key, n, len(words))
		}
		out := make([]float64, n)
		for i, w := range words {
			x, err := strconv.ParseFloat(w, 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, volume.Malformed("metaimage: %s: want finite numbers, got %.40q", key, w)
			}
			out[i] = x
		}
		return out, nil
	}
	return nil, nil
}

func yes(s string) bool { return strings.EqualFold(s, "true") || s == "1" }

// Claims says whether the first bytes of a file are those of a MetaImage.
func Claims(head []byte) bool {
	line, _, _ := strings.Cut(string(head), "\n")
	key, _, ok := strings.Cut(line, "=")
	if !ok {
		return false
	}
	switch strings.TrimSpace(key) {
	case "ObjectType", "NDims":
		return true
	}
	return false
}
