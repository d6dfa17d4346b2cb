package nrrd

import (
	"math"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/voxelfile"
)

// place finds which axes are of space and where they lie. An axis before them counts channels, one behind
// them time points.
func (h *Header) place(f map[string]string, sizes []int) error {
	directions, err := vectors(f["space directions"])
	if err != nil {
		return err
	}
	if directions != nil && len(directions) != len(sizes) {
		return volume.Malformed("nrrd: space directions: want %d, got %d", len(sizes), len(directions))
	}
	spatial, err := h.axes(f, sizes, directions)
	if err != nil {
		return err
	}
	h.Geometry = volume.Identity([3]int{1, 1, 1}, [3]float64{1, 1, 1})
	h.Space = strings.ToLower(f["space"])
	sign, err := signs(h.Space)
	if err != nil {
		return err
	}
	if directions == nil || h.Space == "" || strings.HasPrefix(h.Space, "3d-") || strings.HasPrefix(h.Space, "scanner") {
		h.Notes = append(h.Notes, voxelfile.Note{Code: "nrrd-orientation-unknown", Text: "the file does not say how its axes lie in the patient: they are taken to grow to the left, the back and the head"})
	}
	unit := units(f["space units"])
	for i, n := range spatial {
		h.Size[i] = sizes[n]
		if directions != nil {
			h.direction(i, directions[n], sign, unit)
		} else if x, ok := perAxis(f["spacings"], n); ok && x > 0 {
			h.Spacing[i] = x
		}
	}
	if len(spatial) == 2 && directions != nil {
		h.Axes[2] = cross(h.Axes[0], h.Axes[1])
	}
	origin, err := vectors(f["space origin"])
	if err != nil {
		return err
	}
	switch {
	case len(origin) == 1:
		for c := range origin[0] {
			h.Origin[c] = origin[0][c] * sign[c] * unit[c]
		}
	case directions == nil:
		h.mins(f, spatial)
	}
	if err := h.Validate(); err != nil {
		return volume.Malformed("nrrd: header: %w", err)
	}
	return nil
}

// axes gives the axes of space, and sets what the others count.
func (h *Header) axes(f map[string]string, sizes []int, directions [][]float64) (spatial []int, err error) {
	h.Frames, h.Channels = 1, 1
	kinds := strings.Fields(f["kinds"])
	var others []int
	for n := range sizes {
		isList := directions != nil && directions[n] == nil
		if n < len(kinds) && directions == nil {
			k := strings.ToLower(kinds[n])
			isList = k != "domain" && k != "space" && k != "???" && k != "none"
		}
		if isList {
			others = append(others, n)
		} else {
			spatial = append(spatial, n)
		}
	}
	if len(spatial) == 4 && len(others) == 0 && directions == nil && len(kinds) == 0 {
		spatial, others = spatial[:3], spatial[3:] // four axes without a word on them
	}
	if len(spatial) < 2 || len(spatial) > 3 {
		return nil, volume.Unsupported("nrrd: dimension: want 2 or 3 axes of space, got %d; kinds says which they are", len(spatial))
	}
	for _, n := range others {
		switch {
		case n == 0:
			h.Channels = sizes[n]
		case n == len(sizes)-1 && n > spatial[len(spatial)-1]:
			h.Frames = sizes[n]
		default:
			return nil, volume.Unsupported("nrrd: kinds: want axes that are not of space first or last, got one at place %d", n)
		}
	}
	return spatial, nil
}

// direction sets where an axis leads; one of length 0 is left for Validate to refuse.
func (h *Header) direction(i int, d []float64, sign, unit [3]float64) {
	var v [3]float64
	length := 0.0
	for c := range d {
		v[c] = d[c] * sign[c] * unit[c]
		length += v[c] * v[c]
	}
	length = math.Sqrt(length)
	h.Spacing[i], h.Axes[i] = length, [3]float64{}
	if length > 0 {
		for c := range v {
			h.Axes[i][c] = v[c] / length
		}
	}
}

// mins sets the origin of a file without a space by its axis mins, which are the edges of voxels that are cells.
func (h *Header) mins(f map[string]string, spatial []int) {
	centers := strings.Fields(f["centers"] + f["centerings"])
	for i, n := range spatial {
		x, ok := perAxis(f["axis mins"]+f["axismins"], n)
		if !ok {
			continue
		}
		if n < len(centers) && centers[n] == "cell" {
			x += h.Spacing[i] / 2
		}
		h.Origin[i] = x
	}
}

// perAxis is the number of an axis in a list; ok is false where it is none or not finite.
func perAxis(list string, n int) (x float64, ok bool) {
	words := strings.Fields(list)
	if n >= len(words) {
		return 0, false
	}
	x, err := strconv.ParseFloat(words[n], 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

// units reads "mm" "mm" "mm" as factors to mm; a word that is no length counts as mm.
func units(text string) [3]float64 {
	out := [3]float64{1, 1, 1}
	for n, word := range strings.Fields(text) {
		if n > 2 {
			break
		}
		switch strings.Trim(word, `"`) {
		case "m", "meter", "meters":
			out[n] = 1000
		case "cm":
			out[n] = 10
		case "um", "µm", "micron", "microns":
			out[n] = 0.001
		case "nm":
			out[n] = 1e-6
		}
	}
	return out
}

func cross(a, b [3]float64) [3]float64 {
	c := [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
	if length := math.Sqrt(c[0]*c[0] + c[1]*c[1] + c[2]*c[2]); length > 0 {
		for n := range c {
			c[n] /= length
		}
	}
	return c
}

// signs turn a position in the named space into LPS.
func signs(space string) ([3]float64, error) {
	switch strings.TrimSuffix(space, "-time") {
	case "", "left-posterior-superior", "lps", "scanner-xyz", "3d-right-handed":
		return [3]float64{1, 1, 1}, nil
	case "right-anterior-superior", "ras":
		return [3]float64{-1, -1, 1}, nil
	case "left-anterior-superior", "las":
		return [3]float64{1, -1, 1}, nil
	}
	return [3]float64{}, volume.Unsupported("nrrd: space: want left-posterior-superior, right-anterior-superior or left-anterior-superior, got %.40q", space)
}

// vectors reads "(1,0,0) (0,1,0) none"; a nil entry is none.
func vectors(text string) ([][]float64, error) {
	var out [][]float64
	rest := strings.TrimSpace(text)
	for rest != "" {
		if after, ok := strings.CutPrefix(rest, "none"); ok {
			out = append(out, nil)
			rest = strings.TrimSpace(after)
			continue
		}
		inner, after, ok := strings.Cut(rest, ")")
		inner, open := strings.CutPrefix(inner, "(")
		if !ok || !open {
			return nil, volume.Malformed("nrrd: space: want vectors as (x,y,z), got %.40q", rest)
		}
		parts := strings.Split(inner, ",")
		if len(parts) > 3 {
			return nil, volume.Malformed("nrrd: space: want at most 3 components, got %.40q", inner)
		}
		v := make([]float64, len(parts))
		for n, p := range parts {
			x, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, volume.Malformed("nrrd: space: want finite numbers, got %.40q", inner)
			}
			v[n] = x
		}
		out = append(out, v)
		rest = strings.TrimSpace(after)
	}
	return out, nil
}
