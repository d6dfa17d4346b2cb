package study

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"
)

//go:embed schema.json
var schemaJSON string

// SchemaJSON is the JSON Schema (draft 2020-12) of a Result.
func SchemaJSON() string { return schemaJSON }

// MarshalJSON writes the complete form: lists are never null, and the block "run" comes last.
func (r Result) MarshalJSON() ([]byte, error) {
	if r.ReportStatus == "" {
		r.ReportStatus = Preliminary
	}
	if r.Priority == "" {
		r.Priority = Routine
	}
	if r.Schema == 0 {
		r.Schema = Schema
	}
	if r.Disclaimer == "" {
		r.Disclaimer = Disclaimer
	}
	fillLists(reflect.ValueOf(&r).Elem())
	type plain Result
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(plain(r)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// fillLists replaces nil by an empty list in the fields of a struct itself, not below them.
func fillLists(v reflect.Value) {
	for n := range v.NumField() {
		if f := v.Field(n); f.Kind() == reflect.Slice && f.IsNil() {
			f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		}
	}
}

// Finite returns an error that names the first figure that is NaN or infinite: such a figure must be
// left out of a result, not put into it.
func (r *Result) Finite() error { return finite("result", reflect.ValueOf(r)) }

func finite(at string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Float64, reflect.Float32:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("study: %s: want a finite number, got %g", at, f)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return finite(at, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for n := range v.Len() {
			if err := finite(fmt.Sprintf("%s[%d]", at, n), v.Index(n)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			if err := finite(fmt.Sprintf("%s[%v]", at, k), v.MapIndex(k)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for n := range v.NumField() {
			if err := finite(at+"."+v.Type().Field(n).Name, v.Field(n)); err != nil {
				return err
			}
		}
	}
	return nil
}
