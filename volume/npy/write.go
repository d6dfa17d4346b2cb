package npy

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/volume"
)

// Write writes an array to a file, which appears whole or not at all.
func Write(path string, a *Array) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error { return Encode(w, a) })
}

// Encode writes an array in format version 1, or 2 where the header is long.
func Encode(w io.Writer, a *Array) error {
	code, ok := map[volume.DType]string{
		volume.Bool: "|b1", volume.Uint8: "|u1", volume.Int8: "|i1", volume.Uint16: "<u2", volume.Int16: "<i2", volume.Uint32: "<u4",
		volume.Int32: "<i4", volume.Uint64: "<u8", volume.Int64: "<i8", volume.Float32: "<f4", volume.Float64: "<f8",
	}[a.DType]
	if !ok {
		return fmt.Errorf("npy: write: want a known type, got %q", a.DType)
	}
	if want := a.Len() * a.DType.Size(); len(a.Bytes) != want {
		return fmt.Errorf("npy: write: want %d bytes for shape %v of %s, got %d", want, a.Shape, a.DType, len(a.Bytes))
	}
	var shape strings.Builder
	for _, s := range a.Shape {
		fmt.Fprintf(&shape, "%d, ", s)
	}
	dims := strings.TrimSuffix(shape.String(), " ")
	if len(a.Shape) != 1 {
		dims = strings.TrimSuffix(dims, ",")
	}
	fortran := "False"
	if a.Fortran {
		fortran = "True"
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", code, fortran, dims)
	lead := len(magic) + 4
	pad := (64 - (lead+len(text)+1)%64) % 64
	text += strings.Repeat(" ", pad) + "\n"
	if len(text) > math.MaxUint16 {
		return fmt.Errorf("npy: write: want fewer indices, got %d", len(a.Shape))
	}
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	if _, err := w.Write(append(b, text...)); err != nil {
		return err
	}
	_, err := w.Write(a.Bytes)
	return err
}

// EncodeZip writes arrays as an .npz archive, deflated, by name.
func EncodeZip(w io.Writer, arrays map[string]*Array) error {
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		m, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Deflate})
		if err != nil {
			return fmt.Errorf("npy: write: %w", err)
		}
		if err := Encode(m, arrays[name]); err != nil {
			return err
		}
	}
	return z.Close()
}
