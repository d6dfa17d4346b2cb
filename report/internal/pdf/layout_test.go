package pdf

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/study"
)

// TestNothingOverflowsOrOverlaps sets the sample results, as they are and with every text, list and
// image made unreasonable, and looks at where each text went.
func TestNothingOverflowsOrOverlaps(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/*.json")
	if err != nil || len(paths) < 5 {
		t.Fatalf("want the sample results, got %v, %v", paths, err)
	}
	changes := map[string]func(string) string{
		"as it is": func(s string) string { return s },
		"long":     func(s string) string { return strings.TrimSpace(strings.Repeat(s+" and more words ", 30)) },
		"unbroken": func(s string) string { return strings.Repeat(strings.ReplaceAll(s, " ", "_")+"W", 40) },
		"foreign":  func(s string) string { return "Łódź Ωμέγα Москва 字 " + s },
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range changes {
			var r study.Result
			if err := json.Unmarshal(data, &r); err != nil {
				t.Fatal(err)
			}
			stretch(reflect.ValueOf(&r).Elem(), change)
			for n := range r.KeyImages {
				k := &r.KeyImages[n]
				k.Pixels = make([]byte, k.Width*k.Height*k.Samples)
			}
			checkLayout(t, filepath.Base(path)+", "+name, &r)
		}
	}
}

// keep are the texts that a program reads: changing them would only change what is shown.
var keep = []string{"Status", "Outcome", "Severity", "Kind", "Role", "Path", "SHA256", "Priority", "Key", "Finding"}

func stretch(v reflect.Value, change func(string) string) {
	switch v.Kind() {
	case reflect.String:
		if v.Len() > 0 {
			v.SetString(change(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			stretch(v.Elem(), change)
		}
	case reflect.Slice, reflect.Array:
		for n := range v.Len() {
			stretch(v.Index(n), change)
		}
	case reflect.Struct:
		for n := range v.NumField() {
			name := v.Type().Field(n).Name
			kept := v.Type() == reflect.TypeFor[study.Measurement]() && name == "Unit"
			for _, k := range keep {
				kept = kept || k == name
			}
			if !kept && v.Field(n).CanSet() {
				stretch(v.Field(n), change)
			}
		}
	}
}

func checkLayout(t *testing.T, name string, r *study.Result) {
	t.Helper()
	p, err := newPaper(view.Of(r))
	if err != nil {
		t.Fatal(err)
	}
	type placed struct {
		x0, y0, x1, y1 float64
		words          string
	}
	pages := map[int][]placed{}
	p.placed = func(x, baseline, w, size float64, words string) {
		if strings.TrimSpace(words) == "" || w == 0 {
			return
		}
		pages[p.f.PageNo()] = append(pages[p.f.PageNo()], placed{x, baseline - 0.68*size*ptMM, x + w, baseline + 0.15*size*ptMM, words})
	}
	p.set()
	if err := p.f.Error(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for n, list := range pages {
		for i, a := range list {
			if a.x0 < 2 || a.x1 > pageW-margin+0.6 || a.y0 < 2 || a.y1 > pageH-4 {
				t.Errorf("%s: page %d: %.40q lies at %.1f to %.1f, %.1f to %.1f mm: over the edge", name, n, a.words, a.x0, a.x1, a.y0, a.y1)
				return
			}
			for _, b := range list[i+1:] {
				if min(a.x1, b.x1)-max(a.x0, b.x0) > 0.3 && min(a.y1, b.y1)-max(a.y0, b.y0) > 0.3 {
					t.Errorf("%s: page %d: %.40q and %.40q overlap at %.1f, %.1f mm", name, n, a.words, b.words, a.x0, a.y0)
					return
				}
			}
		}
	}
}
