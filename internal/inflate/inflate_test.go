package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// samples are data of the kinds that compressors treat in their own ways.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	ct := make([]byte, 600_000)
	few := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for i := 0; i+1 < len(ct); i += 2 {
		v := 1000 + int(20*r.NormFloat64())
		if i/2%512 < 100 {
			v = 0
		}
		ct[i], ct[i+1] = byte(v), byte(v>>8)
	}
	for i := range few {
		few[i] = byte(r.IntN(3))
	}
	skewed := make([]byte, 500_000) // codes of all lengths
	for i := range skewed {
		for skewed[i] < 200 && r.IntN(2) == 0 {
			skewed[i]++
		}
		if r.IntN(50) == 0 {
			skewed[i] = byte(r.IntN(256))
		}
	}
	return map[string][]byte{"none": {}, "one": {7}, "zeros": make([]byte, 400_000), "noise": noise, "ct": ct, "few": few, "skewed": skewed,
		"text": bytes.Repeat([]byte("a tomogram of the chest, and another of the head; "), 9000)}
}

func deflated(t testing.TB, b []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) > 0 { // flushed at times, which makes empty stored blocks
		n := min(len(b), 150_000)
		w.Write(b[:n])
		if b = b[n:]; len(b) > 100_000 {
			w.Flush()
		}
	}
	w.Close()
	return out.Bytes()
}

// TestReader decompresses what the standard library compressed, from readers that give all, a byte, or halves.
func TestReader(t *testing.T) {
	for name, want := range samples() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			b := deflated(t, want, level)
			for kind, src := range map[string]io.Reader{"whole": bytes.NewReader(b), "bytes": iotest.OneByteReader(bytes.NewReader(b)), "halves": iotest.HalfReader(bytes.NewReader(b)),
				"data with EOF": iotest.DataErrReader(bytes.NewReader(b))} {
				got, err := io.ReadAll(NewReader(src))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s at level %d by %s: want %d bytes, got %d and %v", name, level, kind, len(want), len(got), err)
				}
			}
		}
	}
}

func TestGzip(t *testing.T) {
	var packed, want bytes.Buffer
	for name, b := range samples() {
		w := gzip.NewWriter(&packed)
		w.Name, w.Comment, w.Extra = name, "comment", []byte("extra")
		w.Write(b)
		w.Close()
		want.Write(b)
	}
	whole := packed.Bytes()
	read := func(b []byte) ([]byte, error) {
		z, err := NewGzip(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	}
	for _, padding := range []int{0, 1, 1000} {
		got, err := read(append(bytes.Clone(whole), make([]byte, padding)...))
		if err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%d bytes of padding: want %d bytes, got %d and %v", padding, want.Len(), len(got), err)
		}
	}
	if _, err := read(whole[:len(whole)-3]); err != io.ErrUnexpectedEOF {
		t.Errorf("cut trailer: want %v, got %v", io.ErrUnexpectedEOF, err)
	}
	wrong := bytes.Clone(whole)
	wrong[len(wrong)-6] ^= 1
	if _, err := read(wrong); err != ErrChecksum {
		t.Errorf("wrong checksum: want %v, got %v", ErrChecksum, err)
	}
	if _, err := read(append(bytes.Clone(whole), "behind"...)); err == nil {
		t.Error("bytes behind the last member: want an error, got none")
	}
}

// TestSourceError passes on what the source says.
func TestSourceError(t *testing.T) {
	b := deflated(t, samples()["ct"], 6)
	broken := errors.New("broken")
	if _, err := io.ReadAll(NewReader(io.MultiReader(bytes.NewReader(b[:len(b)/2]), iotest.ErrReader(broken)))); err != broken {
		t.Errorf("want the source's error, got %v", err)
	}
}

// same compares with the standard library: both refuse, or both give the same. What comes before an error
// must agree as far as both have it.
func same(t *testing.T, b []byte) {
	t.Helper()
	const most = 1 << 22
	want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), most))
	got, err := io.ReadAll(io.LimitReader(NewReader(bytes.NewReader(b)), most))
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%x: want error %v, got %v", b[:min(len(b), 64)], wantErr, err)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%x: want %d bytes, got %d others", b[:min(len(b), 64)], len(want), len(got))
	}
	if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
		t.Fatalf("%x: want the same bytes before the error, got others", b[:min(len(b), 64)])
	}
	if wantErr == io.ErrUnexpectedEOF && err != wantErr && err != ErrFormat {
		t.Fatalf("want %v, got %v", wantErr, err)
	}
}

func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, want := range samples() {
		b := deflated(t, want[:min(len(want), 60_000)], 6)
		for range 60 {
			same(t, b[:r.IntN(len(b)+1)])
			c := bytes.Clone(b)
			c[r.IntN(min(len(c), 400))] ^= byte(1 << r.IntN(8))
			c[r.IntN(len(c))] ^= byte(1 << r.IntN(8))
			same(t, c)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, b := range samples() {
		f.Add(deflated(f, b[:min(len(b), 2000)], 6))
	}
	f.Fuzz(same)
}

func BenchmarkReader(b *testing.B) {
	for _, name := range []string{"ct", "skewed", "text"} {
		b.Run(name, func(b *testing.B) {
			data := samples()[name]
			packed := deflated(b, data, 6)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				io.Copy(io.Discard, NewReader(bytes.NewReader(packed)))
			}
		})
		b.Run(name+"/std", func(b *testing.B) {
			data := samples()[name]
			packed := deflated(b, data, 6)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				io.Copy(io.Discard, flate.NewReader(bytes.NewReader(packed)))
			}
		})
	}
}
