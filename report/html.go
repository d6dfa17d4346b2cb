package report

import (
	"fmt"
	"html"
	"io"

	"github.com/caliper-imaging/caliper/study"
)

func writeHTML(w io.Writer, r *study.Result, o Options) error {
	_, err := fmt.Fprintf(w, "<!doctype html><title>%s</title>", html.EscapeString(r.Study.Key))
	return err
}
