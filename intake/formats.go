package intake

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/analyze"
	"github.com/caliper-imaging/caliper/volume/metaimage"
	"github.com/caliper-imaging/caliper/volume/mgh"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/npy"
	"github.com/caliper-imaging/caliper/volume/nrrd"
	"github.com/caliper-imaging/caliper/volume/raster"
	"github.com/caliper-imaging/caliper/volume/tiff"
)

// Format is a kind of file that may hold an image.
type Format struct {
	Name    string
	Doc     string
	Endings []string // of names that claim the format, lower case
	Also    []string // of further names that it is written to
	Reads   bool
	Writes  bool
	Keeps   string // what a file holds of where voxels lie, beside their values

	magic   func(head []byte) bool // whether the first bytes claim it; head is shorter for a short file
	picture bool                   // it has no place in a patient, and mostly no spacing of its own
	named   bool                   // it is read only where a user names the file
	header  func(path string) (*header, error)
	stored  func(path string) (*volume.Raw, error) // values in their own type, all frames
	frames  func(ctx context.Context, path string) iter.Seq2[*volume.Volume, error]
	mask    func(path string) (*volume.Mask, error)
	write   func(path string, image any) error
}

// header is what an image in one file says of itself.
type header struct {
	volume.Geometry
	frames, channels int
	labels           bool // it says that its values are labels
	spaced           bool // a picture that says its spacing
	levels           []study.Level
	issues           []study.Issue
}

// Formats is the table of what is read and written, sorted by name. A file is of the format that its
// first bytes claim, else of the one that its name claims. DICOM, whose images lie in many files, is
// read by scan and Open themselves.
func Formats() []Format {
	return []Format{
		{Name: "analyze", Doc: "ANALYZE 7.5 pairs (.hdr, .img), which don't tell left from right", Reads: true, Keeps: keepsSpacing,
			magic: analyze.Claims, header: analyzeHeader, frames: analyze.Frames, stored: analyzeStored, mask: func(path string) (*volume.Mask, error) { return wholeLabels(analyze.Read(path)) }},
		{Name: "dicom", Doc: "DICOM PS3.10 files, also concatenated, and what a DICOMDIR lists", Endings: []string{".dcm", ".dicom", ".ima"}, Reads: true, Keeps: keepsAll, magic: isDICOM},
		{Name: "jpeg", Doc: "JPEG pictures", Endings: []string{".jpg", ".jpeg"}, Reads: true, Keeps: keepsNothing,
			magic: prefix("\xff\xd8\xff"), picture: true, header: pictureHeader, frames: pictureFrames},
		{Name: "metaimage", Doc: "MetaImage of ITK (.mha, .mhd)", Endings: []string{".mha", ".mhd"}, Reads: true, Writes: true, Keeps: keepsAll,
			magic: metaimage.Claims, header: metaimageHeader, frames: metaimage.Frames, stored: metaimage.ReadRaw, mask: func(path string) (*volume.Mask, error) { return wholeLabels(metaimage.Read(path)) }, write: metaimage.Write},
		{Name: "mgh", Doc: "volumes of FreeSurfer (.mgh, .mgz)", Endings: []string{".mgh", ".mgz"}, Reads: true, Writes: true, Keeps: keepsAll,
			magic: noMagic, header: mghHeader, frames: mgh.Frames, stored: mgh.ReadRaw, mask: func(path string) (*volume.Mask, error) { return wholeLabels(mgh.Read(path)) }, write: mgh.Write},
		{Name: "nifti", Doc: "NIfTI-1 and NIfTI-2, plain or gzipped, and .hdr/.img pairs", Endings: []string{".nii", ".nii.gz"}, Also: []string{".hdr", ".img"}, Reads: true, Writes: true, Keeps: keepsAll,
			magic: isNIfTI, header: niftiHeader, frames: nifti.Frames, mask: nifti.ReadMask, write: nifti.Write},
		{Name: "npy", Doc: "NumPy arrays of values (k, j, i), where the file is named", Endings: []string{".npy"}, Reads: true, Writes: true, Keeps: keepsNothing,
			magic: prefix("\x93NUMPY"), picture: true, named: true, header: npyHeader, frames: npyFrames, stored: npyStored, mask: npyMask, write: npy.WriteImage},
		{Name: "npz", Doc: "NumPy archives of data and affine, where the file is named", Endings: []string{".npz"}, Reads: true, Writes: true, Keeps: keepsAll,
			magic: noMagic, picture: true, named: true, header: npyHeader, frames: npyFrames, stored: npyStored, mask: npyMask, write: npy.WriteImage},
		{Name: "nrrd", Doc: "NRRD (.nrrd, .nhdr)", Endings: []string{".nrrd", ".nhdr"}, Reads: true, Writes: true, Keeps: keepsAll,
			magic: prefix("NRRD000"), header: nrrdHeader, frames: nrrd.Frames, stored: nrrd.ReadRaw, mask: func(path string) (*volume.Mask, error) { return wholeLabels(nrrd.Read(path)) }, write: nrrd.Write},
		{Name: "png", Doc: "PNG pictures of 8 or 16 bits", Endings: []string{".png"}, Reads: true, Writes: true, Keeps: keepsNothing,
			magic: prefix("\x89PNG\r\n\x1a\n"), picture: true, header: pictureHeader, frames: pictureFrames, mask: func(path string) (*volume.Mask, error) { return wholeLabels(raster.Read(path)) }, write: raster.WritePNG},
		{Name: "slide", Doc: "whole-slide images: DICOM WSM of any levels, TIFF pyramids (.svs)", Endings: []string{".svs"}, Reads: true, Keeps: keepsSpacing,
			magic: noMagic, picture: true, header: slideHeader, frames: slideFile},
		{Name: "tiff", Doc: "TIFF and BigTIFF, pages as slices, with the spacing of ImageJ and OME", Endings: []string{".tif", ".tiff"}, Reads: true, Writes: true, Keeps: keepsSpacing,
			magic: tiff.Claims, picture: true, header: tiffHeader, frames: tiffFrames, stored: tiffStored, mask: tiffMask, write: tiff.Write},
	}
}

