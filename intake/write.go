package intake

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
	"github.com/caliper-imaging/caliper/volume/npy"
	"github.com/caliper-imaging/caliper/volume/raster"
)

// WriteFile writes an image (*volume.Volume), a mask (*volume.Mask) or stored values (*volume.Raw) in the
// format that the name asks for: .nii, .nii.gz, .npy, or .png for one slice. The file appears whole or
// not at all.
func WriteFile(path string, image any) error {
	format, err := formatToWrite(path)
	if err != nil {
		return err
	}
	switch format {
	case "nifti":
		return nifti.Write(path, image)
	case "png":
		return raster.WritePNG(path, image)
	}
	switch x := image.(type) {
	case *volume.Volume:
		return npy.Write(path, npy.FromVolume(x))
	case *volume.Mask:
		return npy.Write(path, npy.FromMask(x))
	case *volume.Raw:
		return npy.Write(path, npy.FromRaw(x))
	}
	return fmt.Errorf("intake: write: want *volume.Volume, *volume.Mask or *volume.Raw, got %T", image)
}

// CanWrite reports, before any work is done, whether a name asks for a format that can be written.
func CanWrite(path string) error {
	_, err := formatToWrite(path)
	return err
}

func formatToWrite(path string) (string, error) {
	if claimed := claimedByName(path); claimed == "nifti" || claimed == "png" {
		return claimed, nil
	}
	if strings.EqualFold(filepath.Ext(path), ".npy") {
		return "npy", nil
	}
	return "", volume.Unsupported("intake: write: want a name that ends in .nii, .nii.gz, .npy or .png, got %q", filepath.Ext(path))
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
