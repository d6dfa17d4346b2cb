package dicom

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// TestDumpsStream prints values of megabytes: what a dump allocates stays small, and values come out whole, also where
// a character lies across the end of a piece.
func TestDumpsStream(t *testing.T) {
	text := strings.Repeat("a", 4095) + strings.Repeat("é\"<\x01 日本 ", 300_000)
	blob := bytes.Repeat([]byte{0, 1, 254, 255}, 1<<20)
	var e Elements
	for _, el := range []struct {
		tag   tag.Tag
		vr    string
		value any
	}{
		{tag.TextValue, "UT", text},
		{tag.Tag{Group: 9, Element: 0x10}, "LO", "CALIPER TEST"},
		{tag.Tag{Group: 9, Element: 0x1001}, "OB", blob},
		{tag.Tag{Group: 9, Element: 0x1002}, "UL", make([]int, 1<<18)},
	} {
		if err := e.Set(el.tag, el.vr, el.value); err != nil {
			t.Fatal(err)
		}
	}
	f := &File{Elements: e}
	for name, write := range map[string]func(w io.Writer) error{
		"text":       func(w io.Writer) error { return f.WriteText(w, nil, false) },
		"whole text": func(w io.Writer) error { return f.WriteText(w, nil, true) },
		"json":       func(w io.Writer) error { return f.WriteJSON(w, nil) },
		"xml":        func(w io.Writer) error { return f.WriteXML(w, nil) },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := write(io.Discard); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		// Text that needs escapes is garbage in pieces; the rest is a buffer.
		if grew := after.TotalAlloc - before.TotalAlloc; grew > 4*uint64(len(text)) {
			t.Errorf("%s: want little memory for a value of %d bytes, got %d", name, len(blob), grew)
		}
		var largest peak
		if err := write(&largest); err != nil {
			t.Fatal(err)
		}
		if largest > 1<<16 {
			t.Errorf("%s: want writes of a buffer, got one of %d bytes", name, largest)
		}
	}
	var out bytes.Buffer
	if err := f.WriteJSON(&out, nil); err != nil {
		t.Fatal(err)
	}
	var got map[string]struct {
		Value        []any
		InlineBinary string
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if v := got["0040A160"].Value; len(v) != 1 || v[0] != text {
		t.Error("json: want the text whole")
	}
	if b, err := base64.StdEncoding.DecodeString(got["00091001"].InlineBinary); err != nil || !bytes.Equal(b, blob) {
		t.Errorf("json: want the bytes whole (%v)", err)
	}
	out.Reset()
	if err := f.WriteText(&out, nil, true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), printable(text)+"\n") || !strings.Contains(out.String(), fmt.Sprintf("% x\n", blob)) {
		t.Error("text: want the values whole")
	}
}

// peak is a writer that keeps the size of the largest write.
type peak int

func (p *peak) Write(b []byte) (int, error) {
	*p = max(*p, peak(len(b)))
	return len(b), nil
}
