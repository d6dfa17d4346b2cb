package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/study"
)

func TestFormatsTable(t *testing.T) {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
		if f.Doc == "" || f.Media == "" || f.Write == nil {
			t.Errorf("%s: want a doc, a media type and a writer", f.Name)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("want names sorted and unique, got %v", names)
	}
	if err := Write(&bytes.Buffer{}, "docx", chest(), Options{}); err == nil || !strings.Contains(err.Error(), "csv, html, json, pdf") {
		t.Errorf("want an error that lists the formats, got %v", err)
	}
}

func render(t testing.TB, format string, r *study.Result) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, format, r, Options{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	all := samples()
	for _, name := range []string{"chest", "brain", "ct", "failed", "skipped"} {
		golden.Equal(t, "testdata/"+name+".json", render(t, "json", all[name]))
	}
	golden.Equal(t, "testdata/chest.pdf", render(t, "pdf", chest()))
	golden.Equal(t, "testdata/failed.pdf", render(t, "pdf", failed()))
	golden.Equal(t, "testdata/chest.csv", render(t, "csv", chest()))
	golden.Equal(t, "testdata/ct.html", render(t, "html", abdomen()))
}

func TestSameBytesTwice(t *testing.T) {
	again := samples()
	for name, r := range samples() {
		for _, f := range Formats() {
			if !bytes.Equal(render(t, f.Name, r), render(t, f.Name, again[name])) {
				t.Errorf("%s as %s: two runs differ", name, f.Name)
			}
		}
	}
}

// TestRunBlockIsSeparable changes all that may differ from run to run: only the JSON's last block may follow.
func TestRunBlockIsSeparable(t *testing.T) {
	a, b := chest(), chest()
	b.Run = &study.Run{Version: a.Run.Version, Commit: a.Run.Commit, Seconds: 99, Host: "elsewhere", Kernel: "plain"}
	for _, f := range []string{"pdf", "html", "csv"} {
		if !bytes.Equal(render(t, f, a), render(t, f, b)) {
			t.Errorf("%s depends on the run", f)
		}
	}
	ja, jb := string(render(t, "json", a)), string(render(t, "json", b))
	headA, runA, _ := strings.Cut(ja, `"run": {`)
	headB, _, found := strings.Cut(jb, `"run": {`)
	if !found || headA != headB {
		t.Error("want the same JSON up to the block run")
	}
	if strings.Count(runA, "\n  }") != 1 || !strings.HasSuffix(strings.TrimSpace(runA), "}\n}") {
		t.Error("want the block run to be the last")
	}
}

func TestJSONFollowsSchema(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(study.SchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("result.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("result.json")
	if err != nil {
		t.Fatal(err)
	}
	all := samples()
	all["empty"] = &study.Result{Status: study.Done}
	for name, r := range all {
		text := render(t, "json", r)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		m := v.(map[string]any)
		m["surprise"] = true
		if schema.Validate(m) == nil {
			t.Errorf("%s: want a field that the schema does not know to be refused", name)
		}
		if bytes.Contains(text, []byte("null")) {
			t.Errorf("%s: want absent figures left out, got null", name)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for name, r := range samples() {
		text := render(t, "json", r)
		back, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		if again := render(t, "json", back); !bytes.Equal(text, again) {
			t.Errorf("%s: reading and writing again changes it", name)
		}
	}
	back, err := Read(bytes.NewReader(render(t, "json", chest())))
	if err != nil {
		t.Fatal(err)
	}
	if want := chest().Findings; !reflect.DeepEqual(want, back.Findings) {
		t.Errorf("findings differ after reading: got %+v", back.Findings)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"schema": 99}`, `{"schema": "1"}`, `{}`} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "report: json: ") {
			t.Errorf("%q: want an error of the reader, got %v", text, err)
		}
	}
	if _, err := Load("testdata/nowhere.json"); err == nil {
		t.Error("want an error for a file that is not there")
	}
}

func TestFiguresThatAreNone(t *testing.T) {
	for _, f := range []string{"json", "pdf", "html"} {
		r := chest()
		zero := 0.0
		r.Findings[0].Measures[1].Value = zero / zero
		err := Write(&bytes.Buffer{}, f, r, Options{})
		if err == nil || !strings.Contains(err.Error(), "Findings[0].Measures[1].Value") {
			t.Errorf("%s: want an error that names the figure, got %v", f, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	small := chest()
	small.Findings[0].Region.Outline, small.KeyImages = nil, small.KeyImages[2:3]
	small.KeyImages[0].Annotations = small.KeyImages[0].Annotations[1:]
	for _, r := range []*study.Result{small, abdomen(), failed()} {
		f.Add(render(f, "json", r))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Skip("a time out of range")
		}
		for _, format := range Formats() {
			if err := format.Write(&bytes.Buffer{}, r, Options{Dir: dir}); err != nil {
				t.Errorf("%s: %v", format.Name, err)
			}
		}
	})
}
