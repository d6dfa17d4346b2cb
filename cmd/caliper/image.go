package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// openImage reads the one image of a file, a folder or, for -, of stdin.
func openImage(ctx context.Context, s term.Streams, path string, flags inputFlags) (*volume.Volume, study.Series, error) {
	o, err := flags.options()
	if err != nil {
		return nil, study.Series{}, err
	}
	file, remove, err := spooled(s, path, "")
	if err != nil {
		return nil, study.Series{}, err
	}
	defer remove()
	v, series, err := intake.OpenFile(ctx, file, o)
	if err != nil {
		return nil, series, named(path, err)
	}
	return v, series, nil
}

// named puts an argument before an error that does not name it yet.
func named(path string, err error) error {
	if path != piped && strings.Contains(err.Error(), filepath.Base(path)) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// openMaskOf reads a mask that must lie on the image's grid; "" is none.
func openMaskOf(s term.Streams, path string, v *volume.Volume) (*volume.Mask, error) {
	if path == "" {
		return nil, nil
	}
	file, remove, err := spooled(s, path, "")
	if err != nil {
		return nil, err
	}
	defer remove()
	m, err := intake.OpenMaskOn(file, v.Geometry)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// spacingKnown says that the series' spacing is in real mm.
func spacingKnown(s study.Series) bool {
	source := s.Acquisition.SpacingSource
	return source != "" && source != "none"
}
