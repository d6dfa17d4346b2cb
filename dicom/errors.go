package dicom

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// FormatError says that a file breaks the standard; Truncated is set where it only ends too early.
type FormatError = frame.FormatError

// UnsupportedError says that a file may be valid but that this package can't do it.
type UnsupportedError = frame.UnsupportedError

const pkg = "dicom"

// within puts a place before an error of this package without naming the package twice.
func within(place string, err error) error {
	if err == nil {
		return nil
	}
	text := strings.TrimPrefix(err.Error(), "dicom: ")
	var format *FormatError
	if errors.As(err, &format) {
		return &FormatError{Where: pkg + ": " + place, What: text, Truncated: format.Truncated}
	}
	var unsupported *UnsupportedError
	if errors.As(err, &unsupported) {
		return &UnsupportedError{Where: pkg + ": " + place, What: text}
	}
	return fmt.Errorf("dicom: %s: %w", place, err)
}
