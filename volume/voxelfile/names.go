package voxelfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/volume"
)

// Names lists the files of a pattern with one verb such as %03d, for the numbers from first to last by step.
func Names(pattern string, numbers []string) ([]string, error) {
	if len(numbers) < 3 {
		return nil, volume.Malformed("voxelfile: files: want a pattern and its first number, last number and step, got %d", len(numbers))
	}
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(numbers[i]); err != nil {
			return nil, volume.Malformed("voxelfile: files: want a whole number behind the pattern, got %.20q", numbers[i])
		}
	}
	first, last, step := n[0], n[1], n[2]
	if step == 0 || (last-first)/step < 0 || (last-first)/step >= MaxFiles {
		return nil, volume.Malformed("voxelfile: files: want 1 to %d files, got numbers from %d to %d by %d", MaxFiles, first, last, step)
	}
	at := strings.IndexByte(pattern, '%')
	end := at + 1
	for end < len(pattern) && pattern[end] >= '0' && pattern[end] <= '9' {
		end++
	}
	if at < 0 || end-at > 4 || end == len(pattern) || pattern[end] != 'd' || strings.Contains(pattern[end:], "%") {
		return nil, volume.Malformed("voxelfile: files: want a pattern with one verb such as %%03d, got %.60q", pattern)
	}
	var out []string
	for x := first; step > 0 && x <= last || step < 0 && x >= last; x += step {
		out = append(out, pattern[:at]+fmt.Sprintf(pattern[at:end+1], x)+pattern[end+1:])
	}
	return out, nil
}

// Named returns the files that a header's text names: those of a pattern with its numbers, else the one of that name.
func Named(said string) ([]string, error) {
	if words := strings.Fields(said); len(words) > 3 && strings.Contains(words[0], "%") {
		return Names(words[0], words[1:])
	}
	return []string{said}, nil
}
