package jpeg2000

import (
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/internal/golden"
)

var (
	peerRGB  = frame.Info{Rows: 43, Columns: 59, Samples: 3, BitsAllocated: 8, BitsStored: 8, HighBit: 7}
	peerGrey = frame.Info{Rows: 43, Columns: 59, Samples: 1, BitsAllocated: 16, BitsStored: 12, HighBit: 11}
)

// peers lists the streams opj_* of testdata/SOURCE.txt: what they have, and how far samples may be off what OpenJPEG decodes;
// −1 where they are the formula.
var peers = []struct {
	name string
	info frame.Info
	most int
}{
	{"tiles", peerRGB, -1},       // off the origin, as the picture is
	{"layers", peerGrey, -1},     // RLCP
	{"precincts", peerRGB, -1},   // RPCL, SOP and EPH
	{"pcrl", peerGrey, -1},       // two layers
	{"cprl", peerRGB, -1},        // a tile-part for each component
	{"poc", peerGrey, 0},         // progressions that change
	{"bypass", peerGrey, -1},     // and code-blocks of 16 × 32
	{"terminated", peerGrey, -1}, // all six code-block styles
	{"causal", peerGrey, -1},     // and contexts that are reset
	{"region", peerGrey, -1},     // all shifted up
	{"lossy", peerRGB, 1},
	{"lossylayers", peerGrey, 1}, // and tiles
}

func TestPeers(t *testing.T) {
	for _, p := range peers {
		dst := make([]byte, p.info.Size())
		if err := Decode(dst, testdata(t, "opj_"+p.name+".j2c"), p.info); err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		want := make([]byte, len(dst))
		if p.most >= 0 {
			want = testdata(t, "opj_"+p.name+".raw")
		}
		value := func(b []byte, i int) int {
			if p.info.Samples == 3 {
				return int(b[i])
			}
			return int(b[2*i]) | int(b[2*i+1])<<8
		}
		for i := range p.info.Pixels() * p.info.Samples {
			v := value(want, i)
			if at := i / p.info.Samples; p.most < 0 {
				x, y := at%p.info.Columns, at/p.info.Columns
				v = (x*x/3 + 7*y) * 13 % 4096
				if p.info.Samples == 3 {
					v = 28 + (x*x/3+7*y+50*(i%3))%200
				}
			}
			if d := value(dst, i) - v; max(d, -d) > max(p.most, 0) {
				t.Errorf("%s: sample %d: want %d, got %d", p.name, i, v, value(dst, i))
				break
			}
		}
	}
}

func TestPeersDamage(t *testing.T) {
	for i, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			if i%4 != 0 {
				golden.Long(t)
			}
			codectest.Damage(t, Decode, testdata(t, "opj_"+p.name+".j2c"), p.info)
		})
	}
}

func FuzzPeers(f *testing.F) {
	var seeds [][]byte
	for _, p := range peers {
		if p.info.Samples == 1 {
			seeds = append(seeds, testdata(f, "opj_"+p.name+".j2c"))
		}
	}
	codectest.Fuzz(f, Decode, peerGrey, seeds...)
}
