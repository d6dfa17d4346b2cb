package report

import (
	"fmt"
	"io"

	"github.com/caliper-imaging/caliper/report/internal/pdf"
	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/study"
)

func writePDF(w io.Writer, r *study.Result, o Options) error {
	c, err := withPixels(r, o)
	if err != nil {
		return fmt.Errorf("report: pdf: %w", err)
	}
	return pdf.Write(w, view.Of(c))
}

// withPixels is a shallow copy of a result whose key images have their pixels where they can be had; a
// picture that is missing is told of in the report instead. Figures that are not finite are refused.
func withPixels(r *study.Result, o Options) (*study.Result, error) {
	if err := r.Finite(); err != nil {
		return nil, err
	}
	c := *r
	c.KeyImages = append([]study.KeyImage(nil), r.KeyImages...)
	for n := range c.KeyImages {
		k := &c.KeyImages[n]
		if k.Pixels == nil {
			loadKeyImage(o.Dir, k)
		}
		if checkKeyImage(k) != nil {
			k.Pixels = nil
		}
	}
	return &c, nil
}
