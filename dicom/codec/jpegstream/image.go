package jpegstream

import "github.com/caliper-imaging/caliper/dicom/codec/frame"

// Image is a stream of one process whose components are all of one size and of up to 16 bits, as those of
// the lossless processes are.
type Image struct {
	*Stream
	Where   string // as errors begin
	Process string // in words, for errors
	SOF     byte   // the frame header's marker of the process
	Info    frame.Info
	Header  *Header                // once it has been read
	Done    [frame.MaxSamples]bool // the components that scans have filled
}

// Run reads segments until scans have filled all components. It gives scan headers to scan, with Header
// set, and segments that are neither frame nor scan header to other.
func (m *Image) Run(scan func(body []byte) error, other func(marker byte, body []byte) error) error {
	for {
		marker, body, err := m.Next()
		if err != nil {
			return err
		}
		switch {
		case marker == m.SOF:
			if m.Header != nil {
				return frame.Errorf(m.Where, "want one frame header, got another")
			}
			m.Header, err = m.parseHeader(body)
		case Process(marker) != "":
			return frame.Unsupportedf(m.Where, "%s: want %s", Process(marker), m.Process)
		case marker == SOS:
			if m.Header == nil {
				return frame.Errorf(m.Where, "scan: want a frame header before it, got none")
			}
			if err = scan(body); err == nil && m.complete() {
				return nil
			}
		case marker == EOI:
			return frame.Truncatedf(m.Where, "want scans of all components, got the end of the image")
		default:
			err = other(marker, body)
		}
		if err != nil {
			return err
		}
	}
}

func (m *Image) complete() bool {
	for i := range m.Header.Components {
		if !m.Done[i] {
			return false
		}
	}
	return true
}

func (m *Image) parseHeader(body []byte) (*Header, error) {
	h, err := ParseHeader(body, m.Info)
	if err != nil {
		return nil, err
	}
	if h.Precision > 16 {
		return nil, frame.Errorf(m.Where, "precision: want at most 16 bits, got %d", h.Precision)
	}
	for i, c := range h.Components {
		if c.H != h.MaxH || c.V != h.MaxV {
			return nil, frame.Unsupportedf(m.Where, "component %d: want all of one size, got a subsampled one", i)
		}
	}
	return h, nil
}
