package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/internal/golden"
)

// TestDocument holds the tables of formats and of transfer syntaxes in README.md and docs/FORMATS.md to the code;
// -update rewrites them.
func TestDocument(t *testing.T) {
	var b strings.Builder
	yes := map[bool]string{true: "yes", false: "no"}
	b.WriteString("| format | names end in | read | written | kept of the place of voxels |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range Formats() {
		written := yes[f.Writes]
		if f.Name == "dicom" {
			written = "in another transfer syntax"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.Doc, strings.Join(slices.Concat(f.Endings, f.Also), ", "), yes[f.Reads], written, f.Keeps)
	}
	table := b.String()
	var read, written, refused []string
	for _, c := range codec.Table() {
		switch {
		case c.Decode == nil:
			refused = append(refused, c.Name)
		default:
			read = append(read, c.Name)
		}
		if c.Encode != nil || c.UID == "1.2.840.10008.1.2.1" {
			written = append(written, c.Name)
		}
	}
	syntaxes := fmt.Sprintf("DICOM transfer syntaxes read (%d): %s.\n\nWritten: %s.\n\nRecognised and refused by name: %s.\n",
		len(read), strings.Join(read, "; "), strings.Join(written, "; "), strings.Join(refused, "; "))
	golden.Block(t, "../README.md", "formats", table+"\n"+syntaxes)
	golden.Equal(t, "../docs/FORMATS.md", []byte("# Formats\n\nWhat `caliper` reads and writes, by the table of `intake`. A format is told by the first bytes of a file, else by its\n"+
		"name. Archives (.zip, .tar, .tar.gz) are read as folders, a DICOMDIR as the files that it lists.\n\n"+table+"\nDICOM transfer syntaxes are in [TRANSFER_SYNTAXES.md](TRANSFER_SYNTAXES.md).\n"))
}
