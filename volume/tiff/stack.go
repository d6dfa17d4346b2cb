package tiff

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// Header is what a file says of the image that its pages make up.
type Header struct {
	volume.Geometry
	Frames, Channels int
	DType            volume.DType
	SpacingKnown     bool // ImageJ or OME say it; else pixels are taken as 1 mm apart
	Tiled            bool
	Notes            []Note

	order []int // the pages, by channel where each has its own, then slice, then frame
	own   int   // channels that have a page each, 1 where the samples of a pixel lie together
}

// Note is something odd that a reader of the image should know; Code is lower-kebab.
type Note struct{ Code, Text string }

// Header finds out how the pages make up an image: those like the first are slices, or what ImageJ or OME say.
func (f *File) Header() (*Header, error) {
	first := f.Pages[0]
	h := &Header{Frames: 1, Channels: first.Samples, DType: first.DType, Tiled: first.Tiled, own: 1}
	if first.Photometric == Palette {
		h.Channels, h.DType = 3, volume.Uint8
		if first.deepColours() {
			h.DType = volume.Uint16
		}
	}
	left := 0
	for n, p := range f.Pages {
		switch {
		case p.like(first):
			h.order = append(h.order, n)
		case !p.Reduced && !p.Mask && !p.Sub:
			left++
		}
	}
	if left > 0 {
		h.Notes = append(h.Notes, Note{"tiff-pages-left-out", strconv.Itoa(left) + " pages of another size or kind than the first are left out"})
	}
	if first.Photometric == WhiteIsZero {
		h.Notes = append(h.Notes, Note{"tiff-white-is-zero", "the smallest value stands for white; values are as stored"})
	}
	h.Geometry = volume.Identity([3]int{first.Width, first.Height, len(h.order)}, [3]float64{1, 1, 1})
	switch {
	case strings.HasPrefix(first.Description, "ImageJ="):
		h.imageJ(f)
	case strings.Contains(first.Description, "<OME"):
		h.ome(first.Description)
	}
	if h.Voxels() > volume.MaxVoxels/h.Channels || h.Geometry.Validate() != nil {
		return nil, volume.Malformed("tiff: want at most %d values and a grid that is valid, got size %v", volume.MaxVoxels, h.Size)
	}
	return h, nil
}

// like says whether two pages can be slices of one image.
func (p *Page) like(q *Page) bool {
	return p.Width == q.Width && p.Height == q.Height && p.Samples == q.Samples && p.DType == q.DType && p.Photometric == q.Photometric && p.Sub == q.Sub && p.Reduced == q.Reduced && !p.Mask
}

// dims shares the pages out among channels, slices and frames; false where they don't come out even.
func (h *Header) dims(channels, slices, frames int) bool {
	n := len(h.order)
	if channels < 1 || slices < 1 || frames < 1 || channels > n || slices > n || frames > n || channels*slices*frames != n || channels > 1 && h.Channels > 1 {
		return false
	}
	h.Size[2], h.Frames = slices, frames
	if channels > 1 {
		h.Channels, h.own = channels, channels
	}
	return true
}

// imageJ reads the lines of key=value that ImageJ puts into the description of the first page. Its pages
// count channels first, then slices, then frames; of a stack in one block only the first has a directory.
func (h *Header) imageJ(f *File) {
	said := map[string]string{}
	first := f.Pages[0]
	for _, line := range strings.Split(first.Description, "\n") {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			said[key] = value
		}
	}
	count := func(key string) int {
		n, err := strconv.Atoi(said[key])
		if err != nil {
			return 1
		}
		return n
	}
	if images := count("images"); images > 1 && len(f.Pages) == 1 && first.Compression == None && len(first.offsets) == 1 {
		f.block(images)
		h.order = h.order[:0]
		for n := range f.Pages {
			h.order = append(h.order, n)
		}
		h.Size[2] = len(h.order)
	}
	if !h.dims(count("channels"), count("slices"), count("frames")) && count("images") > 1 {
		h.Notes = append(h.Notes, Note{"tiff-hyperstack", "the pages are not as many as ImageJ's description says; they are taken as slices"})
	}
	unit, ok := lengthMM(said["unit"])
	if !ok || first.XRes <= 0 || first.YRes <= 0 {
		return
	}
	h.SpacingKnown = true
	h.Spacing = [3]float64{unit / first.XRes, unit / first.YRes, unit / first.XRes}
	if z, err := strconv.ParseFloat(said["spacing"], 64); err == nil && z != 0 && z-z == 0 {
		h.Spacing[2] = max(z, -z) * unit
	}
}

