package intake

import (
	"os"
	"strings"
	"testing"
)

// A device or a pipe is no input: reading it could wait without end.
func TestDeviceIsNoInput(t *testing.T) {
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Skip("this system has no device of this name")
	}
	if _, err := Scan(t.Context(), []string{os.DevNull}, Options{}); err == nil || !strings.Contains(err.Error(), "want a file or a folder") {
		t.Errorf("want an error that names what is wanted, got %v", err)
	}
}
