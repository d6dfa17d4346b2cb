// Package dicom reads DICOM files (PS3.10, PS3.5) into the types of suyashkumar/dicom, decodes their
// pixels, and builds volumes from series. It never trusts a length: wrong input gives an error.
package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	sk "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/study"
)

// noPixelData is the code of the issue of an object without the pixels that its class requires.
const noPixelData = "no-pixel-data"

// File is the header of a DICOM object: every element up to the pixel data, those of group 0002
// first. Pixels are read from the source when they are asked for. It is safe for concurrent use.
type File struct {
	Elements
	Path           string // where it was opened, or ""
	TransferSyntax string // UID, as read or, where it is missing, as found out
	Issues         []study.Issue
	size           int64
	r              io.ReaderAt // nil where Path is opened again for pixels
	enc            encoding
	dataAt         int64  // start of the data set behind the file meta information
	pixel          header // zero tag where there is none
}

// Dataset is the header as a data set of suyashkumar/dicom; its pixel data are marked as skipped.
func (f *File) Dataset() sk.Dataset { return sk.Dataset{Elements: f.Elements} }

// HasPixels says whether the object carries pixel data of any kind.
func (f *File) HasPixels() bool { return f.pixel.tag != tag.Tag{} }

// OpenFile reads the header of a file, or of a member of an archive (internal/archive), and closes it. Where the file is cut within the header, both
// the File with what could be read and an error (FormatError with Truncated set) are given.
func OpenFile(path string) (*File, error) {
	r, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("dicom: %w", err)
	}
	defer r.Close()
	f, err := ReadHeader(r, r.Size())
	if f != nil {
		f.Path, f.r = path, nil
	}
	return f, err
}

// ReadHeader reads the header of an object of size bytes; r stays in use for its pixels. It errs as
// OpenFile does.
func ReadHeader(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, size: size}
	src := &source{r: r, size: size, known: true}
	start, err := findStart(src)
	if err != nil {
		return nil, err
	}
	meta := parser{src: src, order: binary.LittleEndian}
	f.dataAt, err = f.readMeta(&meta, start)
	if err != nil {
		return f, err
	}
	f.TransferSyntax = f.String(tag.TransferSyntaxUID)
	f.enc = encodingOf(f.TransferSyntax)
	if f.enc.deflated {
		src = f.inflated(r)
	}
	at := f.dataAt
	if f.enc.deflated {
		at = 0
	}
	f.settle(src, at)
	p := parser{src: src, implicit: f.enc.implicit, order: f.enc.order, charset: newCharset(nil), stop: true}
	elements, _, err := p.dataset(at, src.size, false, 0)
	f.Elements = append(f.Elements, elements...)
	if errors.Is(err, errStopPixel) {
		err = f.takePixel(p.pixel, src)
	}
	if err == nil && !f.HasPixels() && !f.Has(tag.PixelDataProviderURL) && (f.Has(tag.Rows) && f.Has(tag.BitsAllocated) || f.wantsPixels()) {
		f.note(noPixelData, study.Warning, "the object should hold pixels but has none; the file may be cut")
	}
	if err == nil && len(elements) == 0 {
		err = frame.Truncatedf(pkg, "data set: want elements, got none")
	}
	if err != nil && isTruncated(err) {
		f.note("truncated-file", study.Warning, "the file ends within its header; what could be read is offered")
	}
	return f, err
}

// takePixel notes where the pixel data lie.
func (f *File) takePixel(h header, src *source) error {
	f.pixel = h
	skipped, err := sk.NewValue(sk.PixelDataInfo{IntentionallySkipped: true, IsEncapsulated: h.length == undefined})
	if err != nil {
		return err
	}
	f.Elements = append(f.Elements, &sk.Element{Tag: h.tag, ValueRepresentation: tag.VRPixelData, RawValueRepresentation: h.vr, ValueLength: h.length, Value: skipped})
	const least = 16 // an offset table and one fragment, both empty
	switch left := max(0, src.size-h.value); {
	case h.length == undefined && src.known && left < least:
		f.note("truncated-pixel-data", study.Warning, fmt.Sprintf("pixel data: want %d bytes and more, got %d", least, left))
	case h.length != undefined && src.known && int64(h.length) > left:
		f.note("truncated-pixel-data", study.Warning, fmt.Sprintf("pixel data: want %d bytes, got %d", h.length, left))
	}
	return nil
}

