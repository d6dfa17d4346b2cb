package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/study"
)

// batch writes the studies of all samples below dir and returns their entries.
func batch(t testing.TB, dir string) []study.WorklistEntry {
	t.Helper()
	var entries []study.WorklistEntry
	for _, r := range []*study.Result{skipped(), chest(), failed(), brain(), abdomen()} {
		if err := WriteStudy(filepath.Join(dir, "studies", r.Study.Key), r); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, r.Entry("studies/"+r.Study.Key+"/report.json"))
	}
	return append(entries, study.WorklistEntry{Study: `bad"><script>alert(1)</script>`, PatientKey: "p9", Modality: "CT", Recipe: "auto", Priority: study.Routine, Status: study.Failed, Error: "not an image: <b>&"})
}

func TestWriteBatch(t *testing.T) {
	dir := t.TempDir()
	entries := batch(t, dir)
	if err := WriteBatch(dir, entries); err != nil {
		t.Fatal(err)
	}
	first := map[string][]byte{}
	names := []string{"worklist.json", "findings.csv", "measures.csv", "index.html"}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		first[name] = data
	}
	var list []map[string]any
	if err := json.Unmarshal(first["worklist.json"], &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 6 || list[0]["priority"] != "urgent" || list[0]["report"] != "studies/9b1f0c2d7e3a4f56/report.json" || list[5]["status"] != "failed" {
		t.Errorf("want the urgent study first and the failed ones last, got %v", list)
	}
	for _, key := range []string{"study", "patientKey", "modality", "recipe", "priority", "status", "report", "error"} {
		if _, ok := list[0][key]; !ok {
			t.Errorf("worklist.json: want %q in each entry", key)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	if err := WriteBatch(dir, entries); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if data, _ := os.ReadFile(filepath.Join(dir, name)); !bytes.Equal(data, first[name]) {
			t.Errorf("%s depends on the order in which studies ended", name)
		}
	}
	checkIndex(t, dir)
}

// checkIndex wants the page of a batch to be whole in itself and safe.
func checkIndex(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<b>&") || strings.Contains(page, "://") {
		t.Error("want text escaped and no address of another host")
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if strings.HasPrefix(m[1], "data:image/") {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(m[1]))); err != nil {
			t.Errorf("link %s: %v", m[1], err)
		}
	}
	if n := strings.Count(page, "data:image/jpeg;base64,"); n != 2 {
		t.Errorf("want a picture of the chest and of the brain, got %d", n)
	}
	if !strings.Contains(page, "not an image: &lt;b&gt;&amp;") {
		t.Error("want the reason of a failure")
	}
	script := regexp.MustCompile(`(?s)<script>(.*)</script>`).FindStringSubmatch(page)
	if script == nil || !strings.Contains(page, "script-src &#39;sha256-"+sum64(script[1])+"&#39;") {
		t.Error("want the policy to allow exactly the page's own script")
	}
}

func TestFindingsCSVColumns(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", chest()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return rows[1][slices.Index(rows[0], name)] }
	for name, want := range map[string]string{
		"study": "9b1f0c2d7e3a4f56", "finding": "F1", "what": "Solitary nodule of lung", "where": "right upper zone", "laterality": "R",
		"score": "0.914", "longest_diameter_mm": "23", "volume_ml": "", "prior_longest_diameter_mm": "18", "change": "growing",
		"change_percent": "27.8", "doubling_time_days": "172.5", "priority": "urgent",
	} {
		if got := at(name); got != want {
			t.Errorf("%s: want %q, got %q", name, want, got)
		}
	}
	if !strings.Contains(at("advice"), "CT of the chest") || !strings.Contains(at("advice"), "2023") {
		t.Errorf("advice: want the text with guideline and edition, got %q", at("advice"))
	}
}

func TestCSVHoldsNoFormula(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd": "'+cmd", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "-12.5": "-12.5", "+3": "+3", "a=1": "a=1", "": "", "-Inf": "'-Inf",
	} {
		if got := inert(text); got != want {
			t.Errorf("%q: want %q, got %q", text, want, got)
		}
	}
	r := chest()
	r.Findings[0].Site = "=HYPERLINK(\"x\"),\n\"quoted\""
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", r))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][slices.Index(rows[0], "where")] != "'"+r.Findings[0].Site {
		t.Errorf("want one row with the text made harmless, got %v, %v", rows, err)
	}
}

func TestDecimal(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 23: "23", -0.00000001234567891: "-1.234568e-08", 0.1 + 0.2: "0.3", 1234567.891: "1234568", 12.345678912: "12.34568", 1e300: "1e+300"} {
		if got := decimal(v); got != want {
			t.Errorf("%g: want %s, got %s", v, want, got)
		}
	}
}

