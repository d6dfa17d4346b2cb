package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/batch"
	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/phantom"
)

// TestRunsRepeat holds a run to the same bytes on one worker, on two, and when it was killed over and
// over and resumed. The block "run" of report.json and the journal are exempt.
func TestRunsRepeat(t *testing.T) {
	golden.Long(t)
	input := filepath.Join(t.TempDir(), "input")
	if _, err := phantom.Demo(input); err != nil {
		t.Fatal(err)
	}
	run := func(dir string, args ...string) *exec.Cmd {
		return exec.Command("caliper", append([]string{"run", input, "-o", dir}, args...)...)
	}
	wantCode := func(cmd *exec.Cmd, code int) {
		t.Helper()
		if out, err := cmd.CombinedOutput(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
			t.Fatalf("want exit code %d, got %v: %s", code, err, out)
		}
	}
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	started := time.Now()
	wantCode(run(one, "--workers", "1"), exitSomeFailed) // one file of the demo is broken
	took := time.Since(started)
	wantCode(run(two, "--workers", "2"), exitSomeFailed)
	want := tree(t, one)
	if len(want) < 20 {
		t.Fatalf("want the files of five studies, got %d", len(want))
	}
	sameTree(t, "two workers", want, tree(t, two))

	killed := filepath.Join(t.TempDir(), "killed")
	for n := range 4 {
		cmd := run(killed, "--workers", "2", "--resume")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(took * time.Duration(2*n+1) / 10)
		if err := cmd.Process.Kill(); err != nil {
			t.Log(err)
		}
		_ = cmd.Wait()
	}
	wantCode(run(killed, "--resume"), exitSomeFailed)
	sameTree(t, "killed and resumed", want, tree(t, killed))
}

// tree is every file below dir by its path, what is exempt left out.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == batch.JournalFile {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if d.Name() == "report.json" {
			var whole map[string]json.RawMessage
			if err := json.Unmarshal(data, &whole); err != nil {
				return err
			}
			delete(whole, "run")
			if data, err = json.Marshal(whole); err != nil {
				return err
			}
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameTree(t *testing.T, what string, want, got map[string][]byte) {
	t.Helper()
	names := map[string]bool{}
	for name := range want {
		names[name] = true
	}
	for name := range got {
		names[name] = true
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	for _, name := range sorted {
		a, inWant := want[name]
		b, inGot := got[name]
		switch {
		case !inWant || !inGot:
			t.Errorf("%s: %s is in one of the two only", what, name)
		case !bytes.Equal(a, b):
			t.Errorf("%s: %s differs", what, name)
		}
	}
}
