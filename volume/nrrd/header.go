// Package nrrd reads and writes NRRD files (.nrrd, and .nhdr with its voxels beside it) as teem and 3D Slicer
// write them: https://teem.sourceforge.net/nrrd/format.html. Positions are converted from the file's space to LPS.
package nrrd

import (
	"bufio"
	"compress/bzip2"
	"io"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/internal/inflate"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/voxelfile"
)

// Header is what a file says before its voxels.
type Header struct {
	voxelfile.Layout
	Space string // as the file names it; "" where it has none
	Keys  map[string]string
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
const maxHeader = 1 << 20

// parse reads the lines up to the empty one, or the list of files behind "data file: LIST".
func parse(r *bufio.Reader) (*Header, error) {
	h := &Header{Keys: map[string]string{}}
	fields := map[string]string{}
	listed := false
	for first := true; ; first = false {
		line, err := readLine(r)
		h.HeaderBytes += int64(len(line))
		if h.HeaderBytes > maxHeader {
			return nil, volume.Malformed("nrrd: header: want at most %d bytes", maxHeader)
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case first:
			if len(line) != 8 || !strings.HasPrefix(line, "NRRD000") {
				return nil, volume.Malformed("nrrd: magic: want NRRD000n, got %.20q", line)
			}
			continue
		case listed:
			if name := strings.TrimSpace(line); name != "" && len(h.DataFiles) < voxelfile.MaxFiles {
				h.DataFiles = append(h.DataFiles, name)
			}
		case line != "":
			add(fields, h.Keys, line)
			listed = strings.HasPrefix(dataFile(fields), "LIST")
		}
		if line == "" && !listed {
			break
		}
		if err != nil {
			if dataFile(fields) != "" {
				break // a detached header may end without the empty line
			}
			return nil, volume.Malformed("nrrd: header: want an empty line before the voxels, got the end of the file")
		}
	}
	if err := h.fill(fields); err != nil {
		return nil, err
	}
	return h, nil
}

// readLine reads a line of at most maxHeader bytes.
func readLine(r *bufio.Reader) (string, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		b = append(b, part...)
		if err != bufio.ErrBufferFull || len(b) > maxHeader {
			return string(b), err
		}
	}
}

func dataFile(fields map[string]string) string { return fields["data file"] + fields["datafile"] }

func add(fields, keys map[string]string, line string) {
	if strings.HasPrefix(line, "#") {
		return
	}
	colon := strings.IndexByte(line, ':')
	switch {
	case colon < 0:
	case strings.HasPrefix(line[colon:], ":="):
		keys[line[:colon]] = line[colon+2:]
	default:
		fields[strings.ToLower(strings.TrimSpace(line[:colon]))] = strings.TrimSpace(line[colon+1:])
	}
}

func (h *Header) fill(f map[string]string) error {
	rank, err := strconv.Atoi(f["dimension"])
	if err != nil || rank < 2 || rank > 5 {
		return volume.Unsupported("nrrd: dimension: want 2 to 5, got %.20q", f["dimension"])
	}
	if f["type"] == "block" {
		return volume.Unsupported("nrrd: type: values of type block have no meaning that the file tells")
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
	if err := h.encoding(f); err != nil {
		return err
	}
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
	if err := h.files(dataFile(f)); err != nil {
		return err
	}
	return h.place(f, sizes)
}

// encoding settles how the voxels are packed and in which order their bytes lie.
func (h *Header) encoding(f map[string]string) error {
	text := false
	switch strings.ToLower(f["encoding"]) {
	case "raw":
	case "gzip", "gz":
		h.Unpack = func(r io.Reader) (io.Reader, error) { return inflate.NewGzip(r) }
	case "bzip2", "bz2":
		h.Unpack = func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }
	case "hex":
		h.Unpack = voxelfile.Hex
	case "text", "txt", "ascii":
		h.Unpack, text = voxelfile.Numbers(h.DType), true
	default:
		return volume.Unsupported("nrrd: encoding: want raw, gzip, bzip2, hex or text, got %.20q", f["encoding"])
	}
	h.BigEndian = strings.EqualFold(f["endian"], "big") && !text
	if f["endian"] == "" && h.DType.Size() > 1 && !text {
		return volume.Malformed("nrrd: endian: want little or big for a type of several bytes, got none")
	}
	return nil
}

// files names the files of the voxels; those of a list are known already.
func (h *Header) files(said string) error {
	words := strings.Fields(said)
	switch {
	case said == "":
	case words[0] == "LIST":
		if len(h.DataFiles) == 0 {
			return volume.Malformed("nrrd: data file: want a list of files, got none")
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
