package tensor

import (
	"fmt"
	"unsafe"
)

// Element is what a tensor's memory may be seen as: float16, bfloat16 and float8 values are codes in
// uint16 and uint8, and elements of two and four bits take one byte each.
type Element interface {
	~float32 | ~float64 | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~bool | ~complex64 | ~complex128
}

// Data is the elements as T without a copy. T must have the element type's size; a mismatch is a
// programmer's mistake and panics.
func Data[T Element](t *Tensor) []T {
	var z T
	if int(unsafe.Sizeof(z)) != t.dt.Size() || t.dt == String {
		panic(fmt.Sprintf("tensor: %v read as elements of %d bytes", t.dt, unsafe.Sizeof(z)))
	}
	if t.n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(t.ptr), t.n)
}

func typed[T Element](t *Tensor, dt DType) []T {
	if t.dt != dt {
		panic(fmt.Sprintf("tensor: %v read as %v", t.dt, dt))
	}
	return Data[T](t)
}

// Float32 is the elements of a float32 tensor, not copied. Another type panics.
func (t *Tensor) Float32() []float32 { return typed[float32](t, Float32) }

// Float64 is the elements of a float64 tensor, not copied. Another type panics.
func (t *Tensor) Float64() []float64 { return typed[float64](t, Float64) }

// Int64 is the elements of an int64 tensor, not copied. Another type panics.
func (t *Tensor) Int64() []int64 { return typed[int64](t, Int64) }

// Int32 is the elements of an int32 tensor, not copied. Another type panics.
func (t *Tensor) Int32() []int32 { return typed[int32](t, Int32) }

// Uint8 is the elements of a uint8 tensor, not copied. Another type panics.
func (t *Tensor) Uint8() []uint8 { return typed[uint8](t, Uint8) }

// Bool is the elements of a bool tensor, not copied. Another type panics.
func (t *Tensor) Bool() []bool { return typed[bool](t, Bool) }

// Strings is the elements of a string tensor, not copied. Another type panics.
func (t *Tensor) Strings() []string {
	if t.dt != String {
		panic(fmt.Sprintf("tensor: %v read as string", t.dt))
	}
	return t.strs
}

// Bytes is the memory of a tensor that is not of strings, not copied.
func (t *Tensor) Bytes() []byte {
	if t.dt == String || t.n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(t.ptr), t.n*t.dt.Size())
}

// Cells is the elements as T without a copy, for operators that only move elements: T is string for
// a string tensor, else any type of the element's size.
func Cells[T any](t *Tensor) []T {
	if t.dt == String {
		s, ok := any(t.strs).([]T)
		if !ok {
			panic("tensor: strings moved as numbers")
		}
		return s
	}
	var z T
	if int(unsafe.Sizeof(z)) != t.dt.Size() {
		panic(fmt.Sprintf("tensor: %v moved as elements of %d bytes", t.dt, unsafe.Sizeof(z)))
	}
	if t.n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(t.ptr), t.n)
}
