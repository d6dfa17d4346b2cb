package main

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// openImage reads the one image of a file or a folder.
func openImage(ctx context.Context, path string, flags inputFlags) (*volume.Volume, study.Series, error) {
	o, err := flags.options()
	if err != nil {
		return nil, study.Series{}, err
	}
	v, series, err := intake.OpenFile(ctx, path, o)
	if err != nil {
		return nil, series, fmt.Errorf("%s: %w", path, err)
	}
	return v, series, nil
}

// spacingKnown says that the series' spacing is in real mm.
func spacingKnown(s study.Series) bool {
	source := s.Acquisition.SpacingSource
	return source != "" && source != "none"
}
