package golden

import (
	"os"
	"testing"
)

// Long skips a test that takes more than a few seconds, unless CALIPER_LONG is set, as .ci/run does.
func Long(t testing.TB) {
	t.Helper()
	if os.Getenv("CALIPER_LONG") == "" {
		t.Skip("long: set CALIPER_LONG=1 to run it")
	}
}
