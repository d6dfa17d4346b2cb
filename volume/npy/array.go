// Package npy reads and writes NumPy's .npy files (format versions 1 to 3, numpy.lib.format) and .npz archives.
package npy

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/caliper-imaging/caliper/volume"
)

// Array is what a file holds. Bytes are little endian, in the order of the file: the last index
// fastest, or the first where Fortran is true.
type Array struct {
	DType   volume.DType
	Shape   []int
	Fortran bool
	Bytes   []byte
}

// Len is the number of values.
func (a *Array) Len() int {
	n := 1
	for _, s := range a.Shape {
		n *= s
	}
	return n
}

// FromFloat32 makes an array of float32 in C order; the data is copied.
func FromFloat32(shape []int, data []float32) *Array {
	b := make([]byte, 4*len(data))
	for n, x := range data {
		binary.LittleEndian.PutUint32(b[4*n:], math.Float32bits(x))
	}
	return &Array{DType: volume.Float32, Shape: shape, Bytes: b}
}

// FromFloat64 makes an array of float64 in C order; the data is copied.
func FromFloat64(shape []int, data []float64) *Array {
	b := make([]byte, 0, 8*len(data))
	for _, x := range data {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return &Array{DType: volume.Float64, Shape: shape, Bytes: b}
}

// FromInt64 makes an array of int64 in C order; the data is copied.
func FromInt64(shape []int, data []int64) *Array {
	b := make([]byte, 8*len(data))
	for n, x := range data {
		binary.LittleEndian.PutUint64(b[8*n:], uint64(x))
	}
	return &Array{DType: volume.Int64, Shape: shape, Bytes: b}
}

// FromVolume is the image with shape k, j, i, with the channel in front where there are several.
func FromVolume(v *volume.Volume) *Array {
	shape := []int{v.Size[2], v.Size[1], v.Size[0]}
	if v.Channels > 1 {
		shape = append([]int{v.Channels}, shape...)
	}
	return FromFloat32(shape, v.Data)
}

// FromMask is the mask with shape k, j, i as uint16.
func FromMask(m *volume.Mask) *Array {
	b := make([]byte, 2*len(m.Labels))
	for n, x := range m.Labels {
		binary.LittleEndian.PutUint16(b[2*n:], x)
	}
	return &Array{DType: volume.Uint16, Shape: []int{m.Size[2], m.Size[1], m.Size[0]}, Bytes: b}
}

// FromRaw is stored values with their own shape; the bytes are shared.
func FromRaw(r *volume.Raw) *Array { return &Array{DType: r.DType, Shape: r.Shape, Bytes: r.Bytes} }

// Float64s are the values as numbers, in the order of the file.
func (a *Array) Float64s() ([]float64, error) {
	out := make([]float64, a.Len())
	if err := a.each(func(n int, x float64) { out[n] = x }); err != nil {
		return nil, err
	}
	return out, nil
}

// Float32s are the values as numbers, in the order of the file.
func (a *Array) Float32s() ([]float32, error) {
	out := make([]float32, a.Len())
	if err := a.each(func(n int, x float64) { out[n] = float32(x) }); err != nil {
		return nil, err
	}
	return out, nil
}

func (a *Array) each(put func(n int, x float64)) error {
	size, le := a.DType.Size(), binary.LittleEndian
	if size == 0 || len(a.Bytes) != size*a.Len() {
		return fmt.Errorf("npy: values: want %d bytes for shape %v of %q, got %d", size*a.Len(), a.Shape, a.DType, len(a.Bytes))
	}
	for n := range a.Len() {
		b := a.Bytes[n*size:]
		switch a.DType {
		case volume.Bool, volume.Uint8:
			put(n, float64(b[0]))
		case volume.Int8:
			put(n, float64(int8(b[0])))
		case volume.Uint16:
			put(n, float64(le.Uint16(b)))
		case volume.Int16:
			put(n, float64(int16(le.Uint16(b))))
		case volume.Uint32:
			put(n, float64(le.Uint32(b)))
		case volume.Int32:
			put(n, float64(int32(le.Uint32(b))))
		case volume.Uint64:
			put(n, float64(le.Uint64(b)))
		case volume.Int64:
			put(n, float64(int64(le.Uint64(b))))
		case volume.Float32:
			put(n, float64(math.Float32frombits(le.Uint32(b))))
		case volume.Float64:
			put(n, math.Float64frombits(le.Uint64(b)))
		}
	}
	return nil
}

// COrder is the array with the last index fastest; it is the array itself where that is so already.
func (a *Array) COrder() *Array {
	if !a.Fortran {
		return a
	}
	size := a.DType.Size()
	out := &Array{DType: a.DType, Shape: a.Shape, Bytes: make([]byte, len(a.Bytes))}
	index := make([]int, len(a.Shape))
	for n := range a.Len() {
		from, step := 0, 1
		for d, x := range index {
			from += x * step
			step *= a.Shape[d]
		}
		copy(out.Bytes[n*size:(n+1)*size], a.Bytes[from*size:])
		for d := len(index) - 1; d >= 0; d-- {
			if index[d]++; index[d] < a.Shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}
