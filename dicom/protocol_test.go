package dicom

import "testing"

func TestParseProtocol(t *testing.T) {
	p := parseProtocol([]byte("x\x00### ASCCONV BEGIN ###\nulVersion = 0xa \nsPat.lAccelFactPE                        = 2\nsCoilElementID.tCoilID = \"\"HeadMatrix\"\"\ndAverages = 1.5 # note\nalTE[0] = 30000\n### ASCCONV END ###\nlater = 9\n"))
	for name, want := range map[string]float64{"ulVersion": 10, "sPat.lAccelFactPE": 2, "dAverages": 1.5, "alTE[0]": 30000, "later": 0} {
		if got := p.number(name); got != want {
			t.Errorf("%s: want %g, got %g", name, want, got)
		}
	}
	if got := p["sCoilElementID.tCoilID"]; got != "HeadMatrix" {
		t.Errorf("text: got %q", got)
	}
	if parseProtocol([]byte("nothing")) != nil {
		t.Error("want nothing")
	}
}

func FuzzProtocol(f *testing.F) {
	f.Add([]byte("### ASCCONV BEGIN ###\na = 0x1\n### ASCCONV END"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for name := range parseProtocol(b) {
			parseProtocol(b).number(name)
		}
		parseCSA(b)
		parseGEBlock(b)
		gePolarity(b)
	})
}
