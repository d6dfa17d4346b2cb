package jpegstream

import "testing"

// TestProcess holds names to T.81 table B.1.
func TestProcess(t *testing.T) {
	for marker, want := range map[byte]string{0xc0: "baseline process", 0xc2: "progressive process", 0xc3: "lossless process", 0xc4: "", 0xc5: "hierarchical extended sequential process",
		0xc7: "hierarchical lossless process", 0xc8: "", 0xc9: "extended sequential process with arithmetic coding", 0xcb: "lossless process with arithmetic coding", 0xcc: "",
		0xcd: "hierarchical extended sequential process with arithmetic coding", 0xcf: "hierarchical lossless process with arithmetic coding", 0xda: "", 0xde: "hierarchical process", 0xf7: "JPEG-LS"} {
		if got := Process(marker); got != want {
			t.Errorf("%#x: want %q, got %q", marker, want, got)
		}
	}
}
