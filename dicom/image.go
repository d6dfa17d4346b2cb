package dicom

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// SOP classes of PS3.4 annex B.5 that Image is written as.
const (
	ClassDX               = "1.2.840.10008.5.1.4.1.1.1.1" // for presentation
	ClassCR               = "1.2.840.10008.5.1.4.1.1.1"
	ClassCT               = "1.2.840.10008.5.1.4.1.1.2"
	ClassMR               = "1.2.840.10008.5.1.4.1.1.4"
	ClassSecondaryCapture = "1.2.840.10008.5.1.4.1.1.7"
)

// UID derives a unique identifier from a seed: 2.25 and a 128-bit number (PS3.5 annex B.2). Equal
// seeds give equal UIDs.
func UID(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	sum[6] = sum[6]&0x0f | 0x40 // a version 4 UUID by form
	sum[8] = sum[8]&0x3f | 0x80
	return "2.25." + new(big.Int).SetBytes(sum[:16]).String()
}

// Image is one single-frame grey image to be written: a slice of CT or MR, or a radiograph. Empty
// and zero fields are left out, so that what is not known is not said.
type Image struct {
	Class                                 string // SOP class
	StudyUID, SeriesUID, InstanceUID      string
	FrameOfReferenceUID                   string
	PatientName, PatientID, IssuerOfID    string
	Sex                                   string
	Age                                   string // AS: 054Y
	BirthDate                             string // DA
	When                                  time.Time
	Modality, Manufacturer, Model         string
	StudyDescription, SeriesDescription   string
	BodyPart, View, Protocol              string
	SeriesNumber, InstanceNumber          int
	ImageType                             []string
	Rows, Columns                         int
	Signed                                bool
	BitsStored                            int      // 0: 16
	Pixels                                []uint16 // row by row; two's complement where Signed
	Photometric                           string   // "": MONOCHROME2
	PixelSpacingMM                        [2]float64
	ImagerPixelSpacingMM                  [2]float64 // between rows, between columns
	Magnification                         float64    // EstimatedRadiographicMagnificationFactor
	SourceToDetectorMM, SourceToPatientMM float64
	PositionMM                            *[3]float64 // ImagePositionPatient
	Orientation                           *[6]float64 // ImageOrientationPatient
	PatientOrientation                    []string    // of rows and columns: L, F
	SliceThicknessMM, SliceSpacingMM      float64
	RescaleSlope, RescaleIntercept        *float64
	RescaleType                           string
	WindowCentre, WindowWidth             float64
	KVP, TubeCurrentMA, ExposureMAs       float64
	EchoTimeMS, RepetitionTimeMS, FlipDeg float64
	FieldTesla                            float64
	Kernel                                string
	Extra                                 Elements // put in last
}

