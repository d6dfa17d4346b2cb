// Package tiff reads and writes TIFF 6.0 and BigTIFF: strips and tiles, several pages as a volume, and the spacing
// that ImageJ and OME put in. Positions in the patient have no place in the format.
package tiff

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/volume"
)

// Limits that a file is held to.
const (
	maxPages   = 1 << 17
	maxEntries = 1 << 12
	maxPixels  = 1 << 37
	maxChunk   = 1 << 30 // bytes of one decoded strip or tile
)

// Codec decodes one strip or tile of a JPEG kind to 8-bit samples of a pixel together: dst holds
// Width × Height × Samples bytes; colour becomes RGB.
type Codec func(dst, src []byte, c Chunk) error

// Chunk says what a Codec decodes.
type Chunk struct {
	Width, Height, Samples int
	Compression            Compression
	Photometric            Photometric
	Tables                 []byte // JPEGTables of the page, or none
}

// Options say how files are read; the zero value reads all but the JPEG kinds.
type Options struct {
	Codecs map[Compression]Codec
}

// File is an open file. It is safe for concurrent use.
type File struct {
	Pages   []*Page
	options Options
	r       *archive.File
	order   binary.ByteOrder
	big     bool
	budget  int64 // bytes of tag values that may still be read
}

// Open reads the directories of a file.
func Open(path string, o Options) (*File, error) {
	r, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tiff: %w", err)
	}
	f := &File{options: o, r: r, budget: 2*r.Size() + 1<<16}
	if err := f.directories(); err != nil {
		r.Close()
		return nil, err
	}
	return f, nil
}

// Close releases the file.
func (f *File) Close() error { return f.r.Close() }

// Claims says whether the first bytes of a file are those of a TIFF.
func Claims(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[:4]) {
	case "II*\x00", "MM\x00*", "II+\x00", "MM\x00+":
		return true
	}
	return false
}

// directories walks the chain of directories, and those below a page (SubIFDs) as pages behind it.
func (f *File) directories() error {
	head, err := f.at(0, min(16, f.r.Size()))
	if err != nil || !Claims(head) {
		return volume.Malformed("tiff: header: want the magic of a TIFF")
	}
	f.order = binary.LittleEndian
	if head[0] == 'M' {
		f.order = binary.BigEndian
	}
	f.big = f.order.Uint16(head[2:]) == 43
	next := int64(f.order.Uint32(head[4:]))
	if f.big {
		if len(head) < 16 || f.order.Uint16(head[4:]) != 8 {
			return volume.Malformed("tiff: header: want offsets of 8 bytes in a BigTIFF")
		}
		next = int64(f.order.Uint64(head[8:]))
	}
	seen := map[int64]bool{}
	for next != 0 {
		var sub []int64
		var p *Page
		if p, sub, next, err = f.directory(next, seen); err != nil {
			if len(f.Pages) == 0 {
				return err
			}
			return fmt.Errorf("tiff: page %d: %w", len(f.Pages), err)
		}
		f.Pages = append(f.Pages, p)
		for _, at := range sub {
			q, _, _, err := f.directory(at, seen)
			if err != nil {
				return fmt.Errorf("tiff: page %d: a page below it: %w", len(f.Pages)-1, err)
			}
			q.Sub = true
			f.Pages = append(f.Pages, q)
		}
		if len(f.Pages) > maxPages {
			return volume.Malformed("tiff: want at most %d pages", maxPages)
		}
	}
	if len(f.Pages) == 0 {
		return volume.Malformed("tiff: want a page, got none")
	}
	return nil
}

// field is an entry of a directory.
type field struct {
	kind  int
	count int64
	at    int64 // of its value
}

var kindSizes = [...]int64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

