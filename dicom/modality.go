package dicom

import (
	"encoding/binary"
	"math"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/volume"
)

// modality turns stored values into the modality's: PS3.3 C.11.1, or C.7.6.16.2.9 by frame.
type modality struct {
	slope, intercept float64
	lut              []float32 // where set, slope and intercept don't apply
	first            int       // the stored value of lut[0]
	unit             string    // RescaleType or ModalityLUTType
}

const classParametricMap = "1.2.840.10008.5.1.4.1.1.30"

func (h frameHeader) modality() (modality, error) {
	m := modality{slope: 1}
	if h.data.String(tag.SOPClassUID) == classParametricMap {
		if item := h.realWorld(); item != nil { // its values are nothing else (PS3.3 A.75)
			return m, m.realWorld(item)
		}
	}
	if item := h.macro(tag.PixelValueTransformationSequence); item != nil {
		if err := m.rescale(item); err != nil {
			return m, err
		}
		h.philips(&m)
		return m, nil
	}
	if item := h.data.Item(tag.ModalityLUTSequence); item != nil {
		t, err := readLUT(item)
		if err != nil {
			return m, err
		}
		m.lut, m.first, m.unit = t.values, t.first, item.String(tag.ModalityLUTType)
		return m, nil
	}
	if v, ok := h.data.Float(tag.DoseGridScaling); ok && h.data.String(tag.Modality) == "RTDOSE" {
		if v == 0 {
			return m, frame.Errorf(pkg, "%v DoseGridScaling: want a number other than 0, got 0", tag.DoseGridScaling)
		}
		m.slope, m.unit = v, h.data.String(tag.DoseUnits)
		return m, nil
	}
	if !h.data.Has(tag.RescaleSlope) {
		if item := h.realWorld(); item != nil {
			return m, m.realWorld(item)
		}
	}
	if err := m.rescale(h.data); err != nil {
		return m, err
	}
	h.philips(&m)
	return m, nil
}

// realWorld is the first mapping of stored to real-world values of a frame, or nil: PS3.3 C.7.6.16.2.11.
func (h frameHeader) realWorld() Elements {
	if item := h.macro(tag.RealWorldValueMappingSequence); item != nil {
		return item
	}
	return h.data.Item(tag.RealWorldValueMappingSequence)
}

// realWorld takes a mapping that is linear, or a table of whole stored values.
func (m *modality) realWorld(item Elements) error {
	m.unit = item.Item(tag.MeasurementUnitsCodeSequence).String(tag.CodeValue)
	if lut := item.Floats(tag.RealWorldValueLUTData); len(lut) > 0 {
		m.first, _ = item.Int(tag.RealWorldValueFirstValueMapped)
		m.lut = make([]float32, len(lut))
		for i, v := range lut {
			m.lut[i] = float32(v)
		}
		return nil
	}
	slope, ok := item.Float(tag.RealWorldValueSlope)
	if !ok || slope == 0 || math.Abs(slope) > 1e38 {
		return frame.Errorf(pkg, "%v RealWorldValueSlope: want a number other than 0, got none", tag.RealWorldValueSlope)
	}
	m.slope = slope
	m.intercept, _ = item.Float(tag.RealWorldValueIntercept)
	return nil
}

// philips turns the rescale of a Philips MR image, which serves display, into the scale that is the
// same for all images of an examination: value / (RescaleSlope × Scale Slope), where the private
// element (2005,xx0E) gives the latter. (Chenevert et al., Transl Oncol 2014; 7:65.)
func (h frameHeader) philips(m *modality) {
	if scale := h.philipsScale(); scale > 0 {
		m.slope, m.intercept = 1/scale, m.intercept/(m.slope*scale)
	}
}

