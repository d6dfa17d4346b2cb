package tiff

import (
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// Page is one image of a file.
type Page struct {
	Width, Height int
	Bits          int // of a sample as it is stored
	Samples       int
	DType         volume.DType
	Compression   Compression
	Photometric   Photometric
	Planar        bool // each sample in strips or tiles of its own
	Tiled         bool
	ChunkWidth    int // of a tile; the width for strips
	ChunkHeight   int // of a tile, or the rows of a strip
	Predictor     int
	Reduced       bool // a smaller version of another page
	Mask          bool // a mask of another page
	Sub           bool // it lies below another page
	Description   string
	Software      string
	XRes, YRes    float64 // pixels per ResUnit; 0 where not said
	ResUnit       int     // 1 none, 2 inch, 3 cm

	colours         []uint16
	tables          []byte
	offsets, counts []int64
	reversed        bool // bits of a byte from the lowest
}

// page settles a page by its entries.
func (f *File) page(fields map[int]field) (*Page, error) {
	p := &Page{}
	var wrong error
	num := func(tag int, absent int64) int64 {
		v, err := f.number(fields, tag, absent)
		if err != nil && wrong == nil {
			wrong = err
		}
		return v
	}
	width, height := num(tagWidth, 0), num(tagHeight, 0)
	samples := num(tagSamples, 1)
	subfile := num(tagSubfileType, 0)
	p.Compression, p.Photometric = Compression(num(tagCompression, 1)), Photometric(num(tagPhotometric, 1))
	p.Planar = num(tagPlanar, 1) == 2 && samples > 1
	p.Predictor, p.ResUnit = int(num(tagPredictor, 1)), int(num(tagResolutionUnit, 2))
	p.Reduced, p.Mask = subfile&1 != 0, subfile&4 != 0
	p.reversed = num(tagFillOrder, 1) == 2
	if wrong != nil {
		return nil, wrong
	}
	if width < 1 || height < 1 || width > 1<<31 || height > 1<<31 || samples < 1 || samples > 1<<12 || width > maxPixels/height || width*height > maxPixels/samples {
		return nil, volume.Malformed("tiff: page: want at least one pixel and at most %d samples, got %d x %d of %d", int64(maxPixels), width, height, samples)
	}
	p.Width, p.Height, p.Samples = int(width), int(height), int(samples)
	if err := f.samples(p, fields); err != nil {
		return nil, err
	}
	if err := f.chunks(p, fields); err != nil {
		return nil, err
	}
	for _, s := range []struct {
		tag int
		put *string
	}{{tagDescription, &p.Description}, {tagSoftware, &p.Software}} {
		b, _, err := f.value(fields, s.tag)
		if err != nil {
			return nil, err
		}
		*s.put = strings.TrimRight(string(b), "\x00")
	}
	p.XRes, p.YRes = f.rational(fields, tagXResolution), f.rational(fields, tagYResolution)
	var err error
	if p.Photometric == Palette {
		colours, err := f.ints(fields, tagColorMap)
		if err != nil {
			return nil, err
		}
		if p.Samples != 1 || p.Bits > 16 || len(colours) != 3<<p.Bits {
			return nil, volume.Malformed("tiff: ColorMap: want %d values for one sample, got %d for %d", 3<<min(p.Bits, 16), len(colours), p.Samples)
		}
		for _, c := range colours {
			p.colours = append(p.colours, uint16(c))
		}
	}
	p.tables, _, err = f.value(fields, tagJPEGTables)
	return p, err
}

// samples settles how samples are stored.
func (f *File) samples(p *Page, fields map[int]field) error {
	bits, err := f.ints(fields, tagBits)
	if err != nil {
		return err
	}
	if len(bits) == 0 {
		bits = []int64{1}
	}
	formats, err := f.ints(fields, tagSampleFormat)
	if err != nil {
		return err
	}
	if len(formats) == 0 {
		formats = []int64{1}
	}
	for _, list := range [][]int64{bits, formats} {
		if slices.Min(list) != slices.Max(list) {
			return volume.Unsupported("tiff: samples: want all of one type, got %v", list)
		}
	}
	p.Bits = int(bits[0])
	types := map[[2]int64]volume.DType{{1, 1}: volume.Uint8, {1, 2}: volume.Uint8, {1, 4}: volume.Uint8, {1, 8}: volume.Uint8, {1, 16}: volume.Uint16, {1, 32}: volume.Uint32, {1, 64}: volume.Uint64,
		{2, 8}: volume.Int8, {2, 16}: volume.Int16, {2, 32}: volume.Int32, {2, 64}: volume.Int64, {3, 32}: volume.Float32, {3, 64}: volume.Float64}
	format := formats[0]
	if format == 4 {
		format = 1
	}
	var ok bool
	if p.DType, ok = types[[2]int64{format, bits[0]}]; !ok {
		return volume.Unsupported("tiff: samples: want integers of 1, 2, 4, 8, 16, 32 or 64 bits, or floats of 32 or 64, got %d bits of format %d", bits[0], formats[0])
	}
	return nil
}

// chunks settles where strips or tiles lie.
func (f *File) chunks(p *Page, fields map[int]field) (err error) {
	offsets, counts := tagStripOffsets, tagStripCounts
	_, p.Tiled = fields[tagTileOffsets]
	if !p.Tiled {
		_, p.Tiled = fields[tagTileWidth]
	}
	var w, h int64
	if p.Tiled {
		offsets, counts = tagTileOffsets, tagTileCounts
		if w, err = f.number(fields, tagTileWidth, 0); err != nil {
			return err
		}
		if h, err = f.number(fields, tagTileHeight, 0); err != nil {
			return err
		}
	} else {
		w = int64(p.Width)
		if h, err = f.number(fields, tagRowsPerStrip, int64(p.Height)); err != nil {
			return err
		}
		h = min(h, int64(p.Height))
	}
	if w < 1 || h < 1 || w > 1<<24 || h > 1<<24 {
		return volume.Malformed("tiff: chunks: want at least one pixel, got %d x %d", w, h)
	}
	p.ChunkWidth, p.ChunkHeight = int(w), int(h)
	if p.chunkBytes() > maxChunk {
		return volume.Unsupported("tiff: chunks: want at most %d bytes in one, got %d x %d pixels", maxChunk, w, h)
	}
	if p.offsets, err = f.ints(fields, offsets); err != nil {
		return err
	}
	if p.counts, err = f.ints(fields, counts); err != nil {
		return err
	}
	across, down := p.Grid()
	need := int64(across) * int64(down)
	if p.Planar {
		need *= int64(p.Samples)
	}
	if int64(len(p.offsets)) != need {
		return volume.Malformed("tiff: chunks: want %d places, got %d", need, len(p.offsets))
	}
	if p.counts == nil && p.Compression == None { // old files leave them out
		for n := range p.offsets {
			p.counts = append(p.counts, int64(p.rowBytes()*p.rows(n)))
		}
	}
	if len(p.counts) != len(p.offsets) {
		return volume.Malformed("tiff: chunks: want %d lengths, got %d", len(p.offsets), len(p.counts))
	}
	return nil
}

// Grid is the number of chunks in a row and of rows of chunks.
func (p *Page) Grid() (across, down int) {
	return (p.Width + p.ChunkWidth - 1) / p.ChunkWidth, (p.Height + p.ChunkHeight - 1) / p.ChunkHeight
}

// stored is the number of samples of a pixel that lie together.
func (p *Page) stored() int {
	if p.Planar {
		return 1
	}
	return p.Samples
}

// rowBytes is the length of a row of a chunk as it is stored, unpacked.
func (p *Page) rowBytes() int { return (p.ChunkWidth*p.stored()*p.Bits + 7) / 8 }

func (p *Page) chunkBytes() int64 {
	return (int64(p.ChunkWidth)*int64(p.stored())*int64(max(p.Bits, 8)) + 7) / 8 * int64(p.ChunkHeight)
}

// rows is the number of rows of chunk n: the last strip may be shorter.
func (p *Page) rows(n int) int {
	if p.Tiled {
		return p.ChunkHeight
	}
	across, down := p.Grid()
	at := n % (across * down) / across
	return min(p.ChunkHeight, p.Height-at*p.ChunkHeight)
}
