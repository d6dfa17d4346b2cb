package dicom

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// fragment is one item of encapsulated pixel data: PS3.5 annex A.4.
type fragment struct {
	start  int64 // of its item tag
	value  int64
	length int64
}

// fragmentIndex says which fragments make up each frame.
type fragmentIndex struct {
	fragments []fragment
	frames    [][2]int // first fragment, and the one behind the last
	truncated error    // why the index ends early, or nil
	cut       bool     // it ends within a fragment
}

// indexFragments walks the items and shares them out among the frames: by the Extended or Basic
// Offset Table where it fits the items, else one fragment a frame, else by the start of each stream.
func indexFragments(src *source, f *File, frames int) (*fragmentIndex, error) {
	x := &fragmentIndex{}
	pos := f.pixel.value
	table, next, err := itemAt(src, pos)
	if err != nil {
		return nil, err
	}
	pos = next
	base := pos
	for {
		item, next, err := itemAt(src, pos)
		if err != nil {
			x.truncated, x.cut = err, item.length > 0
			break
		}
		if item.length < 0 {
			break
		}
		x.fragments = append(x.fragments, item)
		pos = next
	}
	if len(x.fragments) == 0 {
		if x.truncated != nil {
			return nil, x.truncated
		}
		return nil, frame.Errorf(pkg, "pixel data: want fragments, got none")
	}
	if x.byTable(extendedOffsets(f), base, frames) || x.byTable(basicOffsets(src, table), base, frames) {
		return x, nil
	}
	return x, x.byContent(src, frames)
}

// itemAt reads the item at pos; its length is -1 for the delimiter.
func itemAt(src *source, pos int64) (fragment, int64, error) {
	b, err := src.view(pos, 8)
	if err != nil {
		return fragment{}, pos, err
	}
	t := tag.Tag{Group: binary.LittleEndian.Uint16(b), Element: binary.LittleEndian.Uint16(b[2:])}
	length := binary.LittleEndian.Uint32(b[4:])
	if t == sequenceEnd {
		return fragment{start: pos, length: -1}, pos + 8, nil
	}
	if t != itemTag || length == undefined {
		return fragment{}, pos, frame.Errorf(pkg, "pixel data: byte %d: want a fragment, got %v", pos, t)
	}
	if err := src.has(pos+8, int64(length)); err != nil {
		return fragment{start: pos, length: int64(length)}, pos, err
	}
	return fragment{start: pos, value: pos + 8, length: int64(length)}, pos + 8 + int64(length), nil
}

