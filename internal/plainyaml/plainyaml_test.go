package plainyaml

import (
	"strings"
	"testing"
)

type sample struct {
	Name string   `yaml:"name"`
	List []string `yaml:"list"`
}

func TestDecode(t *testing.T) {
	var s sample
	if err := Decode([]byte("name: a\nlist: [b, c]\n"), &s); err != nil || s.Name != "a" || len(s.List) != 2 {
		t.Errorf("got %+v, %v", s, err)
	}
	for text, want := range map[string]string{
		"name: &a [x]\nlist: *a\n":          "line 1: want plain YAML, got an anchor or alias",
		"name: a\ncolour: red\n":            "colour",
		"name: [\n":                         "1:",
		strings.Repeat("# x\n", MaxBytes/2): "want at most 65536 bytes",
	} {
		err := Decode([]byte(text), &sample{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20q: want one line with %q, got %v", text, want, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("name: a\nlist: [b, c]\n"))
	f.Add([]byte("a: &x [*x]\n"))
	f.Fuzz(func(_ *testing.T, data []byte) { _ = Decode(data, &sample{}) })
}
