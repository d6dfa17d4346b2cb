package dicom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// Sidecar is what BIDS asks to stand beside an image: names and units are those of the specification
// (version 1.10) and, for what it leaves out, of dcm2niix. Numbers have six digits, as there. Nothing in
// it tells who the patient is.
type Sidecar struct {
	fields    []sidecarField
	Gradients []Gradient // of each time point of a diffusion series, along the axes of the NIfTI image; else nil
	StepS     float64    // RepetitionTime in seconds, or 0
	PhaseAxis int        // of the image's axes, from 1, that phase encoding runs along; 0 where unknown
	Text      string     // a short description: echo time, time of day, phase encoding
}

type sidecarField struct {
	name  string
	value any
}

// JSON writes the fields in their order.
func (s *Sidecar) JSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{")
	for i, f := range s.fields {
		if i > 0 {
			b.WriteString(",")
		}
		value, err := encodeField(f.value)
		if err != nil {
			return nil, err
		}
		b.WriteString("\n\t" + strconv.Quote(f.name) + ": ")
		b.Write(value)
	}
	b.WriteString("\n}\n")
	return b.Bytes(), nil
}

func encodeField(v any) ([]byte, error) {
	switch v := v.(type) {
	case float64:
		return []byte(sixDigits(v)), nil
	case []float64:
		out := make([]string, len(v))
		for i, x := range v {
			out[i] = sixDigits(x)
		}
		return []byte("[" + strings.Join(out, ", ") + "]"), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// sixDigits writes a number as C's %g does, in a form that JSON allows.
func sixDigits(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) || v == 0 {
		return "0"
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return "0"
	}
	return strconv.FormatFloat(short, 'g', -1, 64)
}

// Set puts a field at the end, or in the place of one of the same name.
func (s *Sidecar) Set(name string, value any) {
	for i := range s.fields {
		if s.fields[i].name == name {
			s.fields[i].value = value
			return
		}
	}
	s.fields = append(s.fields, sidecarField{name, value})
}

// Field gives a field, or nil.
func (s *Sidecar) Field(name string) any {
	for _, f := range s.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// text, number, positive and list put a field where there is something to say.
func (s *Sidecar) text(name, value string) {
	if value = strings.TrimSpace(value); value != "" {
		s.Set(name, value)
	}
}

func (s *Sidecar) positive(name string, value float64) {
	if value > 0 && !math.IsInf(value, 0) {
		s.Set(name, value)
	}
}

func (s *Sidecar) list(name string, value []float64) {
	if len(value) > 0 {
		s.Set(name, value)
	}
}

// lookup finds attributes of one frame of a series wherever its object keeps them: in the frame's
// functional groups, the shared ones, or the data set.
type lookup struct {
	frameHeader
	maker
	protocol
}

// element finds a tag; items of sequences within functional groups are looked through as well.
func (l lookup) element(t tag.Tag) *sk.Element {
	for _, group := range []Elements{l.own, l.shared} {
		if e := within3(group, t, 3); e != nil {
			return e
		}
	}
	return valued(l.data, t)
}

func within3(e Elements, t tag.Tag, depth int) *sk.Element {
	if el := valued(e, t); el != nil {
		return el
	}
	if depth == 0 {
		return nil
	}
	for _, el := range e {
		if el.Value == nil || el.Tag == tag.ReferencedImageSequence {
			continue
		}
		if _, ok := el.Value.GetValue().([]*sk.SequenceItemValue); !ok {
			continue
		}
		if found := within3(Elements{el}.Item(el.Tag), t, depth-1); found != nil {
			return found
		}
	}
	return nil
}

func valued(e Elements, t tag.Tag) *sk.Element {
	if e.Has(t) {
		return e.Find(t)
	}
	return nil
}

func (l lookup) one(t tag.Tag) Elements {
	if el := l.element(t); el != nil {
		return Elements{el}
	}
	return nil
}

func (l lookup) str(t tag.Tag) string       { return strings.Join(l.one(t).Strings(t), `\`) }
func (l lookup) floats(t tag.Tag) []float64 { return l.one(t).Floats(t) }
func (l lookup) num(t tag.Tag) float64      { v, _ := l.one(t).Float(t); return v }

// private finds a private element in the frame's own groups, the shared ones and the data set, and in
// the vendor's sequences there.
func (l lookup) private(creator string, group uint16, low byte) []float64 {
	for _, e := range l.privateSets() {
		if v := e.privateFloats(creator, group, low); v != nil {
			return v
		}
	}
	return nil
}

func (l lookup) privateNum(creator string, group uint16, low byte) float64 {
	if v := l.private(creator, group, low); len(v) > 0 {
		return v[0]
	}
	return 0
}

func (l lookup) privateText(creator string, group uint16, low byte) string {
	for _, e := range l.privateSets() {
		if v := e.privateStrings(creator, group, low); v != nil {
			return strings.Join(v, `\`)
		}
	}
	return ""
}

func (l lookup) privateSets() []Elements {
	var out []Elements
	for _, group := range []Elements{l.own, l.shared} {
		for _, row := range []struct {
			creator string
			group   uint16
			low     byte
		}{{siemensFrame, 0x0021, 0xfe}, {siemensShared, 0x0021, 0xfe}, {philipsMR5, 0x2005, 0x0f}} {
			if t, ok := group.Private(row.creator, row.group, row.low); ok {
				if item := group.Item(t); item != nil {
					out = append(out, item)
				}
			}
		}
		if group != nil {
			out = append(out, group)
		}
	}
	return append(out, l.data)
}

// GradientFiles are the b-values in one line and the directions in three, as FSL reads them.
func (s *Sidecar) GradientFiles() (bval, bvec []byte) {
	rows := [4][]string{}
	for _, g := range s.Gradients {
		rows[0] = append(rows[0], sixDigits(g.B))
		for i := range 3 {
			rows[i+1] = append(rows[i+1], sixDigits(g.Direction[i]))
		}
	}
	for _, row := range rows[1:] {
		bvec = append(bvec, strings.Join(row, " ")+"\n"...)
	}
	return []byte(strings.Join(rows[0], " ") + "\n"), bvec
}

// Suffix tells images of one study apart in file names: "_s004_e2_phase". It has nothing of what people wrote.
func (s *Sidecar) Suffix() string {
	out := ""
	if n, ok := s.Field("SeriesNumber").(float64); ok {
		out += fmt.Sprintf("_s%03d", int64(n))
	}
	if n, ok := s.Field("EchoNumber").(int); ok {
		out += fmt.Sprintf("_e%d", n)
	}
	types, _ := s.Field("ImageType").([]string)
	for _, row := range [][2]string{{"PHASE", "_phase"}, {"REAL", "_real"}, {"IMAGINARY", "_imaginary"}, {"FIELDMAPHZ", "_fieldmap"}} {
		for _, t := range types {
			if t == row[0] {
				out += row[1]
			}
		}
	}
	return out
}
