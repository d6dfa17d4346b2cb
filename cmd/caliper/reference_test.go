package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/golden"
	"github.com/caliper-imaging/caliper/internal/term"
)

// TestReference holds docs/COMMANDS.md to the commands' own help; -update rewrites it.
func TestReference(t *testing.T) {
	root := newRootCmd(term.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Commands\n\nGenerated from the commands' own help: `go test ./cmd/caliper -run Reference -update`.\n")
	reference(&out, root)
	golden.Equal(t, "../../docs/COMMANDS.md", out.Bytes())
}

func reference(w *bytes.Buffer, cmd *cobra.Command) {
	if cmd.Hidden || cmd.Name() == "help" {
		return
	}
	fmt.Fprintf(w, "\n## %s\n\n```\n", cmd.CommandPath())
	cmd.InitDefaultHelpFlag()
	cmd.SetOut(w)
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintf(w, "%s\n\n%s```\n", strings.TrimSpace(text), cmd.UsageString())
	for _, sub := range cmd.Commands() {
		reference(w, sub)
	}
}

// TestCommandsAreSortedAndDocumented checks the list of commands.
func TestCommandsAreSortedAndDocumented(t *testing.T) {
	last := ""
	for _, cmd := range commands(term.Streams{}) {
		if cmd.Name() <= last {
			t.Errorf("%s comes after %s", cmd.Name(), last)
		}
		last = cmd.Name()
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") || len(cmd.Short) > 90 {
			t.Errorf("%s: want a short text of one line without a full stop, got %q", cmd.Name(), cmd.Short)
		}
		if !cmd.HasSubCommands() && cmd.RunE == nil {
			t.Errorf("%s: nothing runs", cmd.Name())
		}
	}
}
