package dicom

import (
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// TestEchoNumbers: images of several echo times of one series are numbered by EchoNumbers, else by the order in
// which they come; a series with one echo time has no number. dcm2niix numbers them so.
func TestEchoNumbers(t *testing.T) {
	at := func(n int) [3]float64 { return [3]float64{0, 0, 2 * float64(n/3)} }
	for name, row := range map[string]struct {
		times   [3]float64
		numbers [3]int // 0: none
		want    []int
	}{
		"numbers": {[3]float64{5, 10, 15}, [3]int{1, 2, 3}, []int{1, 2, 3}},
		"gap":     {[3]float64{5, 10, 15}, [3]int{2, 4, 6}, []int{2, 4, 6}},
		"none":    {[3]float64{5, 10, 15}, [3]int{}, []int{1, 2, 3}},
		"one":     {[3]float64{5, 5, 5}, [3]int{1, 1, 1}, []int{0}},
	} {
		stacks := Stacks(phantom(t, 12, at, func(n int, im *Image) {
			im.Class, im.Modality, im.EchoTimeMS, im.InstanceNumber = ClassMR, "MR", row.times[n%3], n+1
			if v := row.numbers[n%3]; v > 0 {
				set(t, &im.Extra, tag.EchoNumbers, v)
			}
		}))
		if len(stacks) != len(row.want) {
			t.Errorf("%s: want %d images, got %d", name, len(row.want), len(stacks))
			continue
		}
		for n, st := range stacks {
			if got := st.Series.Acquisition.EchoNumber; got != row.want[n] || got > 0 && st.Sidecar(st.Series.Geometry).Field("EchoNumber") != got {
				t.Errorf("%s: image %d: want echo %d, got %d", name, n, row.want[n], got)
			}
		}
	}
}
