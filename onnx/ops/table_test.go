package ops

import (
	"slices"
	"strings"
	"testing"
)

// TestTable holds the table to its order: by domain and name, each once, with versions and a doc.
func TestTable(t *testing.T) {
	key := func(o Op) string { return o.Domain + "\x00" + o.Name }
	for i, o := range Table() {
		if i > 0 && key(table[i-1]) >= key(o) {
			t.Errorf("%s %s is out of order", o.Domain, o.Name)
		}
		if o.Doc == "" || strings.HasSuffix(o.Doc, ".") {
			t.Errorf("%s: doc %q", o.Name, o.Doc)
		}
		if len(o.Since) == 0 || !slices.IsSorted(o.Since) || o.New == nil {
			t.Errorf("%s: versions %v or no kernel", o.Name, o.Since)
		}
		if o.Domain == "" && o.Since[len(o.Since)-1] > Newest {
			t.Errorf("%s: version %d is newer than %d", o.Name, o.Since[len(o.Since)-1], Newest)
		}
	}
}
