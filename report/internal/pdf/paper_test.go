package pdf

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/caliper-imaging/caliper/report/internal/view"
	"github.com/caliper-imaging/caliper/study"
)

func TestWrapKeepsWidthAndWords(t *testing.T) {
	p, err := newPaper(view.Of(&study.Result{Status: study.Done}))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("abcdefghiWM    .-/³≥–µЖλ字🙂\u0301\x00")
	for range 300 {
		var b strings.Builder
		for range rng.IntN(200) {
			b.WriteRune(alphabet[rng.IntN(len(alphabet))])
		}
		text, w := b.String(), 12+rng.Float64()*120
		lines := p.wrap(text, w, 9, false)
		for _, l := range lines {
			if got := p.wide(l, 9, false); got > w+1e-6 {
				t.Fatalf("line %q is %.2f mm wide, want at most %.2f", l, got, w)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got, want := squeeze(strings.Join(lines, "")), squeeze(p.clean(text)); got != want {
			t.Fatalf("wrapping lost text: got %q, want %q", got, want)
		}
	}
}

func TestCleanShowsWhatReportsNeed(t *testing.T) {
	p, err := newPaper(view.Of(&study.Result{}))
	if err != nil {
		t.Fatal(err)
	}
	const all = "³ ² ≥ ≤ – — µ ± ° × · • “quoted” ½ → ≈ ∞ √ Å Ł ß é ñ Ω λ Ж щ"
	if got := p.clean(all); got != all {
		t.Errorf("got %q, want every character of %q", got, all)
	}
	if got := p.clean("a\x00b字🙂\ufeffc"); got != "ab□□c" {
		t.Errorf("got %q, want ab□□c", got)
	}
}

func TestColumnWidths(t *testing.T) {
	p, err := newPaper(view.Of(&study.Result{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, cells := range [][]string{{"a", "b", "c"}, {strings.Repeat("long ", 100), "b", "c"}, {strings.Repeat("x", 900), strings.Repeat("y", 900), strings.Repeat("z", 900)}} {
		table := view.Table{Columns: []view.Column{{Title: "A", Weight: 1}, {Title: "B", Weight: 2}, {Title: "C", Weight: 1}}, Rows: [][]string{cells}}
		sum := 0.0
		for n, w := range p.columnWidths(table) {
			if w < 4 {
				t.Errorf("column %d of %.10s: want 4 mm at least, got %.1f", n, cells[0], w)
			}
			sum += w
		}
		if sum > width+1e-6 {
			t.Errorf("columns of %.10s: want %.0f mm at most, got %.2f", cells[0], width, sum)
		}
	}
}
