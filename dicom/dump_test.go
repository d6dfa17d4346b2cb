package dicom

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// jsonWant follows PS3.18 annex F: F.2.2 (names, numbers, null for an empty value, tags) and F.2.7
// (binary in place).
const jsonWant = `{
 "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
 "00080008": {"vr": "CS", "Value": ["DERIVED", null, "AXIAL"]},
 "00081140": {"vr": "SQ", "Value": [{"00081150": {"vr": "UI", "Value": ["1.2.3"]}}, {}]},
 "00090010": {"vr": "LO", "Value": ["CALIPER TEST"]},
 "00091001": {"vr": "OB", "InlineBinary": "AQID"},
 "00091002": {"vr": "FD", "Value": [0.1, "NaN", "-inf"]},
 "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}]},
 "00100020": {"vr": "LO"},
 "00180050": {"vr": "DS", "Value": [1.5]},
 "00200013": {"vr": "IS", "Value": [7]},
 "00280009": {"vr": "AT", "Value": ["00540080"]}
}`

func testSet(t *testing.T) Elements {
	t.Helper()
	var inner, e Elements
	set := func(to *Elements, tg tag.Tag, vr string, v any) {
		if err := to.Set(tg, vr, v); err != nil {
			t.Fatal(err)
		}
	}
	set(&inner, tag.ReferencedSOPClassUID, "", "1.2.3")
	set(&e, tag.SpecificCharacterSet, "", "ISO_IR 192")
	set(&e, tag.ImageType, "", []string{"DERIVED", "", "AXIAL"})
	set(&e, tag.ReferencedImageSequence, "", []Elements{inner, nil})
	set(&e, tag.Tag{Group: 9, Element: 0x10}, "LO", "CALIPER TEST")
	set(&e, tag.Tag{Group: 9, Element: 0x1001}, "OB", []byte{1, 2, 3})
	set(&e, tag.Tag{Group: 9, Element: 0x1002}, "FD", []float64{0.1, math.NaN(), math.Inf(-1)})
	set(&e, tag.PatientName, "", "Yamada^Tarou=山田^太郎=やまだ^たろう")
	set(&e, tag.PatientID, "", "")
	set(&e, tag.SliceThickness, "", 1.5)
	set(&e, tag.InstanceNumber, "", 7)
	set(&e, tag.FrameIncrementPointer, "", 0x00540080)
	return e
}

func TestJSON(t *testing.T) {
	f := &File{Elements: testSet(t)}
	var b bytes.Buffer
	if err := f.WriteJSON(&b, nil); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if err := json.Unmarshal([]byte(jsonWant), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("want %s\ngot %s", jsonWant, b.String())
	}
}

// TestDumps prints real files in all three forms: well formed, free of control characters.
func TestDumps(t *testing.T) {
	dir := golden.Shared(t, "data/dicom_pydicom_tests")
	for _, f := range openSome(t, dir) {
		var text, js, x bytes.Buffer
		if err := errors.Join(f.WriteText(&text, nil, false), f.WriteJSON(&js, nil), f.WriteXML(&x, nil)); err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
		if strings.ContainsFunc(text.String(), func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("%s: want no control characters, got some", f.Path)
		}
		var v map[string]any
		if err := json.Unmarshal(js.Bytes(), &v); err != nil || len(v) == 0 {
			t.Errorf("%s: json: %v", f.Path, err)
		}
		dec := xml.NewDecoder(&x)
		for {
			_, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Errorf("%s: xml: %v", f.Path, err)
				break
			}
		}
	}
}

func openSome(t *testing.T, dir string) []*File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.dcm"))
	if err != nil || len(paths) < 80 {
		t.Fatalf("want 80 files and more, got %d and %v", len(paths), err)
	}
	var out []*File
	for _, p := range paths {
		if f, _ := OpenFile(p); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// TestTruncatedSequence sees that items before the cut are offered.
func TestTruncatedSequence(t *testing.T) {
	f, err := OpenFile(golden.Shared(t, "data/dicom_pydicom_tests/test_files/rtplan_truncated.dcm"))
	var format *FormatError
	if !errors.As(err, &format) || !format.Truncated {
		t.Fatalf("want a FormatError that says truncated, got %v", err)
	}
	if f == nil || len(f.Items(tag.BeamSequence)) != 1 || f.Items(tag.BeamSequence)[0].String(tag.Manufacturer) != "Linac co." {
		t.Error("BeamSequence: want what is there of its item")
	}
}

// TestJSONForms: text is UTF-8 and says so, single precision has its shortest digits, and a known sequence in
// UN is read (PS3.5 section 6.2.2, note 2).
func TestJSONForms(t *testing.T) {
	raw := []byte("\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" +
		"\x10\x00\x10\x00PN\x04\x00M\xfcl " +
		"\x18\x00\x20\x13FL\x04\x00\xcd\xcc\xcc\x3d" +
		"\x0c\x30\x02\x00UN\x00\x00\x14\x00\x00\x00\xfe\xff\x00\xe0\x0c\x00\x00\x00\x08\x00\x55\x11\x04\x00\x00\x001.2\x00")
	f, err := ReadHeader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.WriteJSON(&b, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"ISO_IR 192"`, `"Mül"`, "0.1\n", `"300C0002": {` + "\n" + `    "vr": "SQ"`, `"1.2"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %s in\n%s", want, b.String())
		}
	}
}
