// Package frame says how one frame of pixels is laid out (DICOM PS3.5 section 8, PS3.3 C.7.6.3) and
// holds the limits and errors that all codecs share.
package frame

import "math"

// Limits of one frame, checked before anything is allocated.
const (
	MaxSide    = 1 << 16 // rows or columns
	MaxSamples = 4       // samples of a pixel
	MaxBytes   = 1 << 31 // bytes of one decoded frame
)

// Info describes a frame. What a codec writes is always rows by rows, samples of a pixel together,
// each sample in BytesPerSample bytes, little endian; BigEndian and Planar describe the source.
type Info struct {
	Rows, Columns int
	Samples       int    // 1 or 3 (4 is known but retired)
	BitsAllocated int    // 1, 8, 16, 32 or 64; other multiples of 8 up to 64 where a codec can
	BitsStored    int    // at most BitsAllocated
	HighBit       int    // usually BitsStored - 1
	Signed        bool   // PixelRepresentation 1
	Float         bool   // Float or Double Float Pixel Data
	Planar        bool   // PlanarConfiguration 1: the source holds plane after plane
	BigEndian     bool   // the source's byte order, for uncompressed frames
	Photometric   string // PhotometricInterpretation as the data set says
	Workers       int    // goroutines that a codec may use for the frame, which decodes the same; 0 is 1
}

// BytesPerSample is the size of one decoded sample: 1 for bits, else BitsAllocated / 8.
func (i Info) BytesPerSample() int { return max(1, i.BitsAllocated/8) }

// Pixels is the number of pixels of the frame.
func (i Info) Pixels() int { return i.Rows * i.Columns }

// Size is the number of bytes of the decoded frame.
func (i Info) Size() int { return i.Pixels() * i.Samples * i.BytesPerSample() }

// Validate holds the description to the limits, so that Size can be allocated.
func (i Info) Validate() error {
	const where = "dicom: frame"
	if i.Rows < 1 || i.Rows > MaxSide {
		return Errorf(where, "Rows: want 1 to %d, got %d", MaxSide, i.Rows)
	}
	if i.Columns < 1 || i.Columns > MaxSide {
		return Errorf(where, "Columns: want 1 to %d, got %d", MaxSide, i.Columns)
	}
	if i.Samples < 1 || i.Samples > MaxSamples {
		return Errorf(where, "SamplesPerPixel: want 1 to %d, got %d", MaxSamples, i.Samples)
	}
	switch i.BitsAllocated {
	case 1, 8, 16, 32, 64:
	default:
		return Unsupportedf(where, "BitsAllocated: want 1, 8, 16, 32 or 64, got %d", i.BitsAllocated)
	}
	if i.BitsStored < 1 || i.BitsStored > i.BitsAllocated {
		return Errorf(where, "BitsStored: want 1 to BitsAllocated (%d), got %d", i.BitsAllocated, i.BitsStored)
	}
	if n := float64(i.Rows) * float64(i.Columns) * float64(i.Samples) * float64(i.BytesPerSample()); n > math.Min(MaxBytes, math.MaxInt) {
		return Errorf(where, "size: want at most %d bytes, got %.0f", MaxBytes, n)
	}
	return nil
}

// CheckBuffers reports a destination of the wrong size.
func (i Info) CheckBuffers(where string, dst []byte) error {
	if err := i.Validate(); err != nil {
		return err
	}
	if len(dst) != i.Size() {
		return Errorf(where, "destination: want %d bytes, got %d", i.Size(), len(dst))
	}
	return nil
}
