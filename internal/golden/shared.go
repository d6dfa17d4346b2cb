// Package golden helps tests to find reference data and to compare with stored files.
package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared is the path of a file or folder of the reference data that lies in a folder "shared"
// beside the checkout (or where CALIPER_SHARED points). A test that needs it skips, and says so,
// where it is missing.
func Shared(t testing.TB, rel string) string {
	t.Helper()
	for _, root := range roots() {
		path := filepath.Join(root, filepath.FromSlash(rel))
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skipf("needs ../shared/%s beside the checkout", rel)
	return ""
}

func roots() []string {
	if env := os.Getenv("CALIPER_SHARED"); env != "" {
		return []string{env}
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return []string{filepath.Join(filepath.Dir(dir), "shared")}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}
