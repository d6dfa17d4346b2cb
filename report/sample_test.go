package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

func ptr[T any](v T) *T { return &v }

func day(y int, m time.Month, d int) *time.Time {
	return ptr(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

const (
	hashA = "3f1c8e0b5a7d92c4e6f80123456789abcdef0123456789abcdef0123456789ab"
	hashB = "a90d77e15c3b2f4681029384756abcdeffedcba9876543210123456789abcdef"
)

// thorax paints something like a frontal chest radiograph with a nodule of the given radius in pixels.
func thorax(w, h int, cx, cy, radius float64, shift int) []byte {
	key := [6]float64{float64(w), float64(h), cx, cy, radius, float64(shift)}
	if px, ok := painted[key]; ok {
		return px
	}
	px := make([]byte, w*h)
	lung := func(x, y, ox float64) float64 {
		dx, dy := (x-ox)/0.17, (y-0.46)/0.33
		return dx*dx + dy*dy
	}
	for j := range h {
		for i := range w {
			x, y := float64(i-shift)/float64(w), float64(j)/float64(h)
			v := 175 - 40*math.Abs(x-0.5)
			if r := lung(x, y, 0.29); r < 1 {
				v = 62 + 70*r*r
			}
			if r := lung(x, y, 0.71); r < 1 {
				v = 62 + 70*r*r
			}
			if dx, dy := (x-0.56)/0.15, (y-0.64)/0.17; dx*dx+dy*dy < 1 {
				v = 190
			}
			if rib := math.Mod(y*14+4*(x-0.5)*(x-0.5)*6, 1); rib < 0.25 && x > 0.1 && x < 0.9 && y < 0.78 {
				v += 14
			}
			if math.Abs(x-0.5) < 0.045 {
				v += 30
			}
			if d := math.Hypot(float64(i)-cx, float64(j)-cy); d < radius {
				v += 75 * (1 - d/radius*0.4)
			}
			if x < 0.04 || x > 0.96 {
				v = 10
			}
			px[j*w+i] = byte(max(0, min(255, v)))
		}
	}
	painted[key] = px
	return px
}

// painted keeps the pictures of thorax, which are slow to make; tests of this package run one by one.
var painted = map[[6]float64][]byte{}

func ring(cx, cy, rx, ry float64, n int) [][2]float64 {
	var out [][2]float64
	for k := range n {
		a := 2 * math.Pi * float64(k) / float64(n)
		out = append(out, [2]float64{math.Round(100*(cx+rx*math.Cos(a))) / 100, math.Round(100*(cy+ry*math.Sin(a))) / 100})
	}
	return out
}

func lungs() []study.Annotation {
	return []study.Annotation{
		{Kind: "outline", Role: "lung-right", Points: ring(174, 294, 100, 208, 90)},
		{Kind: "outline", Role: "lung-left", Points: ring(426, 294, 100, 208, 90)},
		{Kind: "outline", Role: "heart", Points: ring(336, 410, 90, 108, 90)},
		{Kind: "caliper", Role: "measurement", Points: [][2]float64{{246, 410}, {426, 410}}, Text: "heart 126 mm"},
		{Kind: "caliper", Role: "measurement", Points: [][2]float64{{76, 500}, {526, 500}}, Text: "thorax 284 mm"},
		{Kind: "text", Role: "marker", Points: [][2]float64{{40, 40}}, Text: "R"},
	}
}

func nodule(cx, cy, r, mm float64, role string) []study.Annotation {
	return []study.Annotation{
		{Kind: "outline", Role: role, Points: ring(cx, cy, r, r*0.95, 60)},
		{Kind: "caliper", Role: role, Points: [][2]float64{{cx - r*0.8, cy + r*0.6}, {cx + r*0.8, cy - r*0.6}}, Text: fmt.Sprintf("%.1f mm", mm)},
		{Kind: "box", Role: role, Points: [][2]float64{{cx - r - 4, cy - r - 4}, {cx + r + 4, cy + r + 4}}},
	}
}

// chest is the worked example: a nodule that grows from 18 to 23 mm in half a year.
func chest() *study.Result {
	mm := func(key string, v float64, prior *float64) study.Measurement {
		return study.Measurement{Key: key, Value: v, Unit: "mm", Method: "edge at half height along 180 rays", Plane: "patient", Prior: prior}
	}
	advice := study.Advice{
		Text:      "CT of the chest without contrast to characterise the growing nodule",
		Guideline: "ACR Appropriateness Criteria, Incidentally Detected Indeterminate Pulmonary Nodule", Edition: "2023",
		Citation: "Martin MD, Henry TS, Berry MF, et al. J Am Coll Radiol 2023;20(11S):S455-S470", Rule: "indeterminate nodule on a chest radiograph, next study",
		Urgency: study.Urgent,
	}
	r := &study.Result{
		Schema: study.Schema, Recipe: "chest-xray", Status: study.Done, Priority: study.Urgent,
		PriorityReason: "F1 is growing: +27.8 % of the longest diameter in 183 days (policy: a growing nodule is urgent)",
		Study:          study.Ref{Key: "9b1f0c2d7e3a4f56", PatientKey: "51ce7d0a9f22b8e4", When: day(2024, 9, 2), Modality: "DX", BodyPart: "CHEST", View: "PA", Sex: "F", AgeYears: 61},
		Prior:          &study.Ref{Key: "77a0e9d41c5b3f08", PatientKey: "51ce7d0a9f22b8e4", When: day(2024, 3, 3), Modality: "DX", BodyPart: "CHEST", View: "PA"},
		Technique: []study.Fact{
			{Name: "Acquisition", Value: "DX, PA, 120 kV, 2048 × 2048 pixels, MONOCHROME2"},
			{Name: "Pixel spacing", Value: "0.139 × 0.139 mm at the detector (ImagerPixelSpacing), magnification 1.11: 0.126 mm in the patient"},
			{Name: "Comparison", Value: "radiograph of 2024-03-03, aligned by a similarity transform over the lung fields; mutual information 0.81"},
		},
		Quality: []study.Measurement{
			{Key: "clippedFraction", Value: 0.2, Unit: "%", Method: "share of pixels at either end of the stored range"},
			{Key: "lungContrast", Value: 0.42, Unit: "1", Method: "(median outside - median inside the lung fields) / range"},
			{Key: "rotation", Value: -1.6, Unit: "deg", Method: "axis between the lung fields"},
		},
		Findings: []study.Finding{{
			ID: "F1", What: study.Concept{Scheme: "SCT", Code: "427359005", Meaning: "Solitary nodule of lung"},
			Where: study.Concept{Scheme: "SCT", Code: "39607008", Meaning: "Lung structure"}, Site: "right upper zone", Laterality: study.Right,
			Score: 0.914, Suspicion: &study.Suspicion{Score: 0.72, Level: "high", Criteria: []string{
				"diameter 23.0 mm, over 20 mm: +0.30", "growing, doubling time 172 days: +0.30", "margin lobulated: +0.12"},
				Source: "criteria of this program, after the risk factors of the Fleischner Society 2017; not a calibrated probability"},
			Region:   study.Region{Series: "1.2.3", CentreLPS: &[3]float64{-62.1, 0, 88.4}, Box: &[4]float64{138, 148, 194, 204}, Outline: ring(166, 176, 24, 23, 60)},
			Measures: []study.Measurement{mm(study.KeyLongestDiameter, 23.0, nil), mm(study.KeyShortAxis, 21.9, nil), {Key: "areaMM2", Value: 395.6, Unit: "mm2", Method: "pixels inside the outline"}},
			Features: []study.Feature{{Name: "margin", Value: "lobulated", Method: "radial variation 6 %"}, {Name: "density", Value: "solid, contrast 0.31", Method: "inside against a ring of 5 mm"}},
			Change: &study.Change{Kind: study.Growing, PriorStudy: "77a0e9d41c5b3f08", PriorFinding: "F1",
				PriorMeasures: []study.Measurement{mm(study.KeyLongestDiameter, 18.0, nil), mm(study.KeyShortAxis, 17.4, nil), {Key: "areaMM2", Value: 246.0, Unit: "mm2"}},
				Percent:       ptr(27.8), IntervalDays: ptr(183.0), DoublingTimeDays: ptr(172.5), MatchDistanceMM: ptr(2.1),
				Reason: "Growth of 5.0 mm is over the repeatability of 2 mm", Method: "nearest centre after registration"},
			Advice: []study.Advice{advice},
			By:     study.Producer{Step: "detect", Name: "cxr-nodule", Version: "1.0.0", SHA256: hashB},
		}},
		Measures: []study.Measurement{
			{Key: study.KeyCardiothoracicRatio, Value: 0.443, Unit: "1", Method: "widest heart over widest inner thorax, horizontal", Prior: ptr(0.438), ChangePercent: ptr(1.1)},
			{Key: "heartWidth", Value: 126, Unit: "mm", Method: "widest heart over widest inner thorax, horizontal", Plane: "patient", Prior: ptr(124.6)},
			{Key: "thoraxWidth", Value: 284.4, Unit: "mm", Method: "widest heart over widest inner thorax, horizontal", Plane: "patient", Prior: ptr(284.9)},
		},
		Impression: []string{
			"Growing nodule in the right upper zone: 23.0 mm, was 18.0 mm 183 days before (+27.8 %); measured volume doubling time 172 days, which suggests an active process.",
			"Cardiothoracic ratio 0.44, within the usual limit of 0.5 for a PA view.",
		},
		Issues: []study.Issue{
			{Code: "one-view", Severity: study.Warning, Where: "intake", Text: "only one view: a nodule can't be told from an overlying shadow, and its lobe can't be named"},
			{Code: "spacing-source", Severity: study.Note, Where: "intake", Text: "the spacing is that of ImagerPixelSpacing over the magnification of the tags"},
		},
		KeyImages: []study.KeyImage{
			{ID: "overview", Title: "Overview", Caption: "Lung fields, heart and the widths from which the cardiothoracic ratio is taken.", Width: 600, Height: 640, Samples: 1,
				Pixels: thorax(600, 640, 166, 176, 26, 0), PixelMM: &[2]float64{0.632, 0.632}, Annotations: append(lungs(), nodule(166, 176, 25, 23, "finding")[0])},
			{ID: "overview-prior", Title: "Overview", Caption: "As it was six months before, another pose and exposure.", Prior: true, Width: 600, Height: 640, Samples: 1,
				Pixels: thorax(600, 640, 176, 186, 20, 9), PixelMM: &[2]float64{0.632, 0.632}, Annotations: append(lungs()[:3:3], nodule(176, 186, 19, 18, "prior")[0])},
			{ID: "F1", Title: "Nodule F1", Finding: "F1", Caption: "Longest diameter 23.0 mm.", Width: 320, Height: 320, Samples: 1,
				Pixels: thorax(320, 320, 160, 160, 93, 0), PixelMM: &[2]float64{0.126, 0.126}, Annotations: nodule(160, 160, 91, 23, "finding")},
			{ID: "F1-prior", Title: "Nodule F1", Finding: "F1", Prior: true, Caption: "Longest diameter 18.0 mm.", Width: 320, Height: 320, Samples: 1,
				Pixels: thorax(320, 320, 160, 160, 73, 9), PixelMM: &[2]float64{0.126, 0.126}, Annotations: nodule(160, 160, 71, 18, "prior")},
		},
		Curves: []study.Curve{{ID: "trend-F1", Title: "F1: longest diameter over time", XLabel: "days since the first study", YLabel: "longest diameter (mm)",
			Series: []study.CurveSeries{{Name: "F1", X: []float64{0, 183}, Y: []float64{18.0, 23.0}}}}},
		Artifacts: []study.Artifact{{Kind: "mask", Name: "lungs", Path: "masks/cxr-lungs.nii.gz", SHA256: hashA, Labels: []string{"background", "right lung", "left lung", "heart"},
			By: study.Producer{Step: "segment", Name: "cxr-lungs", Version: "1.0.0"}}},
		Steps: []study.Step{
			{Name: "preprocess", Version: "0.1.0", Options: map[string]string{"window": "VOI LUT of the image", "invert": "no"}, Inputs: []string{"5be1c0aa93d7e214"}, Outcome: "done"},
			{Name: "segment", Version: "0.1.0", Model: "cxr-lungs", ModelVersion: "1.0.0", ModelLicence: "Apache-2.0", SHA256: hashA, Options: map[string]string{"threshold": "0.5"}, Outcome: "done"},
			{Name: "detect", Version: "0.1.0", Model: "cxr-nodule", ModelVersion: "1.0.0", ModelLicence: "Apache-2.0", SHA256: hashB, Options: map[string]string{"operating point": "0.62"}, Outcome: "done"},
			{Name: "register", Version: "0.1.0", Options: map[string]string{"preset": "radiograph"}, Outcome: "done"},
			{Name: "explain", Version: "0.1.0", Outcome: "skipped", Reason: "not asked for by the recipe"},
		},
		Limits: []string{
			"Trained on phantoms and public radiographs of adults; not tried on children.",
			"Nodules under 8 mm, and those behind heart and diaphragm, are mostly missed.",
		},
		Disclaimer: study.Disclaimer,
		Run:        &study.Run{Version: "0.1.0", Commit: "0123abc", Started: time.Date(2025, 1, 1, 9, 30, 0, 0, time.UTC), Seconds: 3.2, Host: "host", Kernel: "avx2", StepSeconds: map[string]float64{"detect": 1.5}},
	}
	return r
}

// brain has the volumes of 18 structures with those of a prior.
func brain() *study.Result {
	names := []string{"Cerebral-White-Matter", "Cerebral-Cortex", "Lateral-Ventricle", "Cerebellum-White-Matter", "Cerebellum-Cortex", "Thalamus", "Caudate", "Putamen", "Hippocampus"}
	base := []float64{231.4, 262.8, 12.71, 14.9, 55.2, 7.62, 3.61, 5.04, 4.12}
	r := &study.Result{
		Schema: study.Schema, Recipe: "brain-t1", Status: study.Done, Priority: study.Routine, PriorityReason: "no rule of the policy applies",
		Study:     study.Ref{Key: "sub-0017_ses-02", PatientKey: "sub-0017", When: day(2023, 5, 20), Modality: "MR", BodyPart: "BRAIN", Sex: "M", AgeYears: 74},
		Prior:     &study.Ref{Key: "sub-0017_ses-01", PatientKey: "sub-0017", When: day(2022, 4, 14), Modality: "MR"},
		Technique: []study.Fact{{Name: "Acquisition", Value: "MR, T1-weighted, 3 T, TR 2300 ms, TE 2.98 ms, flip angle 9°, 256 × 256 × 176 voxels of 1.0 × 1.0 × 1.0 mm"}},
		Impression: []string{"Volumes of 18 structures were measured; the sum of the hippocampi is 8.1 ml, −2.9 % a year.",
			"Volumes are given without a comparison to a reference population."},
		Limits: []string{"Volumes depend on the scanner and the sequence; a change below 2 % a year is within the method's repeatability."},
		Steps: []study.Step{
			{Name: "conform", Version: "0.1.0", Options: map[string]string{"size": "256", "spacing": "1 mm"}, Outcome: "done"},
			{Name: "brain extraction", Version: "0.1.0", Model: "mindgrab_skullstrip", ModelVersion: "2", ModelLicence: "MIT", SHA256: hashB, Outcome: "done"},
			{Name: "segment", Version: "0.1.0", Model: "meshnet_t1_subcortical18_21ch", ModelVersion: "1", ModelLicence: "MIT", SHA256: hashA, Outcome: "done"},
			{Name: "segment cortex", Version: "0.1.0", Outcome: "skipped", Reason: "model meshnet_t1_parcellation50 is not in the folders of --models; put its .onnx file there"},
		},
		Artifacts: []study.Artifact{{Kind: "mask", Name: "subcortical18", Path: "masks/meshnet_t1_subcortical18_21ch.nii.gz", SHA256: hashB, By: study.Producer{Step: "segment"}}},
	}
	for side, lat := range []study.Laterality{study.Left, study.Right} {
		for n, name := range names {
			v := base[n] * (1 + 0.021*float64(side) - 0.003*float64(n))
			change := -1.1 - 0.2*float64(n)
			r.Measures = append(r.Measures, study.Measurement{Key: study.KeyVolume, Label: name, Side: lat, Value: v, Unit: "ml", Method: "voxels of the label at full weight",
				Prior: ptr(v / (1 + change/100)), ChangePercent: ptr(change), ChangePercentPerYear: ptr(change * 365.25 / 401)})
		}
	}
	for k, title := range []string{"Axial", "Coronal", "Sagittal"} {
		px := make([]byte, 3*256*256)
		for n := range 256 * 256 {
			d := math.Hypot(float64(n%256)-128, float64(n/256)-128)
			g := byte(max(0, 200-d*1.5))
			px[3*n], px[3*n+1], px[3*n+2] = g, g, g
			if d < 40 {
				px[3*n+k] = 240
			}
		}
		r.KeyImages = append(r.KeyImages, study.KeyImage{ID: "view-" + strings.ToLower(title), Title: title, Caption: "Labels over T1.", Width: 256, Height: 256, Samples: 3, Pixels: px, PixelMM: &[2]float64{1, 1},
			Annotations: []study.Annotation{{Kind: "text", Role: "marker", Points: [][2]float64{{10, 128}}, Text: "R"}, {Kind: "outline", Role: "hippocampus", Points: ring(128, 128, 40, 40, 60)}}})
	}
	return r
}

// abdomen has measures of a given mask in CT, with intervals.
func abdomen() *study.Result {
	r := &study.Result{
		Schema: study.Schema, Recipe: "ct-measure", Status: study.Done, Priority: study.Routine,
		Study:     study.Ref{Key: "c0ffee0123456789", PatientKey: "c1", When: day(2021, 1, 31), Modality: "CT", BodyPart: "ABDOMEN"},
		Technique: []study.Fact{{Name: "Acquisition", Value: "CT, 120 kV, kernel B30f, slices of 3 mm"}},
	}
	for _, label := range []string{"lesion 1", "lesion 2"} {
		for n, key := range []string{study.KeyLongestDiameter, study.KeyShortAxis, study.KeyVolume, "huMean", "huSD", "huP95"} {
			m := study.Measurement{Key: key, Label: label, Value: []float64{31.42, 22.7, 11.934, 48.31, 17.2, 81}[n], Unit: []string{"mm", "mm", "ml", "[hnsf'U]", "[hnsf'U]", "[hnsf'U]"}[n], Method: "all voxels of the label"}
			if n < 2 {
				m.Method, m.Plane = "longest line within one slice", "axial"
				m.Interval = &[2]float64{m.Value - 0.8, m.Value + 0.8}
			}
			r.Measures = append(r.Measures, m)
		}
	}
	return r
}

func failed() *study.Result {
	return &study.Result{
		Schema: study.Schema, Recipe: "auto", Status: study.Failed, Priority: study.Routine,
		Error: "dicom: IM0003: (7FE0,0010) PixelData: want 524288 bytes, got 131072: the file is cut short; fetch it again from its source",
		Study: study.Ref{Key: "deadbeef00112233", PatientKey: "p2", Modality: "CT"},
		Steps: []study.Step{{Name: "open", Version: "0.1.0", Outcome: "failed", Reason: "the file is cut short"}},
	}
}

func skipped() *study.Result {
	r := &study.Result{
		Schema: study.Schema, Recipe: "brain-t1", Status: study.Done, Priority: study.Routine,
		Study: study.Ref{Key: "ab54a98ceb1f0ad2", PatientKey: "p3", Modality: "MR", BodyPart: "BRAIN", When: day(2020, 2, 29)},
	}
	for _, name := range []string{"brain extraction", "segment", "measure", "register"} {
		r.Steps = append(r.Steps, study.Step{Name: name, Outcome: "skipped", Reason: "no model for it was found; name a folder with --models"})
	}
	r.Issues = []study.Issue{{Code: "no-model", Severity: study.Refused, Where: "segment", Text: "nothing could be measured without a model"}}
	return r
}

// extreme has too much of everything, and text from elsewhere.
func extreme() *study.Result {
	long := strings.Repeat("An endless explanation that goes on and on. ", 80)
	unbroken := strings.Repeat("x", 700)
	r := chest()
	r.Study.Key = unbroken[:300]
	r.Study.BodyPart = strings.ToUpper(unbroken[:200])
	r.PriorityReason = long
	r.Impression = []string{long, unbroken, "Größe ≥ 6 mm³, µ ± σ, Ångström, Łódź, Ελλάδα, Москва, 東京, العربية, 🙂, a\x00b\tc\u0301 </script><b>&amp;", "−1 – 2 — 3 “quoted” ½ ° · • → ▲ ≤ ≈ ∞ √"}
	f := r.Findings[0]
	r.Findings = nil
	for n := range 200 {
		g := f
		g.ID = fmt.Sprintf("F%d", n+1)
		g.Site = "right upper zone " + strings.Repeat("beside the hilum ", n%7)
		if n%5 == 1 {
			g.Change = &study.Change{Kind: study.NotComparable, Reason: long}
			g.Suspicion.Criteria = append(g.Suspicion.Criteria, unbroken)
		}
		if n%5 == 2 {
			g.Change, g.Measures = nil, []study.Measurement{{Key: study.KeyLongestDiameter, Value: 41.5, Unit: "{pixels}", Method: long}}
		}
		r.Findings = append(r.Findings, g)
	}
	for n := range 60 {
		r.Steps = append(r.Steps, study.Step{Name: unbroken[:n*3+1], Outcome: "failed", Reason: long, Options: map[string]string{unbroken: long, "b": "=1+1"}})
		r.Measures = append(r.Measures, study.Measurement{Key: "k" + unbroken[:n*2], Label: "label " + unbroken[:n], Value: math.Pow(10, float64(n-30)), Unit: "{" + unbroken[:n] + "}", Method: fmt.Sprint("method ", n, long)})
	}
	var marks []study.Annotation
	for n := range 120 {
		marks = append(marks, nodule(float64(20+n*5), float64(20+n*4), 14, float64(n), "finding")...)
	}
	r.KeyImages[0].Annotations = marks
	r.KeyImages[0].Caption = long
	r.KeyImages[1].Title = unbroken
	r.KeyImages = append(r.KeyImages, study.KeyImage{ID: "gone", Title: "A picture that is missing", Path: "images/gone.png", Width: 10, Height: 10, Samples: 1},
		study.KeyImage{ID: "flat", Title: "Very wide", Width: 900, Height: 3, Samples: 1, Pixels: make([]byte, 2700), Geometry: ptr(volume.Identity([3]int{900, 3, 1}, [3]float64{1, 1, 1}))},
		study.KeyImage{ID: "tall", Title: "Very tall", Width: 2, Height: 900, Samples: 1, Pixels: make([]byte, 1800)})
	r.Curves = append(r.Curves, study.Curve{ID: "histogram", Title: long, XLabel: "HU", YLabel: long, Series: []study.CurveSeries{
		{Name: "inside", X: []float64{-1000, -500, 0, 500}, Y: []float64{1, 4, 9, 2}}, {Name: unbroken, X: []float64{-900, 100, 300}, Y: []float64{3, 1, 7}}}})
	r.Limits = append(r.Limits, long, unbroken)
	return r
}

func samples() map[string]*study.Result {
	return map[string]*study.Result{"chest": chest(), "brain": brain(), "ct": abdomen(), "failed": failed(), "skipped": skipped(), "extreme": extreme()}
}
