package voxelfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/volume"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		text string
		d    volume.DType
		want []byte
	}{
		{"1 -2\n\t3", volume.Int8, []byte{1, 0xfe, 3}},
		{"65535,258", volume.Uint16, []byte{0xff, 0xff, 2, 1}},
		{"-1", volume.Int64, bytes.Repeat([]byte{0xff}, 8)},
		{"1.5", volume.Float32, binary.LittleEndian.AppendUint32(nil, math.Float32bits(1.5))},
		{"nan", volume.Float64, binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN()))},
	} {
		r, err := Numbers(c.d)(strings.NewReader(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%q as %s: want %v, got %v, %v", c.text, c.d, c.want, got, err)
		}
	}
	for _, c := range []struct {
		text string
		d    volume.DType
	}{{"256", volume.Uint8}, {"-1", volume.Uint16}, {"1.5", volume.Int16}, {"one", volume.Float32}, {strings.Repeat("1", 100), volume.Float64}} {
		r, _ := Numbers(c.d)(strings.NewReader(c.text))
		if got, err := io.ReadAll(r); err == nil {
			t.Errorf("%.20q as %s: want an error, got %v", c.text, c.d, got)
		}
	}
}

func TestNames(t *testing.T) {
	got, err := Names("a%02d.raw", []string{"9", "11", "1"})
	if err != nil || strings.Join(got, " ") != "a09.raw a10.raw a11.raw" {
		t.Errorf("want three names, got %v, %v", got, err)
	}
	for _, c := range [][]string{{"a%d", "1", "2", "0"}, {"a%d", "1", "1000000000", "1"}, {"a%s", "1", "2", "1"}, {"a%d%d", "1", "2", "1"}, {"a", "1", "2", "1"}, {"a%99999d", "1", "2", "1"}, {"a%d", "2", "1", "1"}} {
		if got, err := Names(c[0], c[1:]); err == nil {
			t.Errorf("%v: want an error, got %v", c, got)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("1 2 3", "int16")
	f.Add("0aFf 10", "hex")
	f.Fuzz(func(t *testing.T, text, kind string) {
		unpack := Hex
		if d := volume.DType(kind); d.Size() > 0 {
			unpack = Numbers(d)
		}
		r, err := unpack(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if len(got) > 8*(len(text)+1) {
			t.Errorf("want at most 8 bytes a letter, got %d of %d (%v)", len(got), len(text), err)
		}
	})
}
