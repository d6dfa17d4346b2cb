package view

import "testing"

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "the lungs differ": "The lungs differ", "über": "Über",
		"broken/im0001.dcm: dicom: cut": "broken/im0001.dcm: dicom: cut", "im0001.dcm: cut": "im0001.dcm: cut",
	} {
		if got := sentence(in); got != want {
			t.Errorf("%q: want %q, got %q", in, want, got)
		}
	}
}
