package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/caliper-imaging/caliper/study"
)

// maxJSON caps a report.json that is read back.
const maxJSON = 256 << 20

func writeJSON(w io.Writer, r *study.Result, _ Options) error {
	if err := r.Finite(); err != nil {
		return fmt.Errorf("report: json: %w", err)
	}
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("report: json: %w", err)
	}
	_, err := w.Write(plain.Bytes())
	return err
}

// Load reads a report.json. Key images keep Pixels nil; LoadKeyImages fills them.
func Load(path string) (*study.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	defer f.Close()
	r, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%w (in %s)", err, path)
	}
	return r, nil
}

// Read reads the JSON form of a result.
func Read(rd io.Reader) (*study.Result, error) {
	data, err := io.ReadAll(io.LimitReader(rd, maxJSON+1))
	if err != nil {
		return nil, fmt.Errorf("report: json: %w", err)
	}
	if len(data) > maxJSON {
		return nil, fmt.Errorf("report: json: want at most %d bytes, got more", maxJSON)
	}
	var r study.Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("report: json: want a report.json of caliper: %w", err)
	}
	if r.Schema != study.Schema {
		return nil, fmt.Errorf("report: json: schema: want %d, got %d", study.Schema, r.Schema)
	}
	return &r, nil
}
