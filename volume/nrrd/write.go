package nrrd

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/internal/gzipped"
	"github.com/caliper-imaging/caliper/volume"
)

// Write writes an image, a mask or stored values (volume.StoredOf) with gzipped voxels: in one file, or beside
// a header whose name ends in .nhdr. Each file appears whole or not at all, the header last.
func Write(path string, image any) error {
	r, err := volume.StoredOf(image)
	if err != nil {
		return fmt.Errorf("nrrd: write: %w", err)
	}
	if !strings.EqualFold(filepath.Ext(path), ".nhdr") {
		return atomicfile.WriteFile(path, func(w io.Writer) error { return encode(w, r) })
	}
	beside := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + ".raw.gz"
	if err := atomicfile.WriteFile(filepath.Join(filepath.Dir(path), beside), func(w io.Writer) error { return pack(w, r) }); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, []byte(headerOf(r)+"data file: "+beside+"\n"))
}

// Encode writes header and voxels to a stream.
func Encode(w io.Writer, image any) error {
	r, err := volume.StoredOf(image)
	if err != nil {
		return fmt.Errorf("nrrd: write: %w", err)
	}
	return encode(w, r)
}

func encode(w io.Writer, r *volume.Raw) error {
	if _, err := io.WriteString(w, headerOf(r)+"\n"); err != nil {
		return err
	}
	return pack(w, r)
}

func pack(w io.Writer, r *volume.Raw) error {
	return gzipped.Encode(w, func(z io.Writer) error {
		_, err := z.Write(r.Bytes)
		return err
	})
}

// headerOf is the text before the empty line.
func headerOf(r *volume.Raw) string {
	types := map[volume.DType]string{volume.Bool: "uint8", volume.Float32: "float", volume.Float64: "double"}
	kind, ok := types[r.DType]
	if !ok {
		kind = string(r.DType)
	}
	sizes, directions, kinds := []string{}, []string{}, []string{}
	if r.Channels > 1 {
		sizes, directions, kinds = append(sizes, strconv.Itoa(r.Channels)), append(directions, "none"), append(kinds, colour(r))
	}
	a := r.Affine()
	for n := range 3 {
		sizes, kinds = append(sizes, strconv.Itoa(r.Size[n])), append(kinds, "domain")
		directions = append(directions, vector(a[0][n], a[1][n], a[2][n]))
	}
	if f := r.Frames(); f > 1 {
		sizes, directions, kinds = append(sizes, strconv.Itoa(f)), append(directions, "none"), append(kinds, "list")
	}
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s: %s\n", key, value) }
	b.WriteString("NRRD0004\n")
	line("type", kind)
	line("dimension", strconv.Itoa(len(sizes)))
	line("space", "left-posterior-superior")
	line("sizes", strings.Join(sizes, " "))
	line("space directions", strings.Join(directions, " "))
	line("kinds", strings.Join(kinds, " "))
	if r.DType.Size() > 1 {
		line("endian", "little")
	}
	line("encoding", "gzip")
	line("space origin", vector(a[0][3], a[1][3], a[2][3]))
	return b.String()
}

func colour(r *volume.Raw) string {
	switch {
	case r.DType == volume.Uint8 && r.Channels == 3:
		return "RGB-color"
	case r.DType == volume.Uint8 && r.Channels == 4:
		return "RGBA-color"
	}
	return "vector"
}

func vector(x, y, z float64) string {
	f := func(x float64) string { return strconv.FormatFloat(x+0, 'g', -1, 64) }
	return "(" + f(x) + "," + f(y) + "," + f(z) + ")"
}
