package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caliper-imaging/caliper/study"
)

func jobs(n int) []Job {
	out := make([]Job, n)
	for i := range out {
		out[i] = Job{Key: fmt.Sprintf("k%02d", i), MemoryBytes: 10}
	}
	return out
}

// write is a Do that leaves a report with its key.
func write(_ context.Context, job Job, dir string) (*study.Result, error) {
	r := &study.Result{Schema: study.Schema, Status: study.Done, Study: study.Ref{Key: job.Key}}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return r, os.WriteFile(filepath.Join(dir, reportFile), data, 0o644)
}

func TestEveryStudyEndsInAResult(t *testing.T) {
	for _, workers := range []int{1, 2, 7} {
		root := t.TempDir()
		list := jobs(9)
		list[4].Failure = "not readable"
		do := func(ctx context.Context, job Job, dir string) (*study.Result, error) {
			switch job.Key {
			case "k02":
				return nil, errors.New("no pixels")
			case "k03":
				panic("index out of range")
			case "k05":
				return nil, nil
			}
			return write(ctx, job, dir)
		}
		results, err := Run(t.Context(), root, list, do, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		wantErr := map[string]string{"k02": "no pixels", "k03": "internal error: index out of range", "k04": "not readable", "k05": "internal error: no result"}
		for n, r := range results {
			key := list[n].Key
			if r.Study.Key != key {
				t.Errorf("result %d: want key %s, got %s", n, key, r.Study.Key)
			}
			if r.Error != wantErr[key] || (r.Status == study.Failed) != (wantErr[key] != "") {
				t.Errorf("%s: want error %q, got %q with status %s", key, wantErr[key], r.Error, r.Status)
			}
			if _, err := os.Stat(filepath.Join(root, "studies", key, reportFile)); err != nil {
				t.Error(err)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(root, "studies", tmpPrefix+"*")); len(left) > 0 {
			t.Errorf("left half made: %v", left)
		}
	}
}

func TestResumeDoesOnlyWhatIsMissing(t *testing.T) {
	root := t.TempDir()
	list := jobs(6)
	ctx, cancel := context.WithCancel(t.Context())
	count := 0
	_, err := Run(ctx, root, list, func(ctx context.Context, job Job, dir string) (*study.Result, error) {
		if count++; count == 4 {
			cancel()
			return nil, ctx.Err()
		}
		return write(ctx, job, dir)
	}, Options{Workers: 1, Fingerprint: "a"})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("want canceled, got %v", err)
	}
	// What kill -9 can leave: a half-written table, a half-made study, a journal line that was cut, a damaged report.
	half := filepath.Join(root, ".findings.csv.caliper-tmp-1")
	if err := os.WriteFile(half, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "studies", tmpPrefix+"k03"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(root, JournalFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"event":"study","key":"k0`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := os.WriteFile(filepath.Join(root, "studies", "k01", reportFile), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}

	if _, err := Run(t.Context(), root, list, write, Options{Fingerprint: "a"}); err == nil || !strings.Contains(err.Error(), "earlier run") {
		t.Errorf("without resume: want a refusal, got %v", err)
	}
	if _, err := Run(t.Context(), root, list, write, Options{Resume: true, Fingerprint: "b"}); err == nil || !strings.Contains(err.Error(), "another recipe") {
		t.Errorf("with other options: want a refusal, got %v", err)
	}
	var done []string
	results, err := Run(t.Context(), root, list, func(ctx context.Context, job Job, dir string) (*study.Result, error) {
		done = append(done, job.Key)
		return write(ctx, job, dir)
	}, Options{Workers: 1, Resume: true, Fingerprint: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the half-written table is still there: %v", err)
	}
	if got, want := strings.Join(done, " "), "k01 k03 k04 k05"; got != want {
		t.Errorf("done again: want %s, got %s", want, got)
	}
	for n, r := range results {
		if r.Study.Key != list[n].Key || r.Status != study.Done {
			t.Errorf("result %d: %+v", n, r.Study)
		}
	}
}

func TestMemoryBudgetIsKept(t *testing.T) {
	list := jobs(8)
	list[3].MemoryBytes = 1000 // larger than the budget: runs alone
	var used, peak atomic.Int64
	_, err := Run(t.Context(), t.TempDir(), list, func(ctx context.Context, job Job, dir string) (*study.Result, error) {
		now := used.Add(job.MemoryBytes)
		defer used.Add(-job.MemoryBytes)
		if now > 20 && now != 1000 {
			t.Errorf("%d bytes at work, budget 20", now)
		}
		peak.Store(max(peak.Load(), now))
		return write(ctx, job, dir)
	}, Options{Workers: 4, MemoryBytes: 20})
	if err != nil {
		t.Fatal(err)
	}
	if peak.Load() != 1000 {
		t.Errorf("peak: want 1000 by the large job alone, got %d", peak.Load())
	}
}

func TestKeysAreChecked(t *testing.T) {
	for _, keys := range [][]string{{""}, {"a/b"}, {"..", "x"}, {"x", "x"}} {
		var list []Job
		for _, k := range keys {
			list = append(list, Job{Key: k})
		}
		if _, err := Run(t.Context(), t.TempDir(), list, write, Options{}); err == nil {
			t.Errorf("keys %q: want an error", keys)
		}
	}
}
