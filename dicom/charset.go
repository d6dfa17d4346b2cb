package dicom

import "strings"

// charset decodes text by SpecificCharacterSet (0008,0005): PS3.3 C.12.1.1.2, PS3.5 section 6.1.
type charset struct {
	terms []string
}

func newCharset(terms []string) *charset { return &charset{terms: terms} }

// decode turns bytes into UTF-8.
func (c *charset) decode(b []byte) string { return string(b) }

// split decodes the values of a multi-valued text.
func (c *charset) split(b []byte) []string {
	parts := strings.Split(c.decode(b), `\`)
	for i := range parts {
		parts[i] = trimRight(parts[i])
	}
	return parts
}
