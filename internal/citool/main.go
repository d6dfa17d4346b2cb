// Command citool reads the output of go test -json, prints what failed or skipped, and last how many
// tests passed, failed and skipped. A skip counts as a failure where the reference data is there.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
)

type event struct {
	Action, Package, Test, Output string
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: citool TESTS.json")
		os.Exit(2)
	}
	f, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer f.Close()
	passed, failed, skipped := 0, 0, 0
	output := map[string]string{}
	var bad []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		name := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if len(output[name]) < 1<<16 {
				output[name] += e.Output
			}
		case "fail", "build-fail":
			bad = append(bad, name)
			failed++
		case "skip":
			if e.Test != "" {
				bad = append(bad, name)
				skipped++
			}
		case "pass":
			if e.Test != "" {
				passed++
				delete(output, name)
			}
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sort.Strings(bad)
	for _, name := range bad {
		fmt.Printf("--- %s\n%s", name, output[name])
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	_, missing := os.Stat("../shared")
	if failed > 0 || passed == 0 || skipped > 0 && missing == nil {
		os.Exit(1)
	}
}
