package gzipped

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
)

func pack(t *testing.T, data []byte, piece int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	for at := 0; at < len(data); at += piece {
		if _, err := w.Write(data[at:min(len(data), at+piece)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWriter is read back by the standard library; the bytes are the same on any number of processors and
// however they are written.
func TestWriter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 5*blockSize/2+17)
	for i := range data {
		data[i] = byte(rng.IntN(5) * (i >> 12))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, n := range []int{0, 1, history - 1, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize, len(data)} {
		var first []byte
		for _, procs := range []int{1, 2, 5} {
			runtime.GOMAXPROCS(procs)
			for _, piece := range []int{len(data), 1<<16 + 3} {
				got := pack(t, data[:n], piece)
				if first == nil {
					first = got
				} else if !bytes.Equal(got, first) {
					t.Errorf("%d bytes on %d processors in pieces of %d: want the same bytes, got others", n, procs, piece)
				}
			}
		}
		z, err := gzip.NewReader(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := io.ReadAll(z); err != nil || !bytes.Equal(back, data[:n]) {
			t.Errorf("want %d bytes back, got %d and %v", n, len(back), err)
		}
	}
}

type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestBrokenDestination(t *testing.T) {
	for left := range 4 {
		w := NewWriter(&broken{left})
		_, err := w.Write(make([]byte, 10*blockSize))
		if err = errors.Join(err, w.Close()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %d writes: want the destination's error, got %v", left, err)
		}
	}
	w := NewWriter(io.Discard)
	w.Close()
	if _, err := w.Write([]byte{1}); err == nil {
		t.Error("write behind close: want an error, got none")
	}
}
