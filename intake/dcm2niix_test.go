package intake

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// TestDcm2niixReferences converts the input of dcm2niix's own test sets and compares image, place and
// sidecar with the reference output that stands beside it (dcm2niix v1.0.20241127 and v1.0.20260620).
func TestDcm2niixReferences(t *testing.T) {
	for _, set := range []struct {
		folder string
		images int
	}{
		{"data/dicom_dcm_qa/dcm_qa_12bit", 3},
		{"data/dicom_dcm_qa/dcm_qa_enh", 3}, // the other references have no NIfTI
		{"data/dicom_dcm_qa/dcm_qa_ts", 9},
		{"data/dicom_mr_siemens_orient", 3},
	} {
		t.Run(filepath.Base(set.folder), func(t *testing.T) {
			root := golden.Shared(t, set.folder)
			found, err := Scan(context.Background(), []string{filepath.Join(root, "In")}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			made := map[string]*Conversion{}
			for _, st := range found.Studies {
				for _, s := range st.Series {
					c, err := Convert(context.Background(), s)
					if err != nil {
						t.Fatal(err)
					}
					made[c.Sidecar.Suffix()] = c
				}
			}
			refs, err := filepath.Glob(filepath.Join(root, "Ref", "*.nii"))
			if err != nil || len(refs) != set.images {
				t.Fatalf("want %d reference images, got %d (%v)", set.images, len(refs), err)
			}
			for _, ref := range refs {
				var want map[string]any
				b, err := os.ReadFile(strings.TrimSuffix(ref, ".nii") + ".json")
				if err == nil {
					err = json.Unmarshal(b, &want)
				}
				if err != nil {
					t.Fatal(err)
				}
				suffix := suffixOf(want)
				c := made[suffix]
				if c == nil {
					t.Errorf("%s: no image %s among %d", filepath.Base(ref), suffix, len(made))
					continue
				}
				t.Run(filepath.Base(ref), func(t *testing.T) { sameAsReference(t, c, ref, want) })
			}
		})
	}
}

func suffixOf(want map[string]any) string {
	var s struct {
		SeriesNumber, EchoNumber int
		ImageType                []string
	}
	b, _ := json.Marshal(want)
	_ = json.Unmarshal(b, &s)
	out := "_s" + strings.Repeat("0", max(0, 3-len(jsonInt(s.SeriesNumber)))) + jsonInt(s.SeriesNumber)
	if s.EchoNumber > 0 {
		out += "_e" + jsonInt(s.EchoNumber)
	}
	for _, kind := range s.ImageType {
		if kind == "FIELDMAPHZ" {
			out += "_fieldmap"
		}
	}
	return out
}

func jsonInt(n int) string { b, _ := json.Marshal(n); return string(b) }

func sameAsReference(t *testing.T, c *Conversion, path string, want map[string]any) {
	ref, err := nifti.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	if err := ref.Geometry.SameGrid(c.Image.Geometry, 1e-4); err != nil {
		t.Error(err)
	}
	for col := range 3 { // the layout as well, not only the place
		for row := range 3 {
			if d := math.Abs(ref.Axes[col][row] - c.Image.Axes[col][row]); d > 1e-5 {
				t.Errorf("axis %d: want %v, got %v", col, ref.Axes[col], c.Image.Axes[col])
				break
			}
		}
	}
	out := filepath.Join(t.TempDir(), "out.nii")
	if err := nifti.Write(out, c.Image); err != nil {
		t.Fatal(err)
	}
	got, err := nifti.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if got.Frames != ref.Frames {
		t.Fatalf("want %d time points, got %d", ref.Frames, got.Frames)
	}
	for n := range ref.Frames {
		a, err := ref.Next()
		if err != nil {
			t.Fatal(err)
		}
		b, err := got.Next()
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Data {
			if a.Data[i] != b.Data[i] {
				t.Fatalf("time point %d, voxel %d: want %g, got %g", n, i, a.Data[i], b.Data[i])
			}
		}
	}
	b, err := c.Sidecar.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var have map[string]any
	if err := json.Unmarshal(b, &have); err != nil {
		t.Fatal(err)
	}
	if s, ok := want["AcquisitionTime"].(string); ok && len(s) == len("13:57:1.907500") { // older versions have no zero there
		want["AcquisitionTime"] = s[:6] + "0" + s[6:]
	}
	for _, name := range []string{"Modality", "MagneticFieldStrength", "ImagingFrequency", "Manufacturer", "ManufacturersModelName", "InstitutionName", "InstitutionAddress",
		"DeviceSerialNumber", "StationName", "BodyPart", "PatientPosition", "ProcedureStepDescription", "SoftwareVersions", "MRAcquisitionType", "SeriesDescription",
		"ProtocolName", "SequenceVariant", "ScanOptions", "SequenceName", "SeriesNumber", "AcquisitionNumber", "SliceThickness", "SpacingBetweenSlices", "SAR",
		"EchoNumber", "AcquisitionTime", "EchoTime", "RepetitionTime", "InversionTime", "FlipAngle", "MTState", "SpoilingState", "PartialFourier", "BaseResolution", "ShimSetting", "DelayTime", "TxRefAmp", "PhaseResolution",
		"ReceiveCoilName", "ReceiveCoilActiveElements", "CoilString", "PulseSequenceDetails", "RefLinesPE", "CoilCombinationMethod", "ConsistencyInfo",
		"MultibandAccelerationFactor", "PercentPhaseFOV", "PercentSampling", "EchoTrainLength", "PhaseEncodingSteps", "FrequencyEncodingSteps", "PhaseEncodingStepsOutOfPlane",
		"AcquisitionMatrixPE", "ReconMatrixPE", "BandwidthPerPixelPhaseEncode", "ParallelReductionFactorInPlane", "ParallelAcquisitionTechnique", "EffectiveEchoSpacing",
		"DerivedVendorReportedEchoSpacing", "TotalReadoutTime", "AcquisitionDuration", "PixelBandwidth", "DwellTime", "PhaseEncodingDirection", "PhaseEncodingAxis",
		"SliceTiming", "ImageOrientationPatientDICOM", "ImageOrientationText", "InPlanePhaseEncodingDirectionDICOM", "WaterFatShift", "EstimatedEffectiveEchoSpacing",
		"EstimatedTotalReadoutTime", "PhilipsScaleSlope", "PhilipsRescaleSlope", "PhilipsRescaleIntercept", "Units", "ImageTypeText", "PulseSequenceType", "TablePosition"} {
		if w, ok := want[name]; ok && !alike(w, have[name]) {
			t.Errorf("%s: want %v, got %v", name, w, have[name])
		}
	}
}

// alike compares JSON values; numbers to five digits, since the references are rounded to six.
func alike(want, got any) bool {
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		return ok && math.Abs(w-g) <= 1e-5*math.Max(math.Abs(w), 0.1)
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !alike(w[i], g[i]) {
				return false
			}
		}
		return true
	}
	return want == got
}
