// Package arch holds the imports of the repository to the table of docs/ARCHITECTURE.md.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/caliper-imaging/caliper"

// allowed says which top-level folders a folder may import beside itself and internal.
// A folder not listed here fails the test: it is a design decision.
var allowed = map[string][]string{
	"analyze":    {"models", "onnx", "volume", "preprocess", "register", "segment", "measure", "study"},
	"batch":      {"analyze", "study"},
	"cmd":        {"*"},
	"dicom":      {"study", "volume"},
	"examples":   {"*"},
	"intake":     {"dicom", "study", "volume"},
	"internal":   {},
	"measure":    {"study", "volume"},
	"models":     {"onnx", "preprocess", "volume"},
	"onnx":       {},
	"phantom":    {"dicom", "intake", "study", "volume"},
	"preprocess": {"study", "volume"},
	"register":   {"volume"},
	"report":     {"dicom", "study", "volume"},
	"segment":    {"models", "onnx", "preprocess", "register", "volume"},
	"study":      {"volume"},
	"validate":   {"study", "volume"},
	"volume":     {},
}

// only narrows a few imports further: these packages see no more of dicom than its writers.
var only = map[string][]string{"report": {"dicom/seg", "dicom/sr", "dicom/sc"}}

func TestImportDirections(t *testing.T) {
	root := filepath.Join("..", "..")
	checked := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		top := strings.Split(filepath.ToSlash(rel), "/")[0]
		may, known := allowed[top]
		if !known {
			t.Errorf("%s: folder %q is not in the layout", rel, top)
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		checked++
		for _, spec := range file.Imports {
			target, _ := strconv.Unquote(spec.Path.Value)
			if target == "C" {
				t.Errorf("%s: imports C; the product is pure Go", rel)
			}
			if adapter := filepath.ToSlash(filepath.Dir(rel)) == "onnx/onnxgo"; !adapter && foreignEngine(target) {
				t.Errorf("%s: imports %s; only programs that are written for onnx-go need that", rel, target)
			}
			target, inside := strings.CutPrefix(target, module+"/")
			if !inside {
				continue
			}
			to := strings.Split(target, "/")[0]
			if to == top || to == "internal" || slices.Contains(may, "*") {
				continue
			}
			if !slices.Contains(may, to) {
				t.Errorf("%s: imports %s; %s may import %v", rel, target, top, may)
			}
			if narrow, ok := only[top]; ok && to == "dicom" && !slices.Contains(narrow, target) {
				t.Errorf("%s: imports %s; %s may import of dicom only %v", rel, target, top, narrow)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked == 0 {
		t.Fatal("no Go file was found")
	}
}

// foreignEngine tells onnx-go, the tensors that it stands on and the adapter for them, which the product does not link.
func foreignEngine(target string) bool {
	return target == module+"/onnx/onnxgo" || strings.HasPrefix(target, "github.com/owulveryck/") || strings.HasPrefix(target, "gorgonia.org/")
}

// TestPackageDocs wants every package to say what it is.
func TestPackageDocs(t *testing.T) {
	root := filepath.Join("..", "..")
	documented := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			return err
		}
		dir := filepath.Dir(path)
		documented[dir] = documented[dir] || file.Doc != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for dir, ok := range documented {
		if !ok {
			missing = append(missing, dir)
		}
	}
	sort.Strings(missing)
	for _, dir := range missing {
		t.Errorf("%s: no package comment", dir)
	}
}
