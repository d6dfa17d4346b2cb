package study

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestSchemaIsThatOfTheTypes derives the schema from the Go types and compares it with the published
// file, so that no field can be in one and not in the other. -update rewrites the file.
func TestSchemaIsThatOfTheTypes(t *testing.T) {
	g := generator{doc: docs(t), defs: map[string]any{}, enums: enums(t)}
	root := g.object(reflect.TypeFor[Result]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "urn:caliper:result:" + strconv.Itoa(Schema)
	root["title"] = "Result"
	root["$defs"] = g.defs
	root["properties"].(map[string]any)["schema"].(map[string]any)["const"] = Schema
	got, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "schema.json", append(got, '\n'))
}

type generator struct {
	doc   map[string]string   // "Type" or "Type.Field"
	enums map[string][]string // values of a string type's constants
	defs  map[string]any
}

func (g generator) object(typ reflect.Type) map[string]any {
	props, required := map[string]any{}, []string{}
	for n := range typ.NumField() {
		f := typ.Field(n)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || f.PkgPath != "" {
			continue
		}
		prop := g.of(f.Type)
		if d := g.doc[typ.Name()+"."+f.Name]; d != "" {
			prop["description"] = d
		}
		props[name] = prop
		if !strings.Contains(opts, "omit") {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	if d := g.doc[typ.Name()]; d != "" {
		s["description"] = d
	}
	return s
}

func (g generator) of(typ reflect.Type) map[string]any {
	switch typ.Kind() {
	case reflect.Pointer:
		return g.of(typ.Elem())
	case reflect.String:
		s := map[string]any{"type": "string"}
		if v := g.enums[typ.Name()]; v != nil {
			s["enum"] = v
		}
		return s
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Uint16:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(typ.Elem())}
	case reflect.Array:
		return map[string]any{"type": "array", "items": g.of(typ.Elem()), "minItems": typ.Len(), "maxItems": typ.Len()}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(typ.Elem())}
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() {
			return map[string]any{"type": "string", "format": "date-time"}
		}
		if g.defs[typ.Name()] == nil {
			g.defs[typ.Name()] = true
			g.defs[typ.Name()] = g.object(typ)
		}
		return map[string]any{"$ref": "#/$defs/" + typ.Name()}
	}
	panic("no schema for " + typ.String())
}

// docs reads the comments of this package's types and fields and those of the grid.
func docs(t *testing.T) map[string]string {
	out := map[string]string{}
	for _, file := range parse(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				return true
			}
			for _, spec := range decl.Specs {
				spec := spec.(*ast.TypeSpec)
				out[spec.Name.Name] = line(decl.Doc)
				body, ok := spec.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range body.Fields.List {
					for _, name := range f.Names {
						out[spec.Name.Name+"."+name.Name] = line(f.Comment)
					}
				}
			}
			return false
		})
	}
	return out
}

// enums collects the constants of each string type in this package, in the order of the source.
func enums(t *testing.T) map[string][]string {
	out := map[string][]string{}
	for _, file := range parse(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil || len(spec.Values) != 1 {
				return true
			}
			typ, ok := spec.Type.(*ast.Ident)
			lit, isLit := spec.Values[0].(*ast.BasicLit)
			if !ok || !isLit || lit.Kind != token.STRING {
				return true
			}
			value, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(out[typ.Name], value) {
				out[typ.Name] = append(out[typ.Name], value)
			}
			return true
		})
	}
	return out
}

func parse(t *testing.T) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range append(paths, "../volume/geometry.go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func line(c *ast.CommentGroup) string {
	return strings.Join(strings.Fields(c.Text()), " ")
}
