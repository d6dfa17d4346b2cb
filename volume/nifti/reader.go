package nifti

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/internal/inflate"
	"github.com/caliper-imaging/caliper/volume"
)

// maxInflation is more than DEFLATE can expand data, so that a small file can't ask for much memory.
const maxInflation = 1100

// Reader gives the time points of a file one after the other.
type Reader struct {
	*Header
	r      io.Reader
	files  []io.Closer
	next   int
	packed bool // gzipped
	wary   bool // the header announces so much more than the file holds that memory is taken as data arrives
}

// Open reads the header of a file (.nii, .nii.gz, .hdr or .img, found compressed by its content) and
// checks that the file is long enough for the voxels that the header announces.
func Open(path string) (*Reader, error) {
	head, data := pair(path)
	r := &Reader{}
	src, size, err := r.open(head)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Reader, error) {
		r.Close()
		return nil, err
	}
	s, read, err := r.begin(src, size)
	if err != nil {
		return fail(err)
	}
	switch {
	case r.single && head != data && data == path:
		return fail(volume.Malformed("nifti: header: the .hdr beside this .img says that the voxels are in one file with it"))
	case !r.single && data == head:
		return fail(volume.Malformed("nifti: header: the voxels are in a file of their own; want it beside the header with the ending .img"))
	case !r.single:
		if src, size, err = r.open(data); err != nil {
			return fail(err)
		}
		if s, err = unpack(src, size); err != nil {
			return fail(err)
		}
		read = nil
	}
	if err := r.voxels(s, read); err != nil {
		return fail(err)
	}
	return r, nil
}

// NewReader reads the header of a single-file image, plain or gzipped, from a stream of size bytes. Close
// does nothing for it.
func NewReader(src io.Reader, size int64) (*Reader, error) {
	r := &Reader{}
	s, read, err := r.begin(src, size)
	if err != nil {
		return nil, err
	}
	if !r.single {
		return nil, volume.Malformed("nifti: header: want header and voxels in one file, got the header of a pair")
	}
	if err := r.voxels(s, read); err != nil {
		return nil, err
	}
	return r, nil
}

// stored is a file as it lies on disk: size is its length, packed whether that is of gzip.
type stored struct {
	io.Reader
	size   int64
	packed bool
}

func unpack(src io.Reader, size int64) (stored, error) {
	b := bufio.NewReaderSize(src, 1<<12)
	if magic, _ := b.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := inflate.NewGzip(b)
		if err != nil {
			return stored{}, volume.Malformed("nifti: gzip: %w", err)
		}
		return stored{z, size, true}, nil
	}
	return stored{b, size, false}, nil
}

// begin parses the header; read is what was taken from the stream for it.
func (r *Reader) begin(src io.Reader, size int64) (s stored, read []byte, err error) {
	if s, err = unpack(src, size); err != nil {
		return s, nil, err
	}
	read = make([]byte, size2)
	n, err := io.ReadFull(s, read)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return s, nil, volume.Malformed("nifti: header: %w", err)
	}
	read = read[:n]
	r.Header, err = Parse(read)
	return s, read, err
}

// voxels checks the length and goes to the first voxel.
func (r *Reader) voxels(s stored, read []byte) error {
	need := r.offset + r.payload()
	r.packed = s.packed
	if s.packed {
		if need > s.size*maxInflation {
			return volume.Malformed("nifti: voxels: want %d bytes by the header, which %d compressed bytes can't hold", need, s.size)
		}
		r.wary = need > 1<<26 && need > 200*s.size
	} else if s.size < need {
		return volume.Malformed("nifti: voxels: want %d bytes by the header, got a file of %d", need, s.size)
	}
	r.r = s
	skip := r.offset - int64(len(read))
	if skip < 0 { // a short header was read together with the first voxels
		r.r = io.MultiReader(bytes.NewReader(read[r.offset:]), s)
		skip = 0
	}
	if _, err := io.CopyN(io.Discard, r.r, skip); err != nil {
		return truncated(err)
	}
	return nil
}

func (r *Reader) open(path string) (io.Reader, int64, error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("nifti: %w", err)
	}
	r.files = append(r.files, f)
	return f, f.Size(), nil
}

// Close releases the files.
func (r *Reader) Close() error {
	var err error
	for _, f := range r.files {
		err = errors.Join(err, f.Close())
	}
	r.files = nil
	return err
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return volume.Malformed("nifti: voxels: the file ends before the last one that its header announces")
	}
	return volume.Malformed("nifti: voxels: %w", err)
}

// Skip passes over the next n time points.
func (r *Reader) Skip(n int) error {
	if n < 0 || r.next+n > r.Frames {
		return fmt.Errorf("nifti: frame: want 0 to %d, got %d", r.Frames-1, r.next+n)
	}
	r.next += n
	if _, err := io.CopyN(io.Discard, r.r, int64(n)*r.frameBytes()); err != nil {
		return truncated(err)
	}
	return nil
}

// chunk is a whole number of samples and of colour voxels.
const chunk = 3 << 17

// stream hands the bytes of the next time point to put in pieces; first is the index of a piece's first
// sample. It ends at put's first error.
func (r *Reader) stream(put func(first int, piece []byte) error) error {
	if r.next >= r.Frames {
		return io.EOF
	}
	left := r.frameBytes()
	buf := make([]byte, min(chunk, left))
	first, size := 0, r.Type.Size()
	for left > 0 {
		piece := buf[:min(int64(len(buf)), left)]
		if _, err := io.ReadFull(r.r, piece); err != nil {
			return truncated(err)
		}
		if err := put(first, piece); err != nil {
			return err
		}
		first += len(piece) / size
		left -= int64(len(piece))
	}
	r.next++
	if r.next == r.Frames {
		return r.verify()
	}
	return nil
}

// verify reads on to the checksum of a gzip stream, past what may follow the voxels.
func (r *Reader) verify() error {
	if !r.packed {
		return nil
	}
	if _, err := io.Copy(io.Discard, r.r); err != nil {
		return volume.Malformed("nifti: voxels: %w", err)
	}
	return nil
}

func (r *Reader) order() binary.ByteOrder {
	if r.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// pair gives the file of the header and the file of the voxels.
func pair(path string) (head, data string) {
	ending := filepath.Ext(path)
	base, gz := path, ""
	if strings.EqualFold(ending, ".gz") {
		base, gz = strings.TrimSuffix(path, ending), ending
	}
	ending = filepath.Ext(base)
	stem := strings.TrimSuffix(base, ending)
	switch strings.ToLower(ending) {
	case ".hdr":
		return path, beside(stem, gz, matchCase(ending, ".img"))
	case ".img":
		return beside(stem, gz, matchCase(ending, ".hdr")), path
	}
	return path, path
}

// beside prefers the partner compressed in the same way, then the other way.
func beside(stem, gz, ending string) string {
	other := ".gz"
	if gz != "" {
		other = ""
	}
	first := stem + ending + gz
	if !archive.Exists(first) && archive.Exists(stem+ending+other) {
		return stem + ending + other
	}
	return first
}

func matchCase(like, ending string) string {
	if like == strings.ToUpper(like) {
		return strings.ToUpper(ending)
	}
	return ending
}
