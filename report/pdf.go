package report

import (
	"io"

	"codeberg.org/go-pdf/fpdf"

	"github.com/caliper-imaging/caliper/study"
)

func writePDF(w io.Writer, r *study.Result, o Options) error {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 11)
	pdf.Write(6, r.Study.Key)
	return pdf.Output(w)
}