// Elements builds the data set, pixels included.
func (m *Image) Elements() (Elements, error) {
	if m.Rows < 1 || m.Columns < 1 || m.Rows > frame.MaxSide || m.Columns > frame.MaxSide || len(m.Pixels) != m.Rows*m.Columns {
		return nil, frame.Errorf(pkg, "image: want rows × columns pixels, got %d × %d and %d", m.Rows, m.Columns, len(m.Pixels))
	}
	b := builder{}
	b.text(tag.SOPClassUID, m.Class)
	b.text(tag.SOPInstanceUID, m.InstanceUID)
	b.text(tag.StudyInstanceUID, m.StudyUID)
	b.text(tag.SeriesInstanceUID, m.SeriesUID)
	b.text(tag.FrameOfReferenceUID, m.FrameOfReferenceUID)
	b.set(tag.PatientName, m.PatientName)
	b.set(tag.PatientID, m.PatientID)
	b.text(tag.IssuerOfPatientID, m.IssuerOfID)
	b.set(tag.PatientBirthDate, m.BirthDate)
	b.set(tag.PatientSex, m.Sex)
	b.text(tag.PatientAge, m.Age)
	if !m.When.IsZero() {
		day, clock := m.When.Format("20060102"), m.When.Format("150405")
		for _, t := range []tag.Tag{tag.StudyDate, tag.SeriesDate, tag.AcquisitionDate, tag.ContentDate} {
			b.text(t, day)
		}
		for _, t := range []tag.Tag{tag.StudyTime, tag.SeriesTime, tag.AcquisitionTime, tag.ContentTime} {
			b.text(t, clock)
		}
	}
	b.text(tag.Modality, m.Modality)
	b.text(tag.Manufacturer, m.Manufacturer)
	b.text(tag.ManufacturerModelName, m.Model)
	b.text(tag.StudyDescription, m.StudyDescription)
	b.text(tag.SeriesDescription, m.SeriesDescription)
	b.text(tag.ProtocolName, m.Protocol)
	b.text(tag.BodyPartExamined, m.BodyPart)
	b.text(tag.ViewPosition, m.View)
	b.set(tag.SeriesNumber, m.SeriesNumber)
	b.set(tag.InstanceNumber, m.InstanceNumber)
	if len(m.ImageType) > 0 {
		b.set(tag.ImageType, m.ImageType)
	}
	if len(m.PatientOrientation) > 0 {
		b.set(tag.PatientOrientation, m.PatientOrientation)
	}
	b.pair(tag.PixelSpacing, m.PixelSpacingMM)
	b.pair(tag.ImagerPixelSpacing, m.ImagerPixelSpacingMM)
	b.number(tag.EstimatedRadiographicMagnificationFactor, m.Magnification)
	b.number(tag.DistanceSourceToDetector, m.SourceToDetectorMM)
	b.number(tag.DistanceSourceToPatient, m.SourceToPatientMM)
	if m.PositionMM != nil {
		b.set(tag.ImagePositionPatient, m.PositionMM[:])
	}
	if m.Orientation != nil {
		b.set(tag.ImageOrientationPatient, m.Orientation[:])
	}
	b.number(tag.SliceThickness, m.SliceThicknessMM)
	b.number(tag.SpacingBetweenSlices, m.SliceSpacingMM)
	if m.RescaleSlope != nil && m.RescaleIntercept != nil {
		b.set(tag.RescaleSlope, *m.RescaleSlope)
		b.set(tag.RescaleIntercept, *m.RescaleIntercept)
		b.text(tag.RescaleType, m.RescaleType)
	}
	if m.WindowWidth > 0 {
		b.set(tag.WindowCenter, m.WindowCentre)
		b.set(tag.WindowWidth, m.WindowWidth)
	}
	b.number(tag.KVP, m.KVP)
	b.number(tag.XRayTubeCurrent, m.TubeCurrentMA)
	b.number(tag.Exposure, m.ExposureMAs)
	b.number(tag.EchoTime, m.EchoTimeMS)
	b.number(tag.RepetitionTime, m.RepetitionTimeMS)
	b.number(tag.FlipAngle, m.FlipDeg)
	b.number(tag.MagneticFieldStrength, m.FieldTesla)
	b.text(tag.ConvolutionKernel, m.Kernel)
	m.pixels(&b)
	for _, el := range m.Extra {
		if b.err == nil && el.Value != nil {
			b.out.place(el)
		}
	}
	return b.out, b.err
}

// pixels puts in the image pixel module (PS3.3 C.7.6.3).
func (m *Image) pixels(b *builder) {
	stored := m.BitsStored
	if stored == 0 {
		stored = 16
	}
	photometric := m.Photometric
	if photometric == "" {
		photometric = "MONOCHROME2"
	}
	sign := 0
	if m.Signed {
		sign = 1
	}
	b.set(tag.SamplesPerPixel, 1)
	b.set(tag.PhotometricInterpretation, photometric)
	b.set(tag.Rows, m.Rows)
	b.set(tag.Columns, m.Columns)
	b.set(tag.BitsAllocated, 16)
	b.set(tag.BitsStored, stored)
	b.set(tag.HighBit, stored-1)
	b.set(tag.PixelRepresentation, sign)
	raw := make([]byte, 0, 2*len(m.Pixels))
	for _, v := range m.Pixels {
		raw = binary.LittleEndian.AppendUint16(raw, v)
	}
	b.set(tag.PixelData, raw)
}

// builder sets elements and keeps the first error.
type builder struct {
	out Elements
	err error
}

func (b *builder) set(t tag.Tag, value any) {
	if b.err == nil {
		b.err = b.out.Set(t, "", value)
	}
}

func (b *builder) text(t tag.Tag, value string) {
	if value != "" {
		b.set(t, value)
	}
}

func (b *builder) number(t tag.Tag, value float64) {
	if value != 0 {
		b.set(t, value)
	}
}

func (b *builder) pair(t tag.Tag, value [2]float64) {
	if value != [2]float64{} {
		b.set(t, value[:])
	}
}
