package dicom

import (
	"encoding/binary"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// palette holds the red, green and blue tables of PALETTE COLOR: PS3.3 C.7.6.3.1.5 and C.7.9.
type palette struct {
	first [3]int
	table [3][]uint16
	bits  [3]int
}

func (f *File) palette() (*palette, error) {
	p := &palette{}
	for c, t := range [3][3]tag.Tag{
		{tag.RedPaletteColorLookupTableDescriptor, tag.RedPaletteColorLookupTableData, tag.SegmentedRedPaletteColorLookupTableData},
		{tag.GreenPaletteColorLookupTableDescriptor, tag.GreenPaletteColorLookupTableData, tag.SegmentedGreenPaletteColorLookupTableData},
		{tag.BluePaletteColorLookupTableDescriptor, tag.BluePaletteColorLookupTableData, tag.SegmentedBluePaletteColorLookupTableData},
	} {
		d := f.Ints(t[0])
		if len(d) != 3 {
			return nil, frame.Errorf(pkg, "%v: palette descriptor: want 3 values, got %d", t[0], len(d))
		}
		entries := d[0] & 0xffff
		if entries == 0 {
			entries = 1 << 16
		}
		p.first[c], p.bits[c] = d[1], d[2]
		if p.bits[c] != 8 && p.bits[c] != 16 {
			return nil, frame.Errorf(pkg, "%v: palette descriptor: want 8 or 16 bits, got %d", t[0], p.bits[c])
		}
		data, segmented := f.Bytes(t[1]), false
		if len(data) == 0 {
			data, segmented = f.Bytes(t[2]), true
		}
		var err error
		if segmented {
			p.table[c], err = expandSegments(data, entries, p.bits[c])
		} else {
			p.table[c], err = lutWords(data, entries, p.bits[c])
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// expandSegments unrolls a segmented palette (PS3.3 C.7.9.2): discrete, linear and indirect segments.
func expandSegments(data []byte, entries, bits int) ([]uint16, error) {
	size := bits / 8
	word := func(i int) uint16 {
		if size == 1 {
			return uint16(data[i])
		}
		return binary.LittleEndian.Uint16(data[2*i:])
	}
	words := len(data) / size
	short := func() ([]uint16, error) {
		return nil, frame.Truncatedf(pkg, "segmented palette: want %d entries, got the end of its data", entries)
	}
	var out []uint16
	var run func(at, segments, depth int) (int, bool)
	run = func(at, segments, depth int) (int, bool) {
		for n := 0; at < words && len(out) < entries && (segments < 0 || n < segments); n++ {
			if at+2 > words {
				return at, false
			}
			op, length := word(at), int(word(at+1))
			at += 2
			switch {
			case op == 0:
				if at+length > words {
					return at, false
				}
				for i := range length {
					out = append(out, word(at+i))
				}
				at += length
			case op == 1:
				if at >= words || len(out) == 0 {
					return at, false
				}
				from, to := float64(out[len(out)-1]), float64(word(at))
				at++
				for i := 1; i <= length; i++ {
					out = append(out, uint16(from+(to-from)*float64(i)/float64(length)+0.5))
				}
			case op == 2 && depth == 0:
				parts := 2 // the offset is 32 bits in bytes or words of this table
				if size == 1 {
					parts = 4
				}
				if at+parts > words {
					return at, false
				}
				offset := 0
				for i := range parts {
					offset |= int(word(at+i)) << (8 * size * i)
				}
				at += parts
				if offset/size >= words {
					return at, false
				}
				if _, ok := run(offset/size, length, 1); !ok {
					return at, false
				}
			default:
				return at, false
			}
		}
		return at, true
	}
	if _, ok := run(0, -1, 0); !ok || len(out) < entries {
		return short()
	}
	return out[:entries], nil
}

// rgb writes the colour of decoded indices into three planes of dst, as the tables give it.
func (p *palette) rgb(dst [3][]float32, raw []byte, info frame.Info) {
	for c := range 3 {
		t, first := p.table[c], p.first[c]
		for i := range dst[c] {
			dst[c][i] = float32(t[max(0, min(sample(raw, i, info)-first, len(t)-1))])
		}
	}
}

// toRGB converts decoded samples of a colour image into three planes. YBR_FULL and YBR_FULL_422 are
// BT.601 full range, YBR_PARTIAL_420 and _422 studio range (PS3.3 C.7.6.3.1.2); the colours of JPEG 2000
// and RGB pass.
func toRGB(dst [3][]float32, raw []byte, info frame.Info) {
	top := float32(uint64(1)<<info.BitsStored - 1)
	half := float32(uint64(1) << (info.BitsStored - 1))
	clip := func(v float32) float32 { return max(0, min(top, float32(int64(v+0.5)))) }
	for i := range dst[0] {
		a, b, c := float32(sample(raw, 3*i, info)), float32(sample(raw, 3*i+1, info)), float32(sample(raw, 3*i+2, info))
		switch info.Photometric {
		case "YBR_FULL", "YBR_FULL_422":
			b, c = b-half, c-half
			a, b, c = clip(a+1.402*c), clip(a-0.344136*b-0.714136*c), clip(a+1.772*b)
		case "YBR_PARTIAL_422", "YBR_PARTIAL_420":
			a, b, c = 1.164384*(a-top/16), b-half, c-half
			a, b, c = clip(a+1.596027*c), clip(a-0.391762*b-0.812968*c), clip(a+2.017232*b)
		}
		dst[0][i], dst[1][i], dst[2][i] = a, b, c
	}
}
