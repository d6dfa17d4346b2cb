package anatomy

import "github.com/caliper-imaging/caliper/study"

// codes are those of DICOM PS3.16 CID 7140, Brain Structure for Volumetric Measurement, by the names
// that FreeSurfer gives the structures.
var codes = []struct{ name, scheme, code, meaning string }{
	{"3rd-Ventricle", "SCT", "49841001", "Third ventricle"},
	{"4th-Ventricle", "SCT", "35918002", "Fourth Ventricle"},
	{"Accumbens-area", "SCT", "427667007", "Nucleus Accumbens"},
	{"Amygdala", "SCT", "4958002", "Amygdala"},
	{"Brain-Stem", "SCT", "119238007", "Brain Stem"},
	{"Caudate", "SCT", "11000004", "Caudate Nucleus"},
	{"Cerebellum-Cortex", "SCT", "25991003", "Cerebellar Cortex"},
	{"Cerebellum-White-Matter", "SCT", "33060004", "Cerebellar White Matter"},
	{"Cerebral-Cortex", "SCT", "40146001", "Cerebral Gray Matter"},
	{"Cerebral-White-Matter", "SCT", "68523003", "Cerebral White Matter"},
	{"Hippocampus", "SCT", "5366008", "Hippocampus"},
	{"Inf-Lat-Vent", "SCT", "53118009", "Inferior Horn of Lateral Ventricle"},
	{"Inferior-Lateral-Ventricle", "SCT", "53118009", "Inferior Horn of Lateral Ventricle"},
	{"Lateral-Ventricle", "SCT", "66720007", "Lateral Ventricle"},
	{"Pallidum", "SCT", "14738005", "Globus Pallidus"},
	{"Putamen", "SCT", "89278009", "Putamen"},
	{"Thalamus", "SCT", "119406000", "Thalamus"},
	{"Thalamus-Proper", "SCT", "119406000", "Thalamus"},
	{"VentralDC", "DCM", "110700", "Ventral Diencephalon"},
}

// concept is nil where no code is known.
func concept(name string) *study.Concept {
	for _, c := range codes {
		if c.name == name {
			return &study.Concept{Scheme: c.scheme, Code: c.code, Meaning: c.meaning}
		}
	}
	return nil
}
