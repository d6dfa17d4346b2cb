package dicom

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// implementation names this writer in the file meta information (PS3.7 annex D.3.3.2).
const (
	implementationUID  = "2.25.190281365487239817612098742113"
	implementationName = "CALIPER"
)

// WriteFile writes the data set to path as Write does: to a temporary file beside it, synced, then
// renamed, so that path holds a whole file or what it held before.
func WriteFile(path string, data Elements) error { return writeFile(path, data, ExplicitLittle) }

func writeFile(path string, data Elements, syntax string) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".caliper-*")
	if err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	w := bufio.NewWriterSize(tmp, 1<<16)
	if err = write(w, data, syntax); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	if err = tmp.Chmod(0o644); err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	if err = tmp.Sync(); err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	if err = tmp.Close(); err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	return nil
}

// Write writes a Part 10 file in explicit little endian: preamble, file meta information made from
// the data set's SOP class and instance, and the elements in ascending order. Text is UTF-8; where
// any is not ASCII, SpecificCharacterSet becomes ISO_IR 192. The bytes depend on the elements alone.
func Write(w io.Writer, data Elements) error {
	return write(w, data, ExplicitLittle)
}

func write(w io.Writer, data Elements, syntax string) error {
	var body Elements
	for _, el := range data {
		if el.Tag.Group > 2 {
			body = append(body, el)
		}
	}
	sort.SliceStable(body, func(i, j int) bool { return body[i].Tag.Compare(body[j].Tag) < 0 })
	class, instance := body.String(tag.SOPClassUID), body.String(tag.SOPInstanceUID)
	if class == "" || instance == "" {
		return frame.Errorf(pkg, "write: want SOPClassUID and SOPInstanceUID, got none")
	}
	if !allASCII(body) {
		if err := body.Set(tag.SpecificCharacterSet, "", "ISO_IR 192"); err != nil {
			return err
		}
	}
	var meta Elements
	for _, row := range []struct {
		t     tag.Tag
		vr    string
		value any
	}{
		{tag.FileMetaInformationVersion, "OB", []byte{0, 1}},
		{tag.MediaStorageSOPClassUID, "UI", class},
		{tag.MediaStorageSOPInstanceUID, "UI", instance},
		{tag.TransferSyntaxUID, "UI", syntax},
		{tag.ImplementationClassUID, "UI", implementationUID},
		{tag.ImplementationVersionName, "SH", implementationName},
	} {
		if err := meta.Set(row.t, row.vr, row.value); err != nil {
			return err
		}
	}
	head, err := appendElements(nil, meta, 0)
	if err != nil {
		return err
	}
	out := make([]byte, 128, 160+len(head))
	out = append(out, "DICM"...)
	out = append(out, 2, 0, 0, 0, 'U', 'L', 4, 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(head)))
	out = append(out, head...)
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	for _, el := range body {
		b, err := appendElement(nil, el, 0)
		if err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("dicom: %w", err)
		}
	}
	return nil
}

