package intake

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// WriteFile writes an image (*volume.Volume), a mask (*volume.Mask) or stored values (*volume.Raw) in the
// format that the name asks for, one of the table's. The file appears whole or not at all.
func WriteFile(path string, image any) error {
	row, err := formatToWrite(path)
	if err != nil {
		return err
	}
	return row.write(path, image)
}

// Keeps says what the format that a name asks for holds of where voxels lie: "position, orientation, spacing",
// "spacing" or "none".
func Keeps(path string) string {
	row, err := formatToWrite(path)
	if err != nil {
		return keepsAll // a stream is NIfTI
	}
	return row.Keeps
}

// CanWrite reports, before any work is done, whether a name asks for a format that can be written.
func CanWrite(path string) error {
	_, err := formatToWrite(path)
	return err
}

func formatToWrite(path string) (Format, error) {
	name := strings.ToLower(filepath.Base(path))
	var endings []string
	for _, row := range Formats() {
		if row.write == nil {
			continue
		}
		for _, ending := range slices.Concat(row.Endings, row.Also) {
			if strings.HasSuffix(name, ending) && name != ending {
				return row, nil
			}
			endings = append(endings, ending)
		}
	}
	last := len(endings) - 1
	return Format{}, volume.Unsupported("intake: write: want a name that ends in %s or %s, got %q", strings.Join(endings[:last], ", "), endings[last], filepath.Ext(path))
}

// Scaled says whether a PNG of the image can't hold its values as they are; lo and hi are those that
// become 0 and 255.
func Scaled(v *volume.Volume) (lo, hi float32, scaled bool) {
	for _, x := range v.Data {
		if !(x >= 0 && x <= 65535) || x != float32(int32(x)) {
			lo, hi, _ = v.Range()
			return lo, hi, true
		}
	}
	return 0, 0, false
}
