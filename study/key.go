package study

// Keys of measurements that more than one package looks for by name. Others are named by the row of
// measure's table alone.
const (
	KeyLongestDiameter     = "longest_diameter"     // mm, or {pixels} where no spacing is known
	KeyShortAxis           = "short_axis"           // mm or {pixels}, perpendicular to the longest diameter
	KeyVolume              = "volume"               // ml
	KeyCardiothoracicRatio = "cardiothoracic_ratio" // 1
)

// Measure finds a figure by key and unit; any unit where unit is "". It returns nil where there is none.
func Measure(list []Measurement, key, unit string) *Measurement {
	for n := range list {
		if m := &list[n]; m.Key == key && (unit == "" || m.Unit == unit) {
			return m
		}
	}
	return nil
}
