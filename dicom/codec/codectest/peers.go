package codectest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Peers decodes the streams of testdata/peers.json, which others have made, and compares with the sums of what
// others have decoded; each stream is then damaged, as Damage does it.
func Peers(t *testing.T, decode Decode) {
	t.Helper()
	b, err := os.ReadFile("testdata/peers.json")
	if err != nil {
		t.Fatal(err)
	}
	var bank struct {
		Source  string
		Streams []struct {
			Name                                              string
			Rows, Columns, Samples, BitsAllocated, BitsStored int
			SHA256                                            string
			Stream                                            []byte
		}
	}
	if err := json.Unmarshal(b, &bank); err != nil || len(bank.Streams) == 0 {
		t.Fatalf("want streams, got %d and %v", len(bank.Streams), err)
	}
	for _, s := range bank.Streams {
		info := frame.Info{Rows: s.Rows, Columns: s.Columns, Samples: s.Samples, BitsAllocated: s.BitsAllocated, BitsStored: s.BitsStored, HighBit: s.BitsStored - 1}
		dst := make([]byte, info.Size())
		if err := decode(dst, s.Stream, info); err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		if sum := sha256.Sum256(dst); hex.EncodeToString(sum[:]) != s.SHA256 {
			t.Errorf("%s: want the samples that %s decodes, got others", s.Name, bank.Source)
		}
		t.Run(s.Name, func(t *testing.T) { Damage(t, decode, s.Stream, info) })
	}
}
