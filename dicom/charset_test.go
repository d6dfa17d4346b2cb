package dicom

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	sk "github.com/suyashkumar/dicom"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestText compares the text of real files in 17 character sets with what pydicom decodes.
func TestText(t *testing.T) {
	b, err := os.ReadFile("testdata/text.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Files map[string][][2]any
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	dir := golden.Shared(t, "data/dicom_pydicom_tests/charset_files")
	names := make([]string, 0, len(want.Files))
	for name := range want.Files {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) < 15 {
		t.Fatalf("want 15 files and more, got %d", len(names))
	}
	for _, name := range names {
		f, err := OpenFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got [][]string
		texts(f.Elements, &got)
		if len(got) != len(want.Files[name]) {
			t.Errorf("%s: want %d text elements, got %d", name, len(want.Files[name]), len(got))
			continue
		}
		for i, row := range want.Files[name] {
			values := row[1].([]any)
			for k, v := range values {
				have := ""
				if k < len(got[i]) {
					have = got[i][k]
				}
				if strings.TrimRight(have, "=") != v.(string) { // pydicom drops empty groups of a name
					t.Errorf("%s: %s: want %q, got %q", name, row[0], v, have)
				}
			}
		}
	}
}

func texts(e Elements, out *[][]string) {
	for _, el := range e {
		if el.Tag.Group == 2 || el.Tag.Group%2 == 1 {
			continue
		}
		switch el.RawValueRepresentation {
		case "PN", "LO", "SH", "LT", "ST", "UT":
			v, _ := el.Value.GetValue().([]string)
			*out = append(*out, v)
		case "SQ":
			for _, item := range el.Value.GetValue().([]*sk.SequenceItemValue) {
				inner, _ := item.GetValue().([]*sk.Element)
				texts(inner, out)
			}
		}
	}
}

// TestCharsets decodes text in every character set of PS3.3 C.12.1.1.2, alone and by code extensions. The
// text was encoded by Python's codecs; what uses escapes is as pydicom 3.0.2 decodes it, or an example of PS3.5
// annexes H to K.
func TestCharsets(t *testing.T) {
	b, err := os.ReadFile("testdata/charsets.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Charset         []string
		PN              bool
		Hex, Want, Note string
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 70 {
		t.Fatalf("want 70 cases and more, got %d", len(cases))
	}
	for _, c := range cases {
		raw, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		cs := newCharset(c.Charset)
		got := cs.decode(raw)
		if c.PN {
			got = strings.Join(cs.split(raw, true), `\`)
			got, c.Want = strings.TrimRight(got, "="), strings.TrimRight(c.Want, "=")
		}
		if got != c.Want {
			t.Errorf("%v, %s: want %q, got %q", c.Charset, c.Note, c.Want, got)
		}
	}
}
