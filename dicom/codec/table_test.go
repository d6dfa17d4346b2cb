package codec

import (
	"strconv"
	"strings"
	"testing"
)

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
