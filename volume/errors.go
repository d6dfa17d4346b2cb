package volume

import "fmt"

// FormatError means that a file or stream is not what its format demands.
type FormatError struct{ Err error }

// Error is the text of the cause.
func (e *FormatError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// UnsupportedError means that the input is valid but not handled here.
type UnsupportedError struct{ Err error }

// Error is the text of the cause.
func (e *UnsupportedError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// Malformed makes a FormatError as fmt.Errorf makes an error.
func Malformed(format string, args ...any) error { return &FormatError{fmt.Errorf(format, args...)} }

// Unsupported makes an UnsupportedError as fmt.Errorf makes an error.
func Unsupported(format string, args ...any) error {
	return &UnsupportedError{fmt.Errorf(format, args...)}
}
