package golden

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// Block compares got with the part of a Markdown file between the lines "<!-- name -->" and "<!-- /name -->";
// with -update it rewrites that part.
func Block(t testing.TB, path, name, got string) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first, last := []byte("<!-- "+name+" -->\n"), []byte("<!-- /"+name+" -->\n")
	_, rest, ok := bytes.Cut(whole, first)
	want, _, ok2 := bytes.Cut(rest, last)
	if !ok || !ok2 {
		t.Fatalf("%s: want a part between %q and %q, got none", path, first, last)
	}
	switch {
	case string(want) == got:
	case *update:
		text := strings.Replace(string(whole), string(first)+string(want)+string(last), string(first)+got+string(last), 1)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s: %s: differs from what the code says (run the test with -update)\nwant\n%s\ngot\n%s", path, name, want, got)
	}
}
