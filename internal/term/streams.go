// Package term is what a command knows of its terminal: the three streams and progress on stderr.
package term

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are what a command reads and writes: Out is the result, Err is progress and messages.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// ErrTerminal says that Err is a terminal, so that progress may be drawn on it.
	ErrTerminal bool
}

// System is the streams of the process.
func System() Streams {
	return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, ErrTerminal: term.IsTerminal(int(os.Stderr.Fd()))}
}