// What formats keep.
const (
	keepsAll     = "position, orientation, spacing"
	keepsSpacing = "spacing"
	keepsNothing = "none"
)

// formatOf finds a row by name; ok is false where there is none.
func formatOf(name string) (row Format, ok bool) {
	for _, row := range Formats() {
		if row.Name == name {
			return row, true
		}
	}
	return Format{}, false
}

// headBytes is how much of a file is looked at to find its format.
const headBytes = 512

// Sniff finds the format that a file claims to be, by its first bytes or else by its name; "" where it
// claims none. The error is that of opening or reading the file.
func Sniff(path string) (string, error) {
	byName := claimedByName(path)
	f, err := archive.Open(path)
	if err != nil {
		return byName, err
	}
	defer f.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return byName, err
	}
	head = head[:n]
	if byName == "nifti" && bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		return byName, nil
	}
	for _, row := range Formats() {
		if row.magic != nil && row.magic(head) {
			return row.Name, nil
		}
	}
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		if name := packedPair(path, head); name != "" {
			return name, nil
		}
	}
	return byName, nil
}

func claimedByName(path string) string {
	name := strings.ToLower(filepath.Base(path))
	for _, row := range Formats() {
		for _, ending := range row.Endings {
			if row.Reads && strings.HasSuffix(name, ending) && name != ending {
				return row.Name
			}
		}
	}
	return ""
}

// noMagic is of a format whose first bytes are too common to claim it.
func noMagic([]byte) bool { return false }

func prefix(magic string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }
}

func isDICOM(head []byte) bool { return len(head) >= 132 && string(head[128:132]) == "DICM" }

// isNIfTI knows the header of a single file or of a pair.
func isNIfTI(head []byte) bool {
	if len(head) < 348 {
		return false
	}
	switch binary.LittleEndian.Uint32(head) {
	case 348, 0x5c010000:
		m := string(head[344:348])
		return m == "n+1\x00" || m == "ni1\x00"
	case 540, 0x1c020000:
		m := string(head[4:8])
		return m == "n+2\x00" || m == "ni2\x00"
	}
	return false
}

// packedPair looks into a gzipped .hdr.
func packedPair(path string, head []byte) string {
	if !strings.HasSuffix(strings.ToLower(path), ".hdr.gz") {
		return ""
	}
	z, err := gzip.NewReader(bytes.NewReader(head))
	if err != nil {
		return ""
	}
	inner := make([]byte, 348)
	n, _ := io.ReadFull(z, inner) // the end is cut off: what came before it counts
	switch {
	case isNIfTI(inner[:n]):
		return "nifti"
	case analyze.Claims(inner[:n]):
		return "analyze"
	}
	return ""
}

// maybeDICOM says whether a file that claims nothing could be DICOM without the 128-byte preamble:
// its first element is of a low group, and its name has no ending that says otherwise.
func maybeDICOM(path string) bool {
	ending := filepath.Ext(path)
	if len(ending) > 1 && strings.Trim(ending[1:], "0123456789") != "" {
		return false
	}
	f, err := archive.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [8]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return false
	}
	little := head[1] == 0 && (head[0] == 2 || head[0] == 8) && head[3] == 0
	big := head[0] == 0 && (head[1] == 2 || head[1] == 8) && head[2] == 0
	return little || big
}

// reason is an error's text without the path of the file, which may say who the patient is.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Sprintf("%s: %v", p.Op, p.Err)
	}
	return err.Error()
}