func appendElements(out []byte, elements Elements, depth int) ([]byte, error) {
	var err error
	for _, el := range elements {
		if out, err = appendElement(out, el, depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func appendElement(out []byte, el *sk.Element, depth int) ([]byte, error) {
	vr := el.RawValueRepresentation
	info, ok := vrOf(vr)
	if !ok {
		return nil, frame.Errorf(pkg, "write: %v: VR: want one of PS3.5 table 6.2-1, got %q", el.Tag, vr)
	}
	body, length, err := encodeValue(el, info, depth)
	if err != nil {
		return nil, err
	}
	out = binary.LittleEndian.AppendUint16(out, el.Tag.Group)
	out = binary.LittleEndian.AppendUint16(out, el.Tag.Element)
	out = append(out, vr...)
	if info.long {
		out = append(out, 0, 0)
		out = binary.LittleEndian.AppendUint32(out, length)
	} else {
		if len(body) > math.MaxUint16 {
			return nil, frame.Errorf(pkg, "write: %v: VR %s: want at most %d bytes, got %d", el.Tag, vr, math.MaxUint16, len(body))
		}
		out = binary.LittleEndian.AppendUint16(out, uint16(len(body)))
	}
	return append(out, body...), nil
}

// encodeValue gives the value's bytes, padded to an even number, and the length to declare.
func encodeValue(el *sk.Element, info vrInfo, depth int) (body []byte, length uint32, err error) {
	if depth > maxDepth {
		return nil, 0, frame.Errorf(pkg, "write: %v: sequences: want at most %d levels, got more", el.Tag, maxDepth)
	}
	wrong := func() ([]byte, uint32, error) {
		return nil, 0, frame.Errorf(pkg, "write: %v: VR %s: want a value of its kind, got %T", el.Tag, el.RawValueRepresentation, el.Value.GetValue())
	}
	pad := byte(0)
	if el.Value == nil {
		return nil, 0, nil
	}
	switch v := el.Value.GetValue().(type) {
	case []string:
		if info.kind > kindTrimmed {
			return wrong()
		}
		body = []byte(strings.Join(v, `\`))
		if el.RawValueRepresentation != "UI" {
			pad = ' '
		}
	case []int:
		for _, n := range v {
			switch info.kind {
			case kindUint16, kindInt16:
				body = binary.LittleEndian.AppendUint16(body, uint16(n))
			case kindUint32, kindInt32:
				body = binary.LittleEndian.AppendUint32(body, uint32(n))
			case kindUint64, kindInt64:
				body = binary.LittleEndian.AppendUint64(body, uint64(n))
			case kindTag:
				body = binary.LittleEndian.AppendUint16(body, uint16(n>>16))
				body = binary.LittleEndian.AppendUint16(body, uint16(n))
			default:
				return wrong()
			}
		}
	case []float64:
		for _, f := range v {
			switch info.kind {
			case kindFloat32:
				body = binary.LittleEndian.AppendUint32(body, math.Float32bits(float32(f)))
			case kindFloat64:
				body = binary.LittleEndian.AppendUint64(body, math.Float64bits(f))
			default:
				return wrong()
			}
		}
	case []byte:
		body = v
	case sk.PixelDataInfo:
		if !v.IntentionallyUnprocessed {
			return nil, 0, frame.Unsupportedf(pkg, "write: %v: want pixel data as bytes (UnprocessedValueData), got none", el.Tag)
		}
		body = v.UnprocessedValueData
		if v.IsEncapsulated {
			end := []byte{0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0}
			return append(append([]byte(nil), body...), end...), undefined, nil
		}
	case []*sk.SequenceItemValue:
		for _, item := range v {
			elements, _ := item.GetValue().([]*sk.Element)
			b, err := appendElements(nil, elements, depth+1)
			if err != nil {
				return nil, 0, err
			}
			body = append(body, 0xfe, 0xff, 0x00, 0xe0)
			body = binary.LittleEndian.AppendUint32(body, uint32(len(b)))
			body = append(body, b...)
		}
	default:
		return wrong()
	}
	if len(body)%2 == 1 {
		body = append(body[:len(body):len(body)], pad)
	}
	if int64(len(body)) >= undefined {
		return nil, 0, frame.Errorf(pkg, "write: %v: want fewer than %d bytes, got %d", el.Tag, uint32(undefined), len(body))
	}
	return body, uint32(len(body)), nil
}

func allASCII(elements Elements) bool {
	for _, el := range elements {
		if el.Value == nil {
			continue
		}
		switch v := el.Value.GetValue().(type) {
		case []string:
			for _, s := range v {
				for i := range len(s) {
					if s[i] >= 0x80 {
						return false
					}
				}
			}
		case []*sk.SequenceItemValue:
			for _, item := range v {
				if inner, _ := item.GetValue().([]*sk.Element); !allASCII(inner) {
					return false
				}
			}
		}
	}
	return true
}
