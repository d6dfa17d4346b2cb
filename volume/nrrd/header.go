// Package nrrd reads NRRD files (.nrrd, and .nhdr with its voxels beside it) as teem and 3D Slicer write
// them: https://teem.sourceforge.net/nrrd/format.html. Positions are converted from the file's space to LPS.
package nrrd

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/voxelfile"
)

// Header is what a file says before its voxels.
type Header struct {
	voxelfile.Layout
	Space string // as the file names it; "" where it has none
	Keys  map[string]string

	list int // file axis of the channels or frames, or -1; fastest where it is 0
}

func dtype(name string) volume.DType {
	switch strings.TrimSuffix(name, "_t") {
	case "signed char", "int8":
		return volume.Int8
	case "uchar", "unsigned char", "uint8":
		return volume.Uint8
	case "short", "short int", "signed short", "signed short int", "int16":
		return volume.Int16
	case "ushort", "unsigned short", "unsigned short int", "uint16":
		return volume.Uint16
	case "int", "signed int", "int32":
		return volume.Int32
	case "uint", "unsigned int", "uint32":
		return volume.Uint32
	case "longlong", "long long", "long long int", "signed long long", "signed long long int", "int64":
		return volume.Int64
	case "ulonglong", "unsigned long long", "unsigned long long int", "uint64":
		return volume.Uint64
	case "float":
		return volume.Float32
	case "double":
		return volume.Float64
	}
	return ""
}

// maxHeader caps the text of a header.
const maxHeader = 1 << 18

// parse reads the lines up to the empty one.
func parse(r *bufio.Reader) (*Header, error) {
	h := &Header{Keys: map[string]string{}}
	fields := map[string]string{}
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		h.HeaderBytes += int64(len(line))
		if h.HeaderBytes > maxHeader {
			return nil, volume.Malformed("nrrd: header: want at most %d bytes", maxHeader)
		}
		line = strings.TrimRight(line, "\r\n")
		if first {
			if !strings.HasPrefix(line, "NRRD000") {
				return nil, volume.Malformed("nrrd: magic: want NRRD000n, got %.20q", line)
			}
			continue
		}
		if line == "" {
			break
		}
		if err != nil {
			if fields["data file"]+fields["datafile"] != "" || strings.HasPrefix(line, "data file") {
				add(fields, h.Keys, line)
				break // a detached header may end without the empty line
			}
			return nil, volume.Malformed("nrrd: header: want an empty line before the voxels, got the end of the file")
		}
		add(fields, h.Keys, line)
	}
	if err := h.fill(fields); err != nil {
		return nil, err
	}
	return h, nil
}

