package dicom

import (
	"encoding/binary"
)

// Transfer syntax UIDs of PS3.6 annex A that this package knows by name.
const (
	ImplicitLittle = "1.2.840.10008.1.2"
	ExplicitLittle = "1.2.840.10008.1.2.1"
	Encapsulated   = "1.2.840.10008.1.2.1.98" // encapsulated uncompressed
	Deflated       = "1.2.840.10008.1.2.1.99"
	ExplicitBig    = "1.2.840.10008.1.2.2"
	DeflatedFrames = "1.2.840.10008.1.2.8.1"
	PapyrusLittle  = "1.2.840.10008.1.20" // retired; implicit little endian
	GEPrivateBig   = "1.2.840.113619.5.2" // implicit little endian, pixels big endian
)

// encoding is how a transfer syntax writes a data set.
type encoding struct {
	implicit  bool
	order     binary.ByteOrder
	bigPixels bool
	deflated  bool
}

func encodingOf(uid string) encoding {
	e := encoding{order: binary.LittleEndian}
	switch uid {
	case ImplicitLittle, PapyrusLittle:
		e.implicit = true
	case GEPrivateBig:
		e.implicit, e.bigPixels = true, true
	case ExplicitBig:
		e.order, e.bigPixels = binary.BigEndian, true
	case Deflated:
		e.deflated = true
	}
	return e
}
