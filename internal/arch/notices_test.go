package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNotices wants every module that is linked into the binary in docs/THIRD_PARTY.md, at its version.
func TestNotices(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "THIRD_PARTY.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			listed[strings.TrimPrefix(cells[0], "| ")+" "+cells[1]] = true
		}
	}
	linked := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/caliper")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			if line != "" {
				linked[line] = true
			}
		}
	}
	if len(linked) == 0 {
		t.Fatal("want modules, got none")
	}
	for module := range linked {
		if !listed[module] {
			t.Errorf("docs/THIRD_PARTY.md: want a row for %s, got none", module)
		}
	}
}
