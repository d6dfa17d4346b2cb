package dicom

import (
	"bytes"
	"compress/gzip"
	"math"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// private puts an element of a private block, and the block's creator, into a data set.
func putPrivate(t *testing.T, e *Elements, creator string, group uint16, block, low byte, value any) {
	t.Helper()
	if err := e.Set(tag.Tag{Group: group, Element: uint16(block)}, "LO", creator); err != nil {
		t.Fatal(err)
	}
	at := tag.Tag{Group: group, Element: uint16(block)<<8 | uint16(low)}
	row, ok := findPrivate(creator, at)
	if !ok {
		t.Fatalf("%s %v: not in the table", creator, at)
	}
	if err := e.Set(at, row.vr, value); err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, e *Elements, at tag.Tag, value any) {
	t.Helper()
	if err := e.Set(at, "", value); err != nil {
		t.Fatal(err)
	}
}

// TestGradientOfEachVendor reads one b-value and direction from where each vendor keeps them.
func TestGradientOfEachVendor(t *testing.T) {
	want := [3]float64{0.6, 0, 0.8}
	for _, c := range []struct {
		maker string
		fill  func(e *Elements)
		plane bool
	}{
		{"SIEMENS", func(e *Elements) {
			putPrivate(t, e, siemensMR, 0x0019, 0x10, 0x0c, 1000)
			putPrivate(t, e, siemensMR, 0x0019, 0x10, 0x0e, want[:])
		}, false},
		{"GE MEDICAL SYSTEMS", func(e *Elements) {
			putPrivate(t, e, geParameters, 0x0043, 0x10, 0x39, []int{1000001000, 8, 0, 0})
			for i, low := range []byte{0xbb, 0xbc, 0xbd} {
				putPrivate(t, e, geAcquisition, 0x0019, 0x10, low, want[i])
			}
		}, true},
		{"Philips Medical Systems", func(e *Elements) {
			putPrivate(t, e, philipsImaging, 0x2001, 0x10, 0x03, 1000.0)
			for i, low := range []byte{0xb0, 0xb1, 0xb2} {
				putPrivate(t, e, philipsCreator, 0x2005, 0x10, low, want[i])
			}
		}, false},
		{"UIH", func(e *Elements) {
			putPrivate(t, e, uihCreator, 0x0065, 0x10, 0x09, 1000.0)
			putPrivate(t, e, uihCreator, 0x0065, 0x10, 0x37, want[:])
		}, true},
		{"CANON", func(e *Elements) {
			set(t, e, tag.DiffusionBValue, 1000.0)
			set(t, e, tag.ImageComments, "b=1000(0,0.6,0.8)")
		}, true},
		{"Bruker", func(e *Elements) {
			set(t, e, tag.DiffusionBValue, 1000.0)
			set(t, e, tag.DiffusionGradientOrientation, want[:])
		}, false},
	} {
		var e Elements
		set(t, &e, tag.Manufacturer, c.maker)
		c.fill(&e)
		g := frameHeader{data: e}.gradient(makerOf(e))
		if !g.known || g.B != 1000 || g.InPlane != c.plane {
			t.Errorf("%s: want b = 1000, got %+v", c.maker, g)
		}
		for i := range 3 {
			if math.Abs(g.Direction[i]-want[i]) > 1e-6 {
				t.Errorf("%s: want %v, got %v", c.maker, want, g.Direction)
				break
			}
		}
	}
}

func TestImpossibleDirectionIsNone(t *testing.T) {
	// SiemensTrio Syngo 2004A writes -1.001 and less at b = 0.
	if g := (Gradient{B: 1000, Direction: [3]float64{-1.5, -1.5, -1.5}, known: true}).checked(); g.B != 0 || g.Direction != [3]float64{} {
		t.Errorf("got %+v", g)
	}
}

// TestGESliceTiming: slices 1, 3, 5 … come first; from release 27 R03 an even number of shots is kept.
func TestGESliceTiming(t *testing.T) {
	const new, old = `28\LX\MR29.1_EA_2039.g`, `27\LX\MR Software release:RX27.0_R02_1831.a`
	for _, c := range []struct {
		n, multiband int
		interleaved  bool
		software     string
		want         []float64
	}{
		{5, 1, true, old, []float64{0, 3, 1, 4, 2}},
		{5, 1, false, old, []float64{0, 1, 2, 3, 4}},
		{6, 2, false, new, []float64{0, 5. / 3, 10. / 3, 0, 5. / 3, 10. / 3}},
		{4, 2, false, old, []float64{0, 5. / 3, 10. / 3, 0}}, // two shots become three
		{4, 2, false, `25\LX\MR Software release:DV25.1_R02_1.a`, nil},
		{4, 1, false, "unknown", nil},
	} {
		got := geSliceTiming(c.n, c.multiband, 5, 0, c.interleaved, c.software)
		if len(got) != len(c.want) {
			t.Errorf("%+v: got %v", c, got)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9 {
				t.Errorf("%+v: got %v", c, got)
				break
			}
		}
	}
}

func TestGEBlock(t *testing.T) {
	var b bytes.Buffer
	b.Write([]byte{1, 2, 3, 4})
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("set SLICEORDER \"1\"\nset MBACCEL \"2\"\nset IOPT \"EPI_GRx, FMRI\"\n")); err != nil {
		t.Fatal(err)
	}
	z.Close()
	b.WriteByte(0)
	block := parseGEBlock(b.Bytes())
	if block.number("SLICEORDER") != 1 || block.number("MBACCEL") != 2 || !strings.Contains(block["IOPT"], "FMRI") {
		t.Errorf("got %v", block)
	}
	for n := range b.Len() {
		parseGEBlock(b.Bytes()[:n]) // must not fail hard
		gePolarity(b.Bytes()[:n])
	}
}

func TestGEPolarity(t *testing.T) {
	b := make([]byte, 1200)
	b[24] = 100                             // where the header starts
	copy(b[100:], []byte{0, 0, 0xd8, 0x41}) // version 27
	head := 100 + 0x4c
	b[head+0x3b] = 0x08 // echo-planar
	if got := gePolarity(b); got != 1 {
		t.Errorf("unflipped: want 1, got %d", got)
	}
	b[head+0x30] = 4
	if got := gePolarity(b); got != 0 {
		t.Errorf("flipped: want 0, got %d", got)
	}
	b[head+0x394-0x8c] = 2
	if got := gePolarity(b); got != 1 {
		t.Errorf("flipped and bottom up: want 1, got %d", got)
	}
	b[head+0x3b] = 0
	if got := gePolarity(b); got != -1 {
		t.Errorf("no EPI: want -1, got %d", got)
	}
}

func TestSliceTimesPastMidnight(t *testing.T) {
	got := pastMidnight([]float64{86399, 86399.5, 0.5, 1})
	if got[2] != 86400.5 || got[3] != 86401 {
		t.Errorf("got %v", got)
	}
}
