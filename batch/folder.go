package batch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/caliper-imaging/caliper/internal/atomicfile"
	"github.com/caliper-imaging/caliper/study"
)

// tmpPrefix marks the folders of studies that are being made.
const tmpPrefix = ".making-"

// prepare makes the folder of studies and removes what a killed run left half made in it and beside it.
func prepare(studies string) error {
	if err := os.MkdirAll(studies, 0o755); err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	entries, err := os.ReadDir(studies)
	if err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tmpPrefix) {
			if err := os.RemoveAll(filepath.Join(studies, e.Name())); err != nil {
				return fmt.Errorf("batch: %w", err)
			}
		}
	}
	root := filepath.Dir(studies)
	beside, err := os.ReadDir(root)
	if err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	for _, e := range beside {
		if e.Type().IsRegular() && atomicfile.IsTemp(e.Name()) {
			if err := os.Remove(filepath.Join(root, e.Name())); err != nil {
				return fmt.Errorf("batch: %w", err)
			}
		}
	}
	return nil
}

// writeFailed leaves the record of a study that could not be done.
func writeFailed(dir string, r *study.Result) error {
	return atomicfile.WriteFile(filepath.Join(dir, reportFile), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	})
}

func outOfSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// syncDir makes a rename durable where the system can; where it can't, the rename stands all the same.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
