package report

import (
	"fmt"
	"io"

	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/report/internal/web"
	"github.com/caliper-imaging/caliper/study"
)

func writeHTML(w io.Writer, r *study.Result, o Options) error {
	c, err := withPixels(r, o)
	if err != nil {
		return fmt.Errorf("report: html: %w", err)
	}
	return web.WriteReport(w, view.Of(c))
}