func (f *File) note(code string, severity study.Severity, text string) {
	f.Issues = append(f.Issues, study.Issue{Code: code, Severity: severity, Where: "file", Text: text})
}

// findStart gives the position of the first element: behind preamble and prefix, or 0.
func findStart(src *source) (int64, error) {
	if b, err := src.view(0, 132); err == nil && string(b[128:132]) == "DICM" {
		return 132, nil
	}
	b, err := src.view(0, 8)
	if err != nil {
		return 0, frame.Errorf(pkg, "want a DICOM file, got %d bytes", src.size)
	}
	if string(b[:4]) == "DICM" {
		return 4, nil
	}
	if plausible(b, src.size) {
		return 0, nil
	}
	return 0, frame.Errorf(pkg, "want a DICOM file, got neither the prefix DICM nor a data set")
}

// plausible says whether b starts a data set without a preamble: an element of group 0002 or 0008
// (0000 in old files) whose length is small.
func plausible(b []byte, size int64) bool {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		group, element := order.Uint16(b), order.Uint16(b[2:])
		if group != 2 && group != 8 && group != 4 || element > 0x2000 {
			continue
		}
		if _, ok := vrOf(string(b[4:6])); ok {
			return true
		}
		if n := order.Uint32(b[4:]); int64(n) <= size-8 && n <= 1024 {
			return true
		}
	}
	return false
}

// readMeta reads the elements of group 0002, always explicit little endian (PS3.10 section 7.1).
func (f *File) readMeta(p *parser, pos int64) (int64, error) {
	for {
		b, err := p.src.view(pos, 8)
		if err != nil {
			if len(f.Elements) > 0 {
				f.note("truncated-file", study.Warning, "the file ends within its header; what could be read is offered")
				return pos, err
			}
			return pos, nil
		}
		if binary.LittleEndian.Uint16(b) != 2 {
			return pos, nil
		}
		_, known := vrOf(string(b[4:6]))
		p.implicit = !known
		h, err := p.header(pos, p.src.size)
		if err != nil {
			return pos, err
		}
		v, next, err := p.value(&h, p.src.size, 0)
		if err != nil {
			return pos, err
		}
		f.Elements = append(f.Elements, &sk.Element{Tag: h.tag, ValueRepresentation: tag.GetVRKind(h.tag, h.vr), RawValueRepresentation: h.vr, ValueLength: h.length, Value: v})
		pos = next
	}
}

// settle compares the declared encoding with the first element and follows the element where they
// differ, with an issue.
func (f *File) settle(src *source, at int64) {
	b, err := src.view(at, 8)
	if err != nil {
		return
	}
	_, letters := vrOf(string(b[4:6]))
	found := encoding{order: binary.LittleEndian, implicit: !letters, deflated: f.enc.deflated, bigPixels: f.enc.bigPixels}
	group := binary.LittleEndian.Uint16(b)
	if group >= 0x0400 && binary.BigEndian.Uint16(b) <= 0x0028 {
		found.order, found.bigPixels = binary.BigEndian, true
	} else if f.enc.order == binary.BigEndian {
		found.bigPixels = false
	}
	if found == f.enc {
		return
	}
	if f.TransferSyntax == "" {
		f.enc = found
		f.TransferSyntax = ExplicitLittle
		switch {
		case found.order == binary.BigEndian:
			f.TransferSyntax = ExplicitBig
		case found.implicit:
			f.TransferSyntax = ImplicitLittle
		}
		f.note("no-transfer-syntax", study.Note, "no TransferSyntaxUID; taken from the first element")
		return
	}
	f.enc = found
	f.note("wrong-transfer-syntax", study.Warning, "the data set is not written as TransferSyntaxUID says; read as it is written")
}