func add(fields, keys map[string]string, line string) {
	if strings.HasPrefix(line, "#") {
		return
	}
	if key, value, ok := strings.Cut(line, ":="); ok {
		keys[key] = value
		return
	}
	if key, value, ok := strings.Cut(line, ":"); ok {
		fields[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
	}
}

func (h *Header) fill(f map[string]string) error {
	rank, err := strconv.Atoi(f["dimension"])
	if err != nil || rank < 2 || rank > 4 {
		return volume.Unsupported("nrrd: dimension: want 2 to 4, got %.20q", f["dimension"])
	}
	if h.DType = dtype(f["type"]); h.DType == "" {
		return volume.Unsupported("nrrd: type: want an integer or a float, got %.40q", f["type"])
	}
	words := strings.Fields(f["sizes"])
	if len(words) != rank {
		return volume.Malformed("nrrd: sizes: want %d, got %d", rank, len(words))
	}
	sizes := make([]int, rank)
	total := 1
	for n, w := range words {
		s, err := strconv.Atoi(w)
		if err != nil || s < 1 || total > volume.MaxVoxels/s {
			return volume.Malformed("nrrd: sizes: want sizes of 1 or more and at most %d values, got %.60q", volume.MaxVoxels, f["sizes"])
		}
		sizes[n] = s
		total *= s
	}
	switch strings.ToLower(f["encoding"]) {
	case "raw":
	case "gzip", "gz":
		h.Unpack = func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	default:
		return volume.Unsupported("nrrd: encoding: want raw or gzip, got %.20q", f["encoding"])
	}
	h.BigEndian = strings.EqualFold(f["endian"], "big")
	if f["endian"] == "" && h.DType.Size() > 1 {
		return volume.Malformed("nrrd: endian: want little or big for a type of several bytes, got none")
	}
	h.DataFile = f["data file"] + f["datafile"]
	if s := f["byte skip"] + f["byteskip"]; s != "" {
		if h.SkipBytes, err = strconv.ParseInt(s, 10, 64); err != nil || h.SkipBytes < -1 {
			return volume.Malformed("nrrd: byte skip: want -1 or more, got %.20q", s)
		}
	}
	if s := f["line skip"] + f["lineskip"]; s != "" {
		if h.SkipLines, err = strconv.Atoi(s); err != nil || h.SkipLines < 0 || h.SkipLines > 1<<16 {
			return volume.Malformed("nrrd: line skip: want 0 or more, got %.20q", s)
		}
	}
	return h.place(f, sizes)
}

// place finds which axes are of space and where they lie.
func (h *Header) place(f map[string]string, sizes []int) error {
	h.list = -1
	h.Frames, h.Channels = 1, 1
	directions, err := vectors(f["space directions"])
	if err != nil {
		return err
	}
	kinds := strings.Fields(f["kinds"])
	if directions != nil && len(directions) != len(sizes) {
		return volume.Malformed("nrrd: space directions: want %d, got %d", len(sizes), len(directions))
	}
	var spatial []int
	for n := range sizes {
		isList := directions != nil && directions[n] == nil
		if n < len(kinds) && directions == nil {
			k := strings.ToLower(kinds[n])
			isList = k != "domain" && k != "space" && k != "???" && k != "none"
		}
		if isList {
			if h.list >= 0 {
				return volume.Unsupported("nrrd: kinds: want at most one axis that is not of space")
			}
			h.list = n
			continue
		}
		spatial = append(spatial, n)
	}
	if len(spatial) > 3 {
		return volume.Unsupported("nrrd: dimension: want at most 3 axes of space; say the kinds of the axes")
	}
	if h.list >= 0 {
		switch h.list {
		case 0:
			h.Channels = sizes[0]
		case len(sizes) - 1:
			h.Frames = sizes[h.list]
		default:
			return volume.Unsupported("nrrd: kinds: want the axis that is not of space first or last, got place %d", h.list)
		}
	}
	if len(spatial) < 2 {
		return volume.Unsupported("nrrd: dimension: want 2 or 3 axes of space, got %d", len(spatial))
	}
	h.Geometry = volume.Identity([3]int{1, 1, 1}, [3]float64{1, 1, 1})
	h.Space = strings.ToLower(f["space"])
	sign, err := signs(h.Space)
	if err != nil {
		return err
	}
	spacings := strings.Fields(f["spacings"])
	for i, n := range spatial {
		h.Size[i] = sizes[n]
		if directions != nil {
			d := directions[n]
			length := 0.0
			for c := range d {
				d[c] *= sign[c]
				length += d[c] * d[c]
			}
			length = math.Sqrt(length)
			h.Spacing[i] = length
			h.Axes[i] = [3]float64{}
			for c := range d {
				h.Axes[i][c] = d[c] / length
			}
		} else if n < len(spacings) {
			if x, err := strconv.ParseFloat(spacings[n], 64); err == nil && x > 0 && !math.IsInf(x, 0) {
				h.Spacing[i] = x
			}
		}
	}
	origin, err := vectors(f["space origin"])
	if err != nil {
		return err
	}
	if len(origin) == 1 {
		for c := range origin[0] {
			h.Origin[c] = origin[0][c] * sign[c]
		}
	}
	if err := h.Validate(); err != nil {
		return volume.Malformed("nrrd: header: %w", err)
	}
	return nil
}

// signs turn a position in the named space into LPS.
func signs(space string) ([3]float64, error) {
	switch strings.TrimSuffix(space, "-time") {
	case "", "left-posterior-superior", "lps", "scanner-xyz", "3d-right-handed":
		return [3]float64{1, 1, 1}, nil
	case "right-anterior-superior", "ras":
		return [3]float64{-1, -1, 1}, nil
	case "left-anterior-superior", "las":
		return [3]float64{1, -1, 1}, nil
	}
	return [3]float64{}, volume.Unsupported("nrrd: space: want left-posterior-superior, right-anterior-superior or left-anterior-superior, got %.40q", space)
}

// vectors reads "(1,0,0) (0,1,0) none"; a nil entry is none.
func vectors(text string) ([][]float64, error) {
	var out [][]float64
	rest := strings.TrimSpace(text)
	for rest != "" {
		if after, ok := strings.CutPrefix(rest, "none"); ok {
			out = append(out, nil)
			rest = strings.TrimSpace(after)
			continue
		}
		inner, after, ok := strings.Cut(rest, ")")
		inner, open := strings.CutPrefix(inner, "(")
		if !ok || !open {
			return nil, volume.Malformed("nrrd: space: want vectors as (x,y,z), got %.40q", rest)
		}
		parts := strings.Split(inner, ",")
		if len(parts) > 3 {
			return nil, volume.Malformed("nrrd: space: want at most 3 components, got %.40q", inner)
		}
		v := make([]float64, len(parts))
		for n, p := range parts {
			x, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, volume.Malformed("nrrd: space: want finite numbers, got %.40q", inner)
			}
			v[n] = x
		}
		out = append(out, v)
		rest = strings.TrimSpace(after)
	}
	return out, nil
}
