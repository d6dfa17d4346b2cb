package measure

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/csv"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume"
)

// readNRRD reads what pyradiomics' test cases need of the format: size, spacing and 16-bit values.
func readNRRD(t *testing.T, path string) (volume.Geometry, []float32) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.Index(data, []byte("\n\n"))
	fields := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(data[:end]))
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ": "); ok {
			fields[key] = value
		}
	}
	var body io.Reader = bytes.NewReader(data[end+2:])
	if fields["encoding"] == "gzip" || fields["encoding"] == "gz" {
		if body, err = gzip.NewReader(body); err != nil {
			t.Fatal(err)
		}
	}
	var g volume.Geometry
	for n, s := range strings.Fields(fields["sizes"]) {
		g.Size[n], _ = strconv.Atoi(s)
	}
	for n, v := range strings.Fields(fields["space directions"]) {
		var length float64
		var axis [3]float64
		for c, s := range strings.Split(strings.Trim(v, "()"), ",") {
			axis[c], _ = strconv.ParseFloat(s, 64)
			length += axis[c] * axis[c]
		}
		g.Spacing[n] = math.Sqrt(length)
		for c := range 3 {
			g.Axes[n][c] = axis[c] / g.Spacing[n]
		}
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, g.Voxels())
	for n := range out {
		switch fields["type"] {
		case "short", "signed short", "int16":
			out[n] = float32(int16(binary.LittleEndian.Uint16(raw[2*n:])))
		case "unsigned short", "uint16", "ushort":
			out[n] = float32(binary.LittleEndian.Uint16(raw[2*n:]))
		case "int", "int32":
			out[n] = float32(int32(binary.LittleEndian.Uint32(raw[4*n:])))
		case "unsigned char", "uchar", "uint8":
			out[n] = float32(raw[n])
		default:
			t.Fatalf("type %s", fields["type"])
		}
	}
	return g, out
}

// Figures of pyradiomics' own baseline (data/baseline of its repository) without preprocessing.
func TestAgainstPyradiomics(t *testing.T) {
	f, err := os.Open(golden.Shared(t, "reference/radiomics/pyradiomics_baseline.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"brain1", "brain2", "lung1"} {
		want := map[string]float64{}
		for _, r := range rows {
			if r[1] == name {
				want[r[2][strings.LastIndex(r[2], "_")+1:]], _ = strconv.ParseFloat(r[3], 64)
			}
		}
		g, values := readNRRD(t, golden.Shared(t, "reference/radiomics/pyradiomics/"+name+"_image.nrrd"))
		_, labels := readNRRD(t, golden.Shared(t, "reference/radiomics/pyradiomics/"+name+"_label.nrrd"))
		v := &volume.Volume{Geometry: g, Channels: 1, Data: values}
		m, err := volume.NewMask(g)
		if err != nil {
			t.Fatal(err)
		}
		for n, l := range labels {
			if l == 1 {
				m.Labels[n] = 1
			}
		}
		slices := 2
		got, err := Mask(context.Background(), v, m, Options{SliceIndex: &slices})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]float64{}
		for _, x := range got {
			found[x.Key] = x.Value
		}
		for key, theirs := range map[string]string{
			"longest_diameter_3d": "Maximum3DDiameter",
			"mean":                "Mean", "median": "Median", "min": "Minimum", "max": "Maximum", "p10": "10Percentile", "p90": "90Percentile",
		} {
			if w := want[theirs]; math.Abs(found[key]-w) > 1e-5*max(math.Abs(w), 1) {
				t.Errorf("%s: %s: want %.6f (%s), got %.6f", name, key, w, theirs, found[key])
			}
		}
		// Theirs also pairs points halfway between two slices, which no slice shows: never smaller than ours.
		if w := want["Maximum2DDiameterSlice"]; found["longest_diameter"] > w+1e-5 || found["longest_diameter"] < 0.85*w {
			t.Errorf("%s: longest diameter: want at most %.6f and not much less, got %.6f", name, w, found["longest_diameter"])
		}
		if w := want["VoxelVolume"] / 1000; math.Abs(found["volume"]-w) > 1e-6*w {
			t.Errorf("%s: volume: want %.6f ml, got %.6f", name, w, found["volume"])
		}
		if w := math.Sqrt(want["Variance"]); math.Abs(found["sd"]-w) > 1e-5*w {
			t.Errorf("%s: sd: want %.6f, got %.6f", name, w, found["sd"])
		}
	}
}
