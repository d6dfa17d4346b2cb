package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Exit codes, as each command's help lists them.
const (
	exitOK          = 0
	exitFatal       = 1
	exitUsage       = 2
	exitSomeFailed  = 3
	exitGate        = 4
	exitInterrupted = 130
)

const exitCodesHelp = `Exit codes: 0 all done, 1 fatal, 2 usage, 3 some or all studies failed, 4 a gate failed, 130 interrupted.`

// codedError carries the exit code of its cause.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// usagef is an error in how the command was called: exit code 2, and the usage line is printed.
func usagef(format string, args ...any) error {
	return &codedError{exitUsage, fmt.Errorf(format, args...)}
}

// withCode gives an error an exit code.
func withCode(code int, err error) error { return &codedError{code, err} }

func exitCode(ctx context.Context, err error) int {
	var coded *codedError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled) || ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &coded):
		return coded.code
	}
	return exitFatal
}

// printError writes one or two lines: what went wrong and, for a usage error, how the command is called.
func printError(w io.Writer, asJSON bool, code int, err error, useLine string) {
	text := strings.TrimSpace(err.Error())
	if code == exitInterrupted && !strings.HasPrefix(text, "interrupted") {
		text = "interrupted"
	}
	if asJSON {
		line, _ := json.Marshal(map[string]any{"error": text, "exitCode": code})
		fmt.Fprintf(w, "%s\n", line)
		return
	}
	fmt.Fprintf(w, "caliper: %s\n", strings.ReplaceAll(text, "\n", " "))
	if code == exitUsage && useLine != "" {
		fmt.Fprintf(w, "usage: %s (see --help)\n", useLine)
	}
}
