//go:build !unix

package onnx

import (
	"io"
	"os"
)

// mapFile reads a file's bytes, where the system offers no mapping.
func mapFile(f *os.File, size int64) ([]byte, func() error, error) {
	b := make([]byte, size)
	_, err := io.ReadFull(f, b)
	return b, nil, err
}

// leaveMemory does nothing to bytes that were read.
func leaveMemory([]byte, int, int) {}
