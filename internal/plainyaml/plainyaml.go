// Package plainyaml reads YAML 1.2 of files that people hand to the program: unknown keys are refused,
// and so are anchors and aliases, by which a few lines could unfold without bound.
package plainyaml

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxBytes caps what is read.
const MaxBytes = 1 << 16

// Decode reads data into value, a pointer to a struct with yaml tags. The error is one line and names
// the line of the YAML where it can. A text on which the parser itself fails is an error as well.
func Decode(data []byte, value any) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("want YAML, got a text that can't be parsed")
		}
	}()
	if len(data) > MaxBytes {
		return fmt.Errorf("want at most %d bytes, got %d", MaxBytes, len(data))
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return oneLine(err)
	}
	var found aliasFinder
	for _, doc := range file.Docs {
		if doc.Body != nil {
			ast.Walk(&found, doc.Body)
		}
	}
	if found.line > 0 {
		return fmt.Errorf("line %d: want plain YAML, got an anchor or alias", found.line)
	}
	if err := yaml.UnmarshalWithOptions(data, value, yaml.Strict()); err != nil {
		return oneLine(err)
	}
	return nil
}

func oneLine(err error) error {
	return fmt.Errorf("%s", strings.Join(strings.Fields(yaml.FormatError(err, false, false)), " "))
}

type aliasFinder struct{ line int }

// Visit notes the first anchor or alias.
func (v *aliasFinder) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		if v.line == 0 {
			v.line = max(n.GetToken().Position.Line, 1)
		}
		return nil
	}
	return v
}
