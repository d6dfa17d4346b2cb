package frame

import "fmt"

// FormatError says that the input breaks its format. Truncated is set where it only ends too early.
type FormatError struct {
	Where     string // package and place: "dicom: (0028,0010) Rows"
	What      string // expected and got
	Truncated bool
}

// Error gives where and what.
func (e *FormatError) Error() string { return e.Where + ": " + e.What }

// UnsupportedError says that the input may be valid but is not done here.
type UnsupportedError struct {
	Where string
	What  string
}

// Error gives where and what.
func (e *UnsupportedError) Error() string { return e.Where + ": " + e.What }

// Errorf makes a FormatError.
func Errorf(where, format string, args ...any) error {
	return &FormatError{Where: where, What: fmt.Sprintf(format, args...)}
}

// Truncatedf makes a FormatError for input that ends too early.
func Truncatedf(where, format string, args ...any) error {
	return &FormatError{Where: where, What: fmt.Sprintf(format, args...), Truncated: true}
}

// Unsupportedf makes an UnsupportedError.
func Unsupportedf(where, format string, args ...any) error {
	return &UnsupportedError{Where: where, What: fmt.Sprintf(format, args...)}
}