func basicOffsets(src *source, table fragment) []int64 {
	if table.length < 4 {
		return nil
	}
	b, err := src.read(table.value, int(table.length))
	if err != nil {
		return nil
	}
	out := make([]int64, len(b)/4)
	for i := range out {
		out[i] = int64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func extendedOffsets(f *File) []int64 {
	b := f.Bytes(tag.ExtendedOffsetTable)
	out := make([]int64, 0, len(b)/8)
	for i := 0; i+8 <= len(b); i += 8 {
		out = append(out, int64(binary.LittleEndian.Uint64(b[i:])))
	}
	return out
}

// byTable uses an offset table; false where it does not have one offset a frame, ascending, each at
// the start of an item.
func (x *fragmentIndex) byTable(offsets []int64, base int64, frames int) bool {
	if len(offsets) != frames || frames < 1 || offsets[0] != 0 {
		return false
	}
	starts := make([]int, 0, frames)
	at := 0
	for _, off := range offsets {
		for at < len(x.fragments) && x.fragments[at].start < base+off {
			at++
		}
		if at == len(x.fragments) {
			if x.truncated != nil {
				break // frames that the file no longer holds
			}
			return false
		}
		if x.fragments[at].start != base+off || len(starts) > 0 && starts[len(starts)-1] == at {
			return false
		}
		starts = append(starts, at)
	}
	x.fromStarts(starts)
	return true
}

func (x *fragmentIndex) fromStarts(starts []int) {
	for i, s := range starts {
		end := len(x.fragments)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		x.frames = append(x.frames, [2]int{s, end})
	}
}

// byContent shares fragments out without a table. Streams beyond NumberOfFrames are frames too.
func (x *fragmentIndex) byContent(src *source, frames int) error {
	switch {
	case frames == 1:
		x.frames = [][2]int{{0, len(x.fragments)}}
		return nil
	case len(x.fragments) <= frames:
		for i := range x.fragments {
			x.frames = append(x.frames, [2]int{i, i + 1})
		}
		return nil
	}
	var starts []int
	for i, frag := range x.fragments {
		if frag.length < 4 {
			continue
		}
		b, err := src.view(frag.value, 4)
		if err != nil {
			return err
		}
		if i == 0 || startsStream(b) {
			starts = append(starts, i)
		}
	}
	if len(starts) < frames {
		return frame.Errorf(pkg, "pixel data: want an offset table that shares %d fragments out among %d frames, got none that fits", len(x.fragments), frames)
	}
	x.fromStarts(starts)
	return nil
}

// startsStream knows the start of a JPEG, JPEG-LS, JPEG 2000 or JPEG XL stream.
func startsStream(b []byte) bool {
	return b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff || // SOI
		b[0] == 0xff && b[1] == 0x4f && b[2] == 0xff && b[3] == 0x51 || // SOC SIZ
		b[0] == 0 && b[1] == 0 && b[2] == 0 && b[3] == 0x0c || // JP2 box
		b[0] == 0xff && b[1] == 0x0a
}

// decodeFragments joins the fragments of frame n and decodes them.
func (p *pixelReader) decodeFragments(n int, dst []byte) error {
	src, err := p.encoded(n)
	if err != nil {
		return err
	}
	info := p.info
	info.BigEndian = false
	if p.frames == 1 && len(dst) >= 1<<20 { // else frames or files are what goes in parallel
		info.Workers = runtime.GOMAXPROCS(0)
	}
	return p.codecFor(src).Decode(dst, src, info)
}

// photometric is what a frame's colours are: as its stream says where it is a JPEG, else as the data
// set says.
func (p *pixelReader) photometric(n int) string {
	said := p.info.Photometric
	if p.index == nil || p.info.Samples != 3 || n >= len(p.index.frames) {
		return said
	}
	part := p.index.fragments[p.index.frames[n][0]]
	head, err := p.src.read(part.value, int(min(part.length, 4096)))
	if err != nil {
		return said
	}
	switch claimed := codec.Colour(head); {
	case claimed == "RGB":
		return "RGB"
	case claimed != "" && !strings.HasPrefix(said, "YBR"):
		return claimed
	}
	return said
}

// codecFor is the codec of the transfer syntax, or, where a JPEG stream is of another family than
// that names, the one that the stream names.
func (p *pixelReader) codecFor(src []byte) codec.Codec {
	if p.codec.UID == Encapsulated || p.codec.UID == DeflatedFrames {
		return p.codec
	}
	families := [][]string{{"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.55"}, {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"},
		{"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}, {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}}
	uid := codec.Sniff(src)
	for _, family := range families {
		if slices.Contains(family, uid) && !slices.Contains(family, p.codec.UID) {
			if c, ok := codec.Find(uid); ok && c.Decode != nil {
				return c
			}
		}
	}
	return p.codec
}

// encoded gives the stream of frame n.
func (p *pixelReader) encoded(n int) ([]byte, error) {
	if n >= len(p.index.frames) {
		if p.index.truncated != nil {
			return nil, p.index.truncated
		}
		return nil, frame.Truncatedf(pkg, "pixel data: want %d frames, got %d", p.frames, len(p.index.frames))
	}
	span := p.index.frames[n]
	parts := p.index.fragments[span[0]:span[1]]
	if p.index.cut && span[1] == len(p.index.fragments) && n == p.frames-1 {
		return nil, p.index.truncated
	}
	total := 0
	for _, part := range parts {
		total += int(part.length)
	}
	out := make([]byte, 0, total)
	for _, part := range parts {
		b, err := p.src.read(part.value, int(part.length))
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return out, nil
}