func (h frameHeader) philipsScale() float64 {
	if h.data.String(tag.Modality) != "MR" {
		return 0
	}
	item := h.data
	if group := h.own.Item(tag.Tag{Group: 0x2005, Element: 0x140f}); group != nil {
		item = group
	}
	t, ok := item.Private(philipsCreator, 0x2005, 0x0e)
	if !ok {
		return 0
	}
	if b := item.Bytes(t); len(b) == 4 { // an implicit data set does not say that it is FL
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	v, _ := item.Float(t)
	return v
}

// philipsSingle is that scale in single precision, step by step as dcm2niix takes it from the values of
// stored 0 and 1, so that NIfTI files agree to the bit. It is within 1e-5 of the exact one.
func (h frameHeader) philipsSingle(scale float64) (slope, intercept float64) {
	m := modality{slope: 1}
	e := h.data
	if item := h.macro(tag.PixelValueTransformationSequence); item != nil {
		e = item
	}
	if err := m.rescale(e); err != nil {
		return 1 / scale, 0
	}
	rs, ri, ss := float32(m.slope), float32(m.intercept), float32(scale)
	zero := float32(ri / float32(rs*ss))
	one := float32(float32(rs+ri) / float32(rs*ss))
	if one == zero {
		return 1 / scale, float64(zero)
	}
	return float64(one - zero), float64(zero)
}

func (m *modality) rescale(e Elements) error {
	if v, ok := e.Float(tag.RescaleSlope); ok {
		m.slope = v
	} else if e.Has(tag.RescaleSlope) {
		return frame.Errorf(pkg, "%v RescaleSlope: want a number, got text", tag.RescaleSlope)
	}
	if v, ok := e.Float(tag.RescaleIntercept); ok {
		m.intercept = v
	} else if e.Has(tag.RescaleIntercept) {
		return frame.Errorf(pkg, "%v RescaleIntercept: want a number, got text", tag.RescaleIntercept)
	}
	if m.slope == 0 {
		return frame.Errorf(pkg, "%v RescaleSlope: want a number other than 0, got 0", tag.RescaleSlope)
	}
	m.unit = e.String(tag.RescaleType)
	return nil
}

// apply maps decoded samples (as codecs write them) to modality values. The bits above BitsStored of
// 16-bit samples need no correction before.
func (m modality) apply(dst []float32, raw []byte, info frame.Info) {
	if m.lut != nil && !info.Float {
		frame.Correct(raw, info)
		for i := range dst {
			at := sample(raw, i, info) - m.first
			dst[i] = m.lut[max(0, min(at, len(m.lut)-1))]
		}
		return
	}
	slope, intercept := m.slope, m.intercept
	switch {
	case info.Float && info.BitsAllocated == 32:
		for i := range dst {
			dst[i] = float32(float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))*slope + intercept)
		}
	case info.Float:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))*slope + intercept)
		}
	case info.BytesPerSample() == 2:
		apply16(dst, raw[:2*len(dst)], slope, intercept, 16-info.BitsStored, info.Signed)
	case info.BytesPerSample() == 1 && !info.Signed:
		for i, v := range raw[:len(dst)] {
			dst[i] = float32(float64(v)*slope + intercept)
		}
	default:
		for i := range dst {
			dst[i] = float32(float64(sample(raw, i, info))*slope + intercept)
		}
	}
}

// apply16 maps 16-bit samples, whose upper shift bits are not used.
func apply16(dst []float32, raw []byte, slope, intercept float64, shift int, signed bool) {
	shift &= 15
	if signed {
		for i := range dst {
			dst[i] = float32(float64(int16(binary.LittleEndian.Uint16(raw[2*i:])<<shift)>>shift)*slope + intercept)
		}
		return
	}
	for i := range dst {
		dst[i] = float32(float64(binary.LittleEndian.Uint16(raw[2*i:])<<shift>>shift)*slope + intercept)
	}
}

// sample is decoded sample i of a whole-number type.
func sample(raw []byte, i int, info frame.Info) int {
	switch info.BytesPerSample() {
	case 1:
		if info.Signed && info.BitsAllocated > 1 {
			return int(int8(raw[i]))
		}
		return int(raw[i])
	case 2:
		v := binary.LittleEndian.Uint16(raw[2*i:])
		if info.Signed {
			return int(int16(v))
		}
		return int(v)
	case 4:
		v := binary.LittleEndian.Uint32(raw[4*i:])
		if info.Signed {
			return int(int32(v))
		}
		return int(v)
	}
	return int(binary.LittleEndian.Uint64(raw[8*i:]))
}

// unitOf is the unit of modality values.
func unitOf(modalityName, rescaleType string, rescaled bool) volume.Unit {
	switch rescaleType {
	case "[hnsf'U]":
		return volume.HU
	case "g/ml{SUVbw}", "{SUVbw}g/ml":
		return volume.SUVbw
	}
	if rescaleType == "HU" || modalityName == "CT" && rescaled && rescaleType == "" {
		return volume.HU
	}
	return volume.Arbitrary
}

// table is a look-up table as its sequence item gives it: PS3.3 C.11.1.1.
type table struct {
	values []float32
	first  int
	bits   int
}

// readLUT reads LUTDescriptor and LUTData of an item.
func readLUT(item Elements) (table, error) {
	d := item.Ints(tag.LUTDescriptor)
	if len(d) != 3 {
		return table{}, frame.Errorf(pkg, "%v LUTDescriptor: want 3 values, got %d", tag.LUTDescriptor, len(d))
	}
	entries, bits := d[0]&0xffff, d[2]
	if entries == 0 {
		entries = 1 << 16
	}
	if bits < 8 || bits > 16 {
		return table{}, frame.Errorf(pkg, "%v LUTDescriptor: want 8 to 16 bits, got %d", tag.LUTDescriptor, bits)
	}
	t := table{first: d[1], bits: bits}
	if v := item.Ints(tag.LUTData); len(v) >= entries {
		t.values = make([]float32, entries)
		for i := range t.values {
			t.values[i] = float32(v[i] & 0xffff)
		}
		return t, nil
	}
	words, err := lutWords(item.Bytes(tag.LUTData), entries, bits)
	if err != nil {
		return table{}, err
	}
	t.values = make([]float32, entries)
	for i, w := range words {
		t.values[i] = float32(w)
	}
	return t, nil
}

// lutWords splits LUT data: 16-bit words, or bytes where there are just enough for 8-bit entries.
func lutWords(b []byte, entries, bits int) ([]uint16, error) {
	out := make([]uint16, entries)
	switch {
	case len(b) >= 2*entries:
		for i := range out {
			out[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
	case len(b) >= entries && bits == 8:
		for i := range out {
			out[i] = uint16(b[i])
		}
	default:
		return nil, frame.Truncatedf(pkg, "LUT data: want %d entries of %d bits, got %d bytes", entries, bits, len(b))
	}
	return out, nil
}
