package optest

import (
	_ "embed"
	"fmt"
	"io"
	"sort"
	"strings"
)

// skips has one case a line: its folder's name, a tab, and the reason.
//
//go:embed skip.txt
var skips string

func skipList() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(skips) {
		if name, reason, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && !strings.HasPrefix(name, "#") {
			m[name] = strings.TrimSpace(reason)
		}
	}
	return m
}

// Counts gives how many cases passed and failed; what the skip list has counts as failed.
func (r *Report) Counts() (passed, failed int) {
	for _, o := range r.Outcomes {
		if o.Err == nil && o.Reason == "" {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed
}

// Table prints passed and failed cases by operator and, last, the totals.
func (r *Report) Table(w io.Writer) error {
	type row struct{ pass, fail int }
	rows := map[string]*row{}
	for _, o := range r.Outcomes {
		for _, name := range o.Ops {
			if rows[name] == nil {
				rows[name] = &row{}
			}
			if o.Err == nil && o.Reason == "" {
				rows[name].pass++
			} else {
				rows[name].fail++
			}
		}
	}
	var names []string
	for name := range rows {
		names = append(names, name)
	}
	sort.Strings(names)
	if _, err := fmt.Fprintf(w, "%-44s %7s %7s\n", "operator", "passed", "failed"); err != nil {
		return err
	}
	for _, name := range names {
		if _, err := fmt.Fprintf(w, "%-44s %7d %7d\n", name, rows[name].pass, rows[name].fail); err != nil {
			return err
		}
	}
	passed, failed := r.Counts()
	_, err := fmt.Fprintf(w, "%d passed, %d failed\n", passed, failed)
	return err
}
