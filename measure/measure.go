// Package measure takes figures from images and masks: lengths, volumes and intensities by label,
// nodules and the heart on a radiograph. Codes are those of DICOM PS3.16; units are UCUM.
package measure

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/study"
	"github.com/caliper-imaging/caliper/volume"
)

// Measure is one row of the table: a figure that can be had of every labelled region.
type Measure struct {
	Key     string         // stable name, lower_snake
	Title   string         // plain words, for reports
	Unit    string         // UCUM; "" means the image's own unit
	Concept *study.Concept // code verified in PS3.16, or nil
	Doc     string         // definition in one sentence
	Detail  bool           // for JSON and scripts; a printed report may leave it out
	Compute func(r *Region) (study.Measurement, bool)
}

// Options of Mask. The zero value measures every label that is present.
type Options struct {
	Labels     []uint16 // nil: all present
	Keys       []string // nil: the whole table
	NoSpacing  bool     // the grid's spacing is not known: lengths come in pixels, volumes not at all
	SliceIndex *int     // index axis that counts slices; nil: the one nearest to the patient's long axis
}

// Find is the row of the table with the key.
func Find(key string) (Measure, bool) {
	for _, m := range Table() {
		if m.Key == key {
			return m, true
		}
	}
	return Measure{}, false
}

// Mask measures each label of m, in ascending order of labels and then in the order of the table.
// The image v may be nil: figures of intensity are then absent. It must lie on the mask's grid; the
// error says what differs.
func Mask(ctx context.Context, v *volume.Volume, m *volume.Mask, o Options) ([]study.Measurement, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("measure: mask: %w", err)
	}
	if len(m.Labels) != m.Voxels() {
		return nil, fmt.Errorf("measure: mask: want %d labels, got %d", m.Voxels(), len(m.Labels))
	}
	if v != nil {
		if err := v.Geometry.SameGrid(m.Geometry, gridTolerance(v.Geometry)); err != nil {
			return nil, fmt.Errorf("measure: mask is not on the image's grid: %w", err)
		}
		if v.Channels != 1 {
			return nil, fmt.Errorf("measure: image: want 1 channel, got %d", v.Channels)
		}
	}
	rows, err := rowsOf(o.Keys)
	if err != nil {
		return nil, err
	}
	regions := regionsOf(v, m, o)
	var out []study.Measurement
	for _, r := range regions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, row := range rows {
			got, ok := row.Compute(r)
			if !ok {
				continue
			}
			got.Key, got.Label, got.Concept = row.Key, r.Name(), row.Concept
			if got.Unit == "" {
				got.Unit = row.Unit
			}
			out = append(out, got)
		}
	}
	return out, nil
}

// gridTolerance lets a mask pass that was stored with rounded numbers: a hundredth of a voxel.
func gridTolerance(g volume.Geometry) float64 {
	return 1e-2 * min(g.Spacing[0], g.Spacing[1], g.Spacing[2])
}

func rowsOf(keys []string) ([]Measure, error) {
	if keys == nil {
		return Table(), nil
	}
	var rows []Measure
	for _, key := range keys {
		row, ok := Find(key)
		if !ok {
			return nil, fmt.Errorf("measure: key: want a row of the table, got %q", key)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
