package codec

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestDocument holds docs/TRANSFER_SYNTAXES.md to the table; -update rewrites it.
func TestDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString("# DICOM transfer syntaxes\n\nWhat `caliper` reads and writes, by the table of `dicom/codec`. What is not read is named in the error.\n\n| UID | name | read | written |\n| --- | --- | --- | --- |\n")
	for _, c := range Table() {
		yes := map[bool]string{true: "yes", false: "no"}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.UID, c.Name, yes[c.Decode != nil], yes[c.Encode != nil || c.UID == "1.2.840.10008.1.2.1"])
	}
	golden.Equal(t, "../../docs/TRANSFER_SYNTAXES.md", []byte(b.String()))
}

func TestTable(t *testing.T) {
	less := func(a, b string) bool {
		as, bs := strings.Split(a, "."), strings.Split(b, ".")
		for i := range min(len(as), len(bs)) {
			x, err := strconv.Atoi(as[i])
			if err != nil {
				t.Fatal(err)
			}
			y, err := strconv.Atoi(bs[i])
			if err != nil {
				t.Fatal(err)
			}
			if x != y {
				return x < y
			}
		}
		return len(as) < len(bs)
	}
	rows := Table()
	for i, c := range rows {
		if c.Name == "" {
			t.Errorf("%s: want a name, got none", c.UID)
		}
		if i > 0 && !less(rows[i-1].UID, c.UID) {
			t.Errorf("want ascending UIDs, each once, got %s behind %s", c.UID, rows[i-1].UID)
		}
	}
}
