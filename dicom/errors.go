package dicom

import "github.com/caliper-imaging/caliper/dicom/codec/frame"

// FormatError says that a file breaks the standard; Truncated is set where it only ends too early.
type FormatError = frame.FormatError

// UnsupportedError says that a file may be valid but that this package can't do it.
type UnsupportedError = frame.UnsupportedError

const pkg = "dicom"
