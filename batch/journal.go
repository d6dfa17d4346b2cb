package batch

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/study"
)

// JournalFile is the name of the log below a run's folder, one JSON object a line.
const JournalFile = "journal.jsonl"

const reportFile = "report.json"

// entry is a line of the journal.
type entry struct {
	Time        time.Time    `json:"time"`
	Event       string       `json:"event"` // start, resume, study
	Fingerprint string       `json:"fingerprint,omitempty"`
	Key         string       `json:"key,omitempty"`
	Status      study.Status `json:"status,omitempty"`
	Error       string       `json:"error,omitempty"`
	ReportSHA   string       `json:"reportSha256,omitempty"`
	Inputs      string       `json:"inputs,omitempty"`
}

type journal struct {
	mu   sync.Mutex
	file *os.File
	past map[string]entry // by key, the last line of each
}

// openJournal starts or continues the journal of a run's folder.
func openJournal(root string, resume bool, fingerprint string) (*journal, error) {
	path := filepath.Join(root, JournalFile)
	j := &journal{past: map[string]entry{}}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("batch: journal: %w", err)
	}
	event := "start"
	if len(old) > 0 {
		if !resume {
			return nil, fmt.Errorf("batch: %s holds an earlier run: resume it, or choose another folder", root)
		}
		event = "resume"
		if err := j.replay(old, fingerprint); err != nil {
			return nil, err
		}
	}
	j.file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("batch: journal: %w", err)
	}
	if len(old) > 0 && old[len(old)-1] != '\n' { // a line cut by a kill
		if _, err := j.file.WriteString("\n"); err != nil {
			return nil, errors.Join(fmt.Errorf("batch: journal: %w", err), j.file.Close())
		}
	}
	if err := j.append(entry{Event: event, Fingerprint: fingerprint}); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	return j, nil
}

// replay reads the lines of an earlier run; lines that were cut are passed over.
func (j *journal) replay(old []byte, fingerprint string) error {
	lines := bufio.NewScanner(bytes.NewReader(old))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		switch e.Event {
		case "start":
			if e.Fingerprint != fingerprint {
				return errors.New("batch: the folder holds a run with another recipe, other models, options or version: choose another folder")
			}
		case "study":
			j.past[e.Key] = e
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("batch: journal: %w", err)
	}
	return nil
}

// kept returns the result of an earlier run where it is whole and was made from the same inputs.
func (j *journal) kept(studies string, job Job) (*study.Result, bool) {
	j.mu.Lock()
	e, ok := j.past[job.Key]
	j.mu.Unlock()
	if !ok || e.Status != study.Done || e.Inputs != inputsOf(job) {
		return nil, false
	}
	data, err := os.ReadFile(filepath.Join(studies, job.Key, reportFile))
	if err != nil || hash(data) != e.ReportSHA {
		return nil, false
	}
	var r study.Result
	if json.Unmarshal(data, &r) != nil {
		return nil, false
	}
	return &r, true
}

func (j *journal) record(studies string, job Job, r *study.Result) error {
	data, err := os.ReadFile(filepath.Join(studies, job.Key, reportFile))
	if err != nil {
		return fmt.Errorf("batch: study %s: %w", job.Key, err)
	}
	return j.append(entry{Event: "study", Key: job.Key, Status: r.Status, Error: r.Error, ReportSHA: hash(data), Inputs: inputsOf(job)})
}

func (j *journal) append(e entry) error {
	e.Time = time.Now().UTC()
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("batch: journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("batch: journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("batch: journal: %w", err)
	}
	return nil
}

func (j *journal) close() { _ = j.file.Close() }

// inputsOf is a hash over the names, sizes and times of a job's files, prior studies included.
func inputsOf(job Job) string {
	h := sha256.New()
	add := func(s study.Study) {
		for _, series := range s.Series {
			for _, path := range append(append([]string{}, series.Files...), series.Mask) {
				fmt.Fprintf(h, "%s", path)
				if outer, _, ok := archive.Split(path); ok { // it changes with its archive
					path = outer
				}
				if info, err := os.Stat(path); err == nil {
					fmt.Fprintf(h, " %d %d", info.Size(), info.ModTime().UnixNano())
				}
				fmt.Fprintln(h)
			}
		}
	}
	add(job.Study)
	for _, prior := range job.Study.Priors {
		add(prior)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
