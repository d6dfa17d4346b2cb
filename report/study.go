package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/study"
)

// WriteStudy writes one study's folder: the key images as PNG, report.pdf and report.html, and last
// report.json, so that a report.json is a sign of a complete folder. Every file is written whole.
func WriteStudy(dir string, r *study.Result) error {
	if err := SaveKeyImages(dir, r.KeyImages); err != nil {
		return err
	}
	for _, format := range []string{"pdf", "html", "json"} {
		var out bytes.Buffer
		if err := Write(&out, format, r, Options{Dir: dir}); err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, "report."+format), out.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// Sign makes the report in path (a report.json) final in the name of a physician, and rewrites the PDF
// and HTML that lie beside it. A report that is final already is refused.
func Sign(path, name string, when time.Time) (*study.Result, error) {
	r, err := Load(path)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, fmt.Errorf("report: sign: want the name of the physician, got none")
	}
	if r.ReportStatus == study.Final {
		return nil, fmt.Errorf("report: sign: want a preliminary report, got one that is final")
	}
	if r.Status != study.Done {
		return nil, fmt.Errorf("report: sign: want a study that is done, got one that is %s", r.Status)
	}
	r.ReportStatus = study.Final
	r.Signature = &study.Signature{Name: name, When: when.UTC().Truncate(time.Second)}
	dir := filepath.Dir(path)
	for _, format := range []string{"pdf", "html", "json"} {
		target := path
		if format != "json" {
			target = filepath.Join(dir, "report."+format)
			if _, err := os.Stat(target); err != nil {
				continue
			}
		}
		var out bytes.Buffer
		if err := Write(&out, format, r, Options{Dir: dir}); err != nil {
			return nil, err
		}
		if err := atomicfile.WriteBytes(target, out.Bytes()); err != nil {
			return nil, err
		}
	}
	return r, nil
}
