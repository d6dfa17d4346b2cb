package models

import (
	"fmt"
	"strings"
)

// FormatError says that a card or a model file is wrong.
type FormatError struct {
	Text string
	Err  error
}

func (e *FormatError) Error() string { return "models: " + e.Text }

func (e *FormatError) Unwrap() error { return e.Err }

// MissingError says that a model is known by name or card, but its file is in none of the folders; or,
// where Known is false, that no card has the name. A pipeline skips the step and says so.
type MissingError struct {
	Name  string
	File  string // where Known
	Known bool
	Dirs  []string // folders that were looked at
}

func (e *MissingError) Error() string {
	where := "no folder was given"
	if len(e.Dirs) > 0 {
		where = "looked in " + strings.Join(e.Dirs, ", ")
	}
	if !e.Known {
		return fmt.Sprintf("models: %s: want the name of a model, a card or an .onnx file; no card has this name (%s; see --models)", e.Name, where)
	}
	return fmt.Sprintf("models: %s: file %s is not there (%s; give its folder with --models or CALIPER_MODELS)", e.Name, e.File, where)
}