// directory reads the page at a place, the places of the directories below it, and that of the next.
func (f *File) directory(at int64, seen map[int64]bool) (p *Page, sub []int64, next int64, err error) {
	if seen[at] {
		return nil, nil, 0, volume.Malformed("tiff: directory: want each once, got a circle")
	}
	seen[at] = true
	lead, entry, tail := int64(2), int64(12), int64(4)
	if f.big {
		lead, entry, tail = 8, 20, 8
	}
	b, err := f.at(at, lead)
	if err != nil {
		return nil, nil, 0, err
	}
	count := int64(f.order.Uint16(b))
	if f.big {
		count = int64(f.order.Uint64(b))
	}
	if count < 1 || count > maxEntries {
		return nil, nil, 0, volume.Malformed("tiff: directory: want 1 to %d entries, got %d", maxEntries, count)
	}
	if f.budget -= count * entry; f.budget < 0 {
		return nil, nil, 0, volume.Malformed("tiff: directories: want less than the file can hold")
	}
	if b, err = f.at(at+lead, count*entry+tail); err != nil {
		if b, err = f.at(at+lead, count*entry); err != nil { // some writers leave out the place of the next
			return nil, nil, 0, err
		}
		b = append(b, make([]byte, tail)...)
	}
	fields := map[int]field{}
	for n := range count {
		e := b[n*entry:]
		x := field{kind: int(f.order.Uint16(e[2:]))}
		valueAt, room := int64(8), int64(4)
		if f.big {
			x.count, valueAt, room = int64(f.order.Uint64(e[4:])), 12, 8
		} else {
			x.count = int64(f.order.Uint32(e[4:]))
		}
		if x.kind >= len(kindSizes) || kindSizes[x.kind] == 0 || x.count < 0 || x.count > f.r.Size() {
			continue
		}
		x.at = at + lead + n*entry + valueAt
		if x.count*kindSizes[x.kind] > room {
			x.at = int64(f.order.Uint32(e[valueAt:]))
			if f.big {
				x.at = int64(f.order.Uint64(e[valueAt:]))
			}
		}
		fields[int(f.order.Uint16(e))] = x
	}
	if p, err = f.page(fields); err != nil {
		return nil, nil, 0, err
	}
	if sub, err = f.ints(fields, tagSubIFDs); err != nil || len(sub) > maxEntries {
		return nil, nil, 0, volume.Malformed("tiff: SubIFDs: want at most %d places (%v)", maxEntries, err)
	}
	next = int64(f.order.Uint32(b[count*entry:]))
	if f.big {
		next = int64(f.order.Uint64(b[count*entry:]))
	}
	return p, sub, next, nil
}

// at reads n bytes.
func (f *File) at(pos, n int64) ([]byte, error) {
	if pos < 0 || n < 0 || pos > f.r.Size()-n {
		return nil, volume.Malformed("tiff: byte %d: want %d bytes, got the end of the file", pos, n)
	}
	b := make([]byte, n)
	if got, err := f.r.ReadAt(b, pos); got < len(b) {
		return nil, volume.Malformed("tiff: byte %d: want %d bytes: %w", pos, n, err)
	}
	return b, nil
}

// value reads the bytes of an entry; none where it is absent.
func (f *File) value(fields map[int]field, tag int) ([]byte, field, error) {
	x, ok := fields[tag]
	if !ok {
		return nil, x, nil
	}
	n := x.count * kindSizes[x.kind]
	if f.budget -= n; f.budget < 0 {
		return nil, x, volume.Malformed("tiff: tags: want less than the file can hold")
	}
	if n > f.r.Size()-x.at || x.at < 0 {
		return nil, x, volume.Malformed("tiff: tag %d: want %d bytes at %d, got the end of the file", tag, n, x.at)
	}
	b, err := f.at(x.at, n)
	return b, x, err
}

// ints reads the whole numbers of an entry.
func (f *File) ints(fields map[int]field, tag int) ([]int64, error) {
	b, x, err := f.value(fields, tag)
	if err != nil || b == nil {
		return nil, err
	}
	out := make([]int64, x.count)
	for n := range out {
		switch x.kind {
		case 1, 7:
			out[n] = int64(b[n])
		case 3:
			out[n] = int64(f.order.Uint16(b[2*n:]))
		case 4, 13:
			out[n] = int64(f.order.Uint32(b[4*n:]))
		case 16, 18:
			out[n] = int64(f.order.Uint64(b[8*n:]))
		default:
			return nil, volume.Malformed("tiff: tag %d: want whole numbers, got type %d", tag, x.kind)
		}
	}
	return out, nil
}

// number is the first whole number of an entry, or one that stands for it.
func (f *File) number(fields map[int]field, tag int, absent int64) (int64, error) {
	v, err := f.ints(fields, tag)
	if err != nil || len(v) == 0 {
		return absent, err
	}
	return v[0], nil
}

// rational is the first fraction of an entry, 0 where there is none.
func (f *File) rational(fields map[int]field, tag int) float64 {
	b, x, err := f.value(fields, tag)
	if err != nil || len(b) < 8 || x.kind != 5 {
		return 0
	}
	q := float64(f.order.Uint32(b)) / float64(f.order.Uint32(b[4:]))
	if math.IsNaN(q) || math.IsInf(q, 0) {
		return 0
	}
	return q
}
