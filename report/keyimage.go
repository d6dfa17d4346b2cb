package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/report/internal/draw"
	"github.com/caliper-imaging/caliper/study"
)

// maxKeyImage caps the pixels of a key image.
const maxKeyImage = 1 << 26

// SaveKeyImages writes the pixels of each key image as PNG below dir, the folder of report.json, and
// sets its Path (where empty: images/<ID>.png, or images/<number>.png where the ID is no plain name)
// and SHA256. Images without Pixels are left alone.
func SaveKeyImages(dir string, images []study.KeyImage) error {
	for n := range images {
		k := &images[n]
		if k.Pixels == nil {
			continue
		}
		if err := checkKeyImage(k); err != nil {
			return err
		}
		if k.Path == "" {
			name := fmt.Sprintf("%03d", n+1)
			if plainName(k.ID) {
				name = k.ID
			}
			k.Path = "images/" + name + ".png"
		}
		if !filepath.IsLocal(filepath.FromSlash(k.Path)) {
			return fmt.Errorf("report: key image %q: path: want one below the report's folder", k.ID)
		}
		data, err := encodePNG(k)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		k.SHA256 = hex.EncodeToString(sum[:])
		if err := atomicfile.WriteBytes(filepath.Join(dir, filepath.FromSlash(k.Path)), data); err != nil {
			return err
		}
	}
	return nil
}

// LoadKeyImages fills the Pixels that are nil from the PNG files below dir. Images that can't be read
// stay without pixels; the error joins what is wrong with each.
func LoadKeyImages(dir string, images []study.KeyImage) error {
	var errs []error
	for n := range images {
		if k := &images[n]; k.Pixels == nil {
			errs = append(errs, loadKeyImage(dir, k))
		}
	}
	return errors.Join(errs...)
}

func loadKeyImage(dir string, k *study.KeyImage) error {
	path := filepath.FromSlash(k.Path)
	if k.Path == "" || !filepath.IsLocal(path) {
		return fmt.Errorf("report: key image %q: path: want a file below the report's folder, got %q", k.ID, k.Path)
	}
	f, err := os.Open(filepath.Join(dir, path))
	if err != nil {
		return fmt.Errorf("report: key image %q: %w", k.ID, err)
	}
	defer f.Close()
	head, err := png.DecodeConfig(f)
	if err != nil {
		return fmt.Errorf("report: key image %q: %w", k.ID, err)
	}
	if head.Width != k.Width || head.Height != k.Height {
		return fmt.Errorf("report: key image %q: want %d × %d pixels, got %d × %d", k.ID, k.Width, k.Height, head.Width, head.Height)
	}
	if !sizeFits(k.Width, k.Height) || k.Samples != 1 && k.Samples != 3 {
		return fmt.Errorf("report: key image %q: want at most %d pixels of 1 or 3 samples", k.ID, maxKeyImage)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("report: key image %q: %w", k.ID, err)
	}
	img, err := png.Decode(f)
	if err != nil {
		return fmt.Errorf("report: key image %q: %w", k.ID, err)
	}
	k.Pixels = samplesOf(img, k.Samples)
	return nil
}

func samplesOf(img image.Image, samples int) []byte {
	b := img.Bounds()
	out := make([]byte, 0, b.Dx()*b.Dy()*samples)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		if g, ok := img.(*image.Gray); ok && samples == 1 {
			row := g.PixOffset(b.Min.X, y)
			out = append(out, g.Pix[row:row+b.Dx()]...)
			continue
		}
		for x := b.Min.X; x < b.Max.X; x++ {
			if samples == 1 {
				out = append(out, color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
				continue
			}
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			out = append(out, c.R, c.G, c.B)
		}
	}
	return out
}

func encodePNG(k *study.KeyImage) ([]byte, error) {
	var out bytes.Buffer
	if err := png.Encode(&out, draw.Picture(k)); err != nil {
		return nil, fmt.Errorf("report: key image %q: %w", k.ID, err)
	}
	return out.Bytes(), nil
}

func checkKeyImage(k *study.KeyImage) error {
	if !sizeFits(k.Width, k.Height) || k.Samples != 1 && k.Samples != 3 || len(k.Pixels) != k.Width*k.Height*k.Samples {
		return fmt.Errorf("report: key image %q: want %d × %d pixels of 1 or 3 samples, got %d bytes at %d samples",
			k.ID, k.Width, k.Height, len(k.Pixels), k.Samples)
	}
	return nil
}

func sizeFits(w, h int) bool { return w > 0 && h > 0 && w <= maxKeyImage/h }

// plainName is a name that is safe as a file's on any system.
func plainName(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '.' {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}
