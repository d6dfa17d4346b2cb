package metaimage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zlib"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/volume"
)

// Write writes an image, a mask or stored values (volume.StoredOf) with compressed voxels: in one file, or in
// a .zraw beside a header whose name ends in .mhd. Each file appears whole or not at all, the header last.
func Write(path string, image any) error {
	r, err := volume.StoredOf(image)
	if err != nil {
		return fmt.Errorf("metaimage: write: %w", err)
	}
	beside := "LOCAL"
	if strings.EqualFold(filepath.Ext(path), ".mhd") {
		beside = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + ".zraw"
	}
	head, voxels, err := encode(r, beside)
	if err != nil {
		return err
	}
	if beside == "LOCAL" {
		return atomicfile.WriteFile(path, func(w io.Writer) error { return both(w, head, voxels) })
	}
	if err := atomicfile.WriteBytes(filepath.Join(filepath.Dir(path), beside), voxels); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, []byte(head))
}

// Encode writes header and voxels to a stream.
func Encode(w io.Writer, image any) error {
	r, err := volume.StoredOf(image)
	if err != nil {
		return fmt.Errorf("metaimage: write: %w", err)
	}
	head, voxels, err := encode(r, "LOCAL")
	if err != nil {
		return err
	}
	return both(w, head, voxels)
}

func both(w io.Writer, head string, voxels []byte) error {
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	_, err := w.Write(voxels)
	return err
}

// encode packs the voxels first, as the header says how long they are then.
func encode(r *volume.Raw, beside string) (head string, voxels []byte, err error) {
	kind := "MET_UCHAR"
	for name, d := range types {
		if d == r.DType {
			kind = name
		}
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, err = z.Write(r.Bytes)
	if err = errors.Join(err, z.Close()); err != nil {
		return "", nil, fmt.Errorf("metaimage: write: %w", err)
	}
	rank := 3
	sizes, spacing, origin := r.Size[:], r.Spacing[:], r.Origin[:]
	if f := r.Frames(); f > 1 {
		rank = 4
		sizes, spacing, origin = append(sizes[:3:3], f), append(spacing[:3:3], 1), append(origin[:3:3], 0)
	}
	axes := make([]float64, rank*rank)
	for n := range rank {
		if n == 3 {
			axes[15] = 1
			continue
		}
		for c := range 3 {
			axes[n*rank+c] = r.Axes[n][c] + 0
		}
	}
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s = %s\n", key, value) }
	line("ObjectType", "Image")
	line("NDims", strconv.Itoa(rank))
	line("BinaryData", "True")
	line("BinaryDataByteOrderMSB", "False")
	line("CompressedData", "True")
	line("CompressedDataSize", strconv.Itoa(packed.Len()))
	line("TransformMatrix", join(axes))
	line("Offset", join(origin))
	line("ElementSpacing", join(spacing))
	line("DimSize", strings.Trim(fmt.Sprint(sizes), "[]"))
	if r.Channels > 1 {
		line("ElementNumberOfChannels", strconv.Itoa(r.Channels))
	}
	line("ElementType", kind)
	line("ElementDataFile", beside)
	return b.String(), packed.Bytes(), nil
}

func join(x []float64) string {
	words := make([]string, len(x))
	for n, f := range x {
		words[n] = strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strings.Join(words, " ")
}