func TestMeasuresCSV(t *testing.T) {
	var out bytes.Buffer
	table := NewMeasuresCSV(&out)
	table.Add(brain())
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 19 {
		t.Fatalf("want a line for each of 18 structures, got %d, %v", len(rows), err)
	}
	if got := strings.Join(rows[1][5:10], "|"); got != "volume|Cerebral-White-Matter|L|231.4|ml" {
		t.Errorf("got %s", got)
	}
}

func TestSign(t *testing.T) {
	dir := t.TempDir()
	if err := WriteStudy(dir, chest()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "report.json")
	when := time.Date(2024, 9, 3, 10, 15, 0, 5, time.FixedZone("", 7200))
	if _, err := Sign(path, "", when); err == nil {
		t.Error("want a name to be asked for")
	}
	if _, err := Sign(path, "Dr. Ægir Łuk", when); err != nil {
		t.Fatal(err)
	}
	r, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if r.ReportStatus != study.Final || r.Signature == nil || r.Signature.Name != "Dr. Ægir Łuk" || !r.Signature.When.Equal(when.Truncate(time.Second)) {
		t.Errorf("got %s, %+v", r.ReportStatus, r.Signature)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil || !bytes.Contains(page, []byte("Final report, signed by Dr. Ægir Łuk on 2024-09-03 08:15 UTC")) {
		t.Errorf("want the signature on the page (%v)", err)
	}
	if _, err := Sign(path, "Another", when); err == nil {
		t.Error("want a final report to be refused")
	}
	if err := WriteStudy(dir, failed()); err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(path, "Another", when); err == nil {
		t.Error("want a failed study to be refused")
	}
}

func TestKeyImagesRoundTrip(t *testing.T) {
	dir := t.TempDir()
	images := append(chest().KeyImages, brain().KeyImages...)
	images[0].ID = "../../escape"
	if err := SaveKeyImages(dir, images); err != nil {
		t.Fatal(err)
	}
	if images[0].Path != "images/001.png" || images[1].Path != "images/overview-prior.png" || len(images[1].SHA256) != 64 {
		t.Errorf("got paths %s, %s", images[0].Path, images[1].Path)
	}
	back := slices.Clone(images)
	for n := range back {
		back[n].Pixels = nil
	}
	if err := LoadKeyImages(dir, back); err != nil {
		t.Fatal(err)
	}
	for n := range back {
		if !bytes.Equal(back[n].Pixels, images[n].Pixels) {
			t.Errorf("%s: pixels differ after reading", images[n].ID)
		}
	}
	// A report made from the files alone is the one made from the pixels.
	r := chest()
	if err := WriteStudy(filepath.Join(dir, "s"), r); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(filepath.Join(dir, "s", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"pdf", "html"} {
		var out bytes.Buffer
		if err := Write(&out, format, loaded, Options{Dir: filepath.Join(dir, "s")}); err != nil {
			t.Fatal(err)
		}
		if want, _ := os.ReadFile(filepath.Join(dir, "s", "report."+format)); !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s from files differs from that made with the study", format)
		}
	}
}

func TestKeyImagesRefused(t *testing.T) {
	dir := t.TempDir()
	good := chest().KeyImages[2:3]
	if err := SaveKeyImages(dir, good); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, good[0].Path))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cut.png"), whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*study.KeyImage){
		"outside":     func(k *study.KeyImage) { k.Path = "../x.png" },
		"absolute":    func(k *study.KeyImage) { k.Path = "/etc/passwd" },
		"missing":     func(k *study.KeyImage) { k.Path = "no.png" },
		"no path":     func(k *study.KeyImage) { k.Path = "" },
		"cut":         func(k *study.KeyImage) { k.Path = "cut.png" },
		"other size":  func(k *study.KeyImage) { k.Width++ },
		"two samples": func(k *study.KeyImage) { k.Samples = 2 },
	} {
		k := good[0]
		k.Pixels = nil
		change(&k)
		if err := LoadKeyImages(dir, []study.KeyImage{k}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	bad := good[0]
	bad.Pixels = bad.Pixels[1:]
	if err := SaveKeyImages(dir, []study.KeyImage{bad}); err == nil {
		t.Error("want pixels that do not fit the size to be refused")
	}
	bad = good[0]
	bad.Path = "../out.png"
	if err := SaveKeyImages(dir, []study.KeyImage{bad}); err == nil {
		t.Error("want a path outside the folder to be refused")
	}
}

func TestWriteBatchNamesABrokenReport(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "r.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"r.json", "gone.json", "../r.json"} {
		if err := WriteBatch(dir, []study.WorklistEntry{{Study: "s", Status: study.Done, Report: path}}); err == nil {
			t.Errorf("%s: want an error", path)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "worklist.json")); err == nil {
		t.Error("want no worklist where a report could not be read")
	}
}

func BenchmarkStudyPDF(b *testing.B) {
	r := chest()
	for b.Loop() {
		if err := Write(&bytes.Buffer{}, "pdf", r, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func sum64(script string) string {
	sum := sha256.Sum256([]byte(script))
	return base64.StdEncoding.EncodeToString(sum[:])
}
