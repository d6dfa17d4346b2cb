package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"github.com/caliper-imaging/caliper/intake"
	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/volume/nifti"
)

// piped is the argument that stands for stdin, or for stdout where something is written.
const piped = "-"

const pipeHelp = `An image or a mask may be - for stdin, and an image to write - for stdout (as NIfTI; what the
command would print there goes to stderr).`

// spooled gives the file behind an argument: for - a copy of stdin, which remove deletes. ending is that
// of the copy's name; where it is empty the content decides.
func spooled(s term.Streams, path, ending string) (file string, remove func(), err error) {
	if path != piped {
		if info, err := os.Stat(path); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return "", nil, fmt.Errorf("%s: want a file or a folder, or - for stdin, got a device or a pipe", path)
		}
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "caliper-stdin-")
	if err != nil {
		return "", nil, fmt.Errorf("stdin: %w", err)
	}
	remove = func() { os.RemoveAll(dir) }
	in := bufio.NewReaderSize(s.In, 1<<16)
	if ending == "" {
		ending = endingOf(in)
	}
	file = filepath.Join(dir, "stdin"+ending)
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		var n int64
		if n, err = io.Copy(out, in); err == nil && n == 0 {
			err = errors.New("want a file, got nothing: a stream is read once")
		}
		if closeErr := out.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("stdin: %w", err)
	}
	return file, remove, nil
}

// endingOf is the name's ending of the formats that a stream does not tell by its first bytes alone.
func endingOf(in *bufio.Reader) string {
	head, _ := in.Peek(1 << 12)
	ending := ""
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(head))
		if err != nil {
			return ".nii.gz"
		}
		inner := make([]byte, 4)
		n, _ := io.ReadFull(z, inner)
		head, ending = inner[:n], ".nii.gz"
	}
	if bytes.HasPrefix(head, []byte{0, 0, 0, 1}) { // the version with which MGH begins
		if ending != "" {
			return ".mgz"
		}
		return ".mgh"
	}
	return ending
}

// results is where a command prints, given where its image goes: not into the image.
func results(s term.Streams, output string) io.Writer {
	if output == piped {
		return s.Err
	}
	return s.Out
}

// canWrite reports, before any work is done, whether an output's name asks for a format that can be written.
func canWrite(path string) error {
	if path == piped {
		return nil
	}
	if err := intake.CanWrite(path); err != nil {
		return usagef("output: %w", err)
	}
	return nil
}

// writeOutput writes an image to a file, or to stdout as NIfTI.
func writeOutput(s term.Streams, path string, image any) error {
	if path == piped {
		return nifti.Encode(s.Out, image)
	}
	if err := intake.WriteFile(path, image); err != nil {
		return fmt.Errorf("output: %s: %w", path, err)
	}
	return nil
}
