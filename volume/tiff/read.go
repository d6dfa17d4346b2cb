package tiff

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/caliper-imaging/caliper/volume"
)

// ReadHeader reads what a file says of its image, and none of its pixels; it sees that the file is long enough for them.
func ReadHeader(path string) (*Header, error) {
	f, err := Open(path, Options{})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := f.Header()
	if err != nil {
		return nil, err
	}
	return h, f.holds(h)
}

// ReadRaw reads the stored values of all pages in their own type: shape frame (where there are several), k,
// j, i, channel (where there are several). A palette becomes RGB, bits and nibbles a byte each.
func ReadRaw(path string, o Options) (*volume.Raw, error) {
	f, err := Open(path, o)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := f.Header()
	if err != nil {
		return nil, err
	}
	if err := f.holds(h); err != nil {
		return nil, err
	}
	raw := &volume.Raw{Geometry: h.Geometry, DType: h.DType, Channels: h.Channels, Shape: []int{h.Size[2], h.Size[1], h.Size[0]}}
	if h.Frames > 1 {
		raw.Shape = append([]int{h.Frames}, raw.Shape...)
	}
	if h.Channels > 1 {
		raw.Shape = append(raw.Shape, h.Channels)
	}
	raw.Bytes = make([]byte, raw.Values()*h.DType.Size())
	return raw, f.fill(context.Background(), h, raw.Bytes, 0, h.Frames)
}

// Frames reads the time points one after the other; it ends after an error. The unit is Arbitrary.
func Frames(ctx context.Context, path string, o Options) iter.Seq2[*volume.Volume, error] {
	return func(yield func(*volume.Volume, error) bool) {
		f, err := Open(path, o)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		h, err := f.Header()
		if err == nil {
			err = f.holds(h)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for t := range h.Frames {
			b := make([]byte, h.Voxels()*h.Channels*h.DType.Size())
			if err := f.fill(ctx, h, b, t, t+1); err != nil {
				yield(nil, err)
				return
			}
			if !yield(h.volume(b), nil) {
				return
			}
		}
	}
}

func (h *Header) volume(b []byte) *volume.Volume {
	values := make([]float32, h.Voxels()*h.Channels)
	volume.Samples(values, b, h.DType, false)
	v := &volume.Volume{Geometry: h.Geometry, Channels: h.Channels, Data: values}
	if h.Channels > 1 {
		n := h.Voxels()
		v.Data = make([]float32, len(values))
		for c := range h.Channels {
			for at := range n {
				v.Data[c*n+at] = values[at*h.Channels+c]
			}
		}
	}
	return v
}

// Cut says which page the file does not hold whole: it has ended too early. Nil is none.
func (f *File) Cut() error {
	for n, p := range f.Pages {
		for c := range p.offsets {
			if p.counts[c] < 0 || p.offsets[c] < 0 || p.offsets[c] > f.r.Size()-p.counts[c] {
				return volume.Malformed("tiff: page %d: chunk %d: want %d bytes at %d, got a file of %d", n, c, p.counts[c], p.offsets[c], f.r.Size())
			}
		}
	}
	return nil
}

// holds refuses a file whose chunks can't hold what its directories announce, before memory is taken.
func (f *File) holds(h *Header) error {
	packed := int64(0)
	for _, n := range h.order {
		p := f.Pages[n]
		if p.Compression == OldJPEG {
			return volume.Unsupported("tiff: compression: old-style JPEG (6) is not read")
		}
		for c := range p.offsets {
			if p.counts[c] < 0 || p.offsets[c] < 0 || p.offsets[c] > f.r.Size()-p.counts[c] {
				return volume.Malformed("tiff: page %d: chunk %d: want %d bytes at %d, got a file of %d", n, c, p.counts[c], p.offsets[c], f.r.Size())
			}
			packed += p.counts[c]
			if p.counts[c] > 0 {
				if err := p.holds(p.rows(c), p.counts[c]); err != nil {
					return fmt.Errorf("tiff: page %d: %w", n, err)
				}
			}
		}
	}
	if need := int64(h.Voxels()) * int64(h.Channels*h.Frames*h.DType.Size()); need > 1<<28 && packed < need/4096 {
		return volume.Malformed("tiff: want %d bytes of pixels, which %d can't hold", need, packed)
	}
	return nil
}

// fill writes the time points from first up to end, interleaved.
func (f *File) fill(ctx context.Context, h *Header, dst []byte, first, end int) error {
	size := h.DType.Size()
	plane := h.Size[0] * h.Size[1] * h.Channels * size
	for t := first; t < end; t++ {
		for k := range h.Size[2] {
			if err := ctx.Err(); err != nil {
				return err
			}
			slice := dst[((t-first)*h.Size[2]+k)*plane:][:plane]
			for c := range h.own {
				n := h.order[(t*h.Size[2]+k)*h.own+c]
				if err := f.page1(f.Pages[n], slice, c, h); err != nil {
					return fmt.Errorf("tiff: page %d: %w", n, err)
				}
			}
		}
	}
	return nil
}

// page1 writes the samples of a page to the pixels of a slice, from channel c on.
func (f *File) page1(p *Page, dst []byte, c int, h *Header) error {
	across, down := p.Grid()
	size, pixel := h.DType.Size(), h.Channels*h.DType.Size()
	for n := range p.offsets {
		b, err := f.ReadChunk(p, n)
		if err != nil {
			return err
		}
		if b == nil {
			continue
		}
		if p.Photometric == Palette {
			b = p.look(b, h.DType)
		}
		channel := c
		if p.Planar {
			channel += n / (across * down)
		}
		samples := p.stored()
		if p.Photometric == Palette {
			samples = 3
		}
		x0, y0 := n%across*p.ChunkWidth, n%(across*down)/across*p.ChunkHeight
		width := min(p.ChunkWidth, p.Width-x0)
		part := samples * size
		for y := range min(p.rows(n), p.Height-y0) {
			from := b[y*p.ChunkWidth*part:][:width*part]
			to := dst[((y0+y)*p.Width+x0)*pixel:]
			if part == pixel {
				copy(to, from)
				continue
			}
			for x := range width {
				copy(to[x*pixel+channel*size:], from[x*part:(x+1)*part])
			}
		}
	}
	return nil
}

// deepColours says whether a palette needs 16 bits: 8-bit ones are often written times 257 or 256.
func (p *Page) deepColours() bool {
	times257, times256 := true, true
	for _, c := range p.colours {
		times257 = times257 && c%257 == 0
		times256 = times256 && c%256 == 0
	}
	return !times257 && !times256
}

// look turns indices into colours.
func (p *Page) look(b []byte, d volume.DType) []byte {
	n := len(p.colours) / 3
	index := func(at int) int { return int(b[at]) }
	count := len(b)
	if p.Bits == 16 {
		count = len(b) / 2
		index = func(at int) int { return int(binary.LittleEndian.Uint16(b[2*at:])) }
	}
	out := make([]byte, 0, count*3*d.Size())
	for at := range count {
		for c := range 3 {
			v := p.colours[c*n+index(at)]
			if d == volume.Uint8 {
				out = append(out, uint8(v>>8))
			} else {
				out = binary.LittleEndian.AppendUint16(out, v)
			}
		}
	}
	return out
}