// block gives each image of a block that follows the first page a page of its own.
func (f *File) block(images int) {
	first := f.Pages[0]
	size := int64(first.rowBytes()) * int64(first.Height)
	if first.Planar || first.ChunkHeight < first.Height || images > maxPages || size < 1 || int64(images) > (f.r.Size()-first.offsets[0])/size {
		return
	}
	for n := 1; n < images; n++ {
		p := *first
		p.offsets = []int64{first.offsets[0] + int64(n)*size}
		p.counts = []int64{size}
		f.Pages = append(f.Pages, &p)
	}
}

// lengthMM is a unit of length in mm.
func lengthMM(unit string) (float64, bool) {
	switch strings.ReplaceAll(strings.Trim(strings.TrimSpace(unit), "\x00"), "\\u00B5", "µ") {
	case "mm", "millimeter":
		return 1, true
	case "cm", "centimeter":
		return 10, true
	case "m", "meter":
		return 1000, true
	case "um", "µm", "μm", "micron", "microns":
		return 1e-3, true
	case "nm":
		return 1e-6, true
	case "inch":
		return 25.4, true
	}
	return 0, false
}

// ome reads what OME-XML (2016-06) says of its first image.
func (h *Header) ome(text string) {
	if said := pixelsOf(text); said != nil {
		h.pixels(said)
	}
}

// pixelsOf gives the attributes of the first element Pixels of OME-XML.
func pixelsOf(text string) map[string]string {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return nil
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "Pixels" {
			continue
		}
		said := map[string]string{}
		for _, a := range e.Attr {
			said[a.Name.Local] = a.Value
		}
		return said
	}
}

// OMESpacing is the distance of pixels in mm by the OME-XML of a description; ok is false where it says none.
func OMESpacing(description string) (x, y float64, ok bool) {
	if !strings.Contains(description, "<OME") {
		return 0, 0, false
	}
	spacing, known := physical(pixelsOf(description))
	return spacing[0], spacing[1], known
}

// pixels takes the attributes of the element Pixels.
func (h *Header) pixels(said map[string]string) {
	count := func(key string) int {
		n, err := strconv.Atoi(said[key])
		if err != nil {
			return 1
		}
		return n
	}
	channels := count("SizeC")
	if h.Channels > 1 { // the samples of a pixel are channels
		channels = 1
	}
	pages := append([]int(nil), h.order...)
	if h.dims(channels, count("SizeZ"), count("SizeT")) {
		h.reorder(pages, said["DimensionOrder"], map[byte]int{'C': channels, 'Z': count("SizeZ"), 'T': count("SizeT")})
	} else if len(pages) > 1 {
		h.Notes = append(h.Notes, Note{"tiff-ome", "the pages are not as many as the OME description says; they are taken as slices"})
	}
	if spacing, known := physical(said); known {
		h.Spacing, h.SpacingKnown = spacing, true
	}
}

// physical reads the physical sizes of OME; the one across pages may be missing.
func physical(said map[string]string) (spacing [3]float64, known bool) {
	known = true
	for n, axis := range []string{"X", "Y", "Z"} {
		unit, ok := said["PhysicalSize"+axis+"Unit"]
		if !ok {
			unit = "µm"
		}
		factor, isLength := lengthMM(unit)
		x, err := strconv.ParseFloat(said["PhysicalSize"+axis], 64)
		if err != nil || !isLength || !(x > 0) || x-x != 0 {
			known = known && n == 2
			x, factor = 1, 1
		}
		spacing[n] = x * factor
	}
	return spacing, known
}

// reorder sorts pages that OME lists in an order such as XYZCT into channel, slice, frame.
func (h *Header) reorder(pages []int, order string, size map[byte]int) {
	if len(order) != 5 || strings.Trim(order[2:], "CZT") != "" {
		return
	}
	step := map[byte]int{}
	at := 1
	for _, axis := range []byte(order[2:]) {
		if step[axis] != 0 {
			return
		}
		step[axis] = at
		at *= size[axis]
	}
	h.order = h.order[:0]
	for t := range size['T'] {
		for z := range size['Z'] {
			for c := range size['C'] {
				h.order = append(h.order, pages[t*step['T']+z*step['Z']+c*step['C']])
			}
		}
	}
}
