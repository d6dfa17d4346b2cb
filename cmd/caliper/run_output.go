package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// prepareOutput makes the folder of a run. One that is not empty is refused unless the run is resumed.
func prepareOutput(dir string, resume bool) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("output: %s can't be made: choose a folder that can be written: %w", dir, err)
		}
	case err != nil:
		return fmt.Errorf("output: %s is no folder that can be written: choose another: %w", dir, err)
	case len(entries) > 0 && !resume:
		return fmt.Errorf("output: %s is not empty: choose another folder, or add --resume to go on with an earlier run", dir)
	}
	probe, err := os.CreateTemp(dir, ".caliper-writable-*")
	if err != nil {
		return fmt.Errorf("output: %s can't be written: choose another folder: %w", dir, err)
	}
	name := probe.Name()
	return errors.Join(probe.Close(), os.Remove(name))
}

// saveMask stores a mask below a study's folder and describes the file.
func saveMask(dir, name string, m *volume.Mask) (study.Artifact, error) {
	rel := "masks/" + name + ".nii.gz"
	path := filepath.Join(dir, filepath.FromSlash(rel))
	if err := nifti.Write(path, m); err != nil {
		return study.Artifact{}, err
	}
	sum, err := fileSHA256(path)
	if err != nil {
		return study.Artifact{}, err
	}
	return study.Artifact{Kind: "mask", Name: name, Path: rel, SHA256: sum, Labels: m.Names}, nil
}

func fileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
