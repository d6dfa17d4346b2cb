package jpeg2000

import (
	"os"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/codectest"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// highThroughput lists the streams of testdata/SOURCE.txt.
var highThroughput = map[string]frame.Info{
	"ht_blocks":     {Rows: 43, Columns: 59, Samples: 1, BitsAllocated: 16, BitsStored: 12},
	"ht_tiles":      {Rows: 37, Columns: 53, Samples: 3, BitsAllocated: 8, BitsStored: 8},
	"ht_lossy":      {Rows: 37, Columns: 53, Samples: 3, BitsAllocated: 8, BitsStored: 8},
	"ht_refined":    {Rows: 37, Columns: 51, Samples: 1, BitsAllocated: 16, BitsStored: 16, Signed: true},
	"ht_causal":     {Rows: 22, Columns: 30, Samples: 1, BitsAllocated: 16, BitsStored: 16, Signed: true},
	"ht_propagated": {Rows: 23, Columns: 18, Samples: 1, BitsAllocated: 16, BitsStored: 16, Signed: true},
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHighThroughput decodes what OpenJPH does: equal, and within 1 where the transform is not reversible.
func TestHighThroughput(t *testing.T) {
	for name, info := range highThroughput {
		dst, want := make([]byte, info.Size()), testdata(t, name+".raw")
		if err := Decode(dst, testdata(t, name+".j2c"), info); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		most := 0
		if name == "ht_lossy" {
			most = 1
		}
		for i := range want {
			if d := int(dst[i]) - int(want[i]); max(d, -d) > most {
				t.Errorf("%s: byte %d: want %d, got %d", name, i, want[i], dst[i])
				break
			}
		}
	}
}

// TestHighThroughputDrawing holds the streams without loss to the formulas they were drawn by.
func TestHighThroughputDrawing(t *testing.T) {
	for _, name := range []string{"ht_refined", "ht_causal"} {
		info := highThroughput[name]
		dst := make([]byte, info.Size())
		if err := Decode(dst, testdata(t, name+".j2c"), info); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range info.Pixels() {
			x, y := i%info.Columns, i/info.Columns
			want := (37*x+101*y)%7 - 3
			if x > info.Columns/3 {
				want += (7*x*x+11*y*y+3*x*y)%801 - 400
			}
			if got := int(int16(uint16(dst[2*i]) | uint16(dst[2*i+1])<<8)); got != want {
				t.Fatalf("%s: %d %d: want %d, got %d", name, x, y, want, got)
			}
		}
	}
}

func TestHighThroughputDamage(t *testing.T) {
	for name, info := range highThroughput {
		codectest.Damage(t, Decode, testdata(t, name+".j2c"), info)
	}
}

func FuzzHighThroughput(f *testing.F) {
	codectest.Fuzz(f, Decode, highThroughput["ht_causal"], testdata(f, "ht_causal.j2c"), testdata(f, "ht_refined.j2c"), testdata(f, "ht_propagated.j2c"))
}

// TestHighThroughputCodes holds the code tables to being complete and uniquely decodable: in every context
// the codewords fill all 128 places, none twice, and each says what its context can hold.
func TestHighThroughputCodes(t *testing.T) {
	for name, rows := range map[string][]uint32{"first": htFirstRows[:], "other": htOtherRows[:]} {
		var filled [8][128]int
		for _, r := range rows {
			n, code, rho, offset := r&15, r>>4&255, r>>24&15, r>>20&1
			known, one := r>>16&15, r>>12&15
			if n < 1 || n > 7 || code>>n != 0 || offset == 0 && known|one != 0 || known&^rho != 0 || one&^known != 0 {
				t.Errorf("%s: want a code of 1 to 7 bits for known bits within the quad, got %08x", name, r)
			}
			for i := code; i < 128; i += 1 << n {
				filled[r>>28][i]++
			}
		}
		for c := range filled {
			for i, times := range filled[c] {
				if times != 1 {
					t.Errorf("%s: context %d: bits %07b: want one codeword, got %d", name, c, i, times)
				}
			}
		}
	}
}
