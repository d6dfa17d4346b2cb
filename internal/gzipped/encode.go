package gzipped

import (
	"errors"
	"io"
)

// Encode compresses what encode writes onto w.
func Encode(w io.Writer, encode func(io.Writer) error) error {
	z := NewWriter(w)
	return errors.Join(encode(z), z.Close())
}
