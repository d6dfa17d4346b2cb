package dicom

import (
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
	"github.com/suyashkumar/dicom/pkg/uid"
)

// className is the name of a SOP class in PS3.6 table A-1, or "".
func className(class string) string {
	if info, err := uid.Lookup(class); err == nil && info.Name != "" {
		return info.Name
	}
	const storage = "1.2.840.10008.5.1.4.1.1."
	switch strings.TrimPrefix(class, storage) { // what the dictionary does not have yet
	case "6.3":
		return "Photoacoustic Image Storage"
	case "9.1.4":
		return "General 32-bit ECG Waveform Storage"
	case "9.6.2":
		return "Multi-channel Respiratory Waveform Storage"
	case "9.7.1":
		return "Routine Scalp Electroencephalogram Waveform Storage"
	case "9.7.2":
		return "Electromyogram Waveform Storage"
	case "9.7.3":
		return "Electrooculogram Waveform Storage"
	case "9.7.4":
		return "Sleep Electroencephalogram Waveform Storage"
	case "9.8.1":
		return "Body Position Waveform Storage"
	case "11.12":
		return "Variable Modality LUT Softcopy Presentation State Storage"
	case "77.1.7":
		return "Dermoscopic Photography Image Storage"
	case "77.1.8":
		return "Confocal Microscopy Image Storage"
	case "77.1.9":
		return "Confocal Microscopy Tiled Pyramidal Image Storage"
	case "88.74":
		return "Planned Imaging Agent Administration SR Storage"
	case "88.75":
		return "Performed Imaging Agent Administration SR Storage"
	case "88.76":
		return "Enhanced X-Ray Radiation Dose SR Storage"
	case "88.77":
		return "Waveform Annotation SR Storage"
	case "91.1":
		return "Microscopy Bulk Simple Annotations Storage"
	case "104.3":
		return "Encapsulated STL Storage"
	case "104.4":
		return "Encapsulated OBJ Storage"
	case "104.5":
		return "Encapsulated MTL Storage"
	case "481.10":
		return "RT Physician Intent Storage"
	case "481.11":
		return "RT Segment Annotation Storage"
	case "481.12":
		return "RT Radiation Set Storage"
	case "481.23":
		return "Enhanced RT Image Storage"
	case "481.24":
		return "Enhanced Continuous RT Image Storage"
	}
	return ""
}

// Kind says what an object is: the name of its SOP class without "Storage" (RT Plan, Basic Text SR), DICOMDIR for
// the directory of a medium, or "" where the class is not told or not known.
func (f *File) Kind() string {
	class := f.class()
	if class == "1.2.840.10008.1.3.10" {
		return "DICOMDIR"
	}
	name := strings.TrimSuffix(className(class), " SOP Class")
	return strings.TrimSpace(strings.TrimSuffix(name, "Storage"))
}

// class is the UID of the SOP class, by the data set or by the file meta information.
func (f *File) class() string {
	if class := f.String(tag.SOPClassUID); class != "" {
		return class
	}
	return f.String(tag.MediaStorageSOPClassUID)
}

// wantsPixels says whether the object is of an image class, in which pixel data are required, or names no class.
func (f *File) wantsPixels() bool {
	switch class := f.class(); class {
	case "", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7", classParametricMap: // also Segmentation and Label Map Segmentation
		return true
	case "1.2.840.10008.5.1.4.1.1.481.2": // RT Dose, which may hold histograms alone
		return !f.Has(tag.DVHSequence)
	default:
		return strings.Contains(className(class), "Image Storage") // also "… Image Storage - For Presentation"
	}
}
