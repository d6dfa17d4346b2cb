// Package codectest holds the checks that every codec runs: round trips over shapes and types, and
// damaged streams.
package codectest

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Decode and Encode are what a codec offers.
type (
	Decode func(dst, src []byte, info frame.Info) error
	Encode func(src []byte, info frame.Info) ([]byte, error)
)

// Frames lists descriptions that lossless codecs must carry: sizes down to one pixel, 8 and 16 bits,
// one and three samples.
func Frames() []frame.Info {
	var out []frame.Info
	for _, size := range [][2]int{{1, 1}, {1, 7}, {9, 1}, {2, 2}, {16, 16}, {17, 33}, {61, 130}} {
		for _, bits := range [][2]int{{8, 8}, {16, 12}, {16, 16}} {
			for _, samples := range []int{1, 3} {
				out = append(out, frame.Info{Rows: size[0], Columns: size[1], Samples: samples, BitsAllocated: bits[0], BitsStored: bits[1], HighBit: bits[1] - 1})
			}
		}
	}
	return out
}

// Patterns makes pictures of each kind that codecs treat in their own way: flat, smooth, noise, edges.
func Patterns(info frame.Info) map[string][]byte {
	out := map[string][]byte{}
	top := uint32(1)<<info.BitsStored - 1
	r := rand.New(rand.NewPCG(1, uint64(info.Pixels())))
	for name, value := range map[string]func(x, y, s int) uint32{
		"flat":   func(_, _, _ int) uint32 { return top / 3 },
		"smooth": func(x, y, s int) uint32 { return uint32(x*x/3+7*y+50*s) & top },
		"noise":  func(_, _, _ int) uint32 { return r.Uint32() & top },
		"edges":  func(x, y, s int) uint32 { return top * uint32((x/5+y/3+s)&1) },
	} {
		b := make([]byte, 0, info.Size())
		for y := range info.Rows {
			for x := range info.Columns {
				for s := range info.Samples {
					v := value(x, y, s)
					for k := range info.BytesPerSample() {
						b = append(b, byte(v>>(8*k)))
					}
				}
			}
		}
		out[name] = b
	}
	return out
}

// RoundTrip encodes and decodes every pattern of every frame.
func RoundTrip(t *testing.T, encode Encode, decode Decode) {
	t.Helper()
	for _, info := range Frames() {
		for name, src := range Patterns(info) {
			stream, err := encode(src, info)
			if err != nil {
				t.Errorf("%s %v: encode: %v", name, info, err)
				continue
			}
			dst := make([]byte, info.Size())
			if err := decode(dst, stream, info); err != nil {
				t.Errorf("%s %v: decode: %v", name, info, err)
			} else if !bytes.Equal(dst, src) {
				t.Errorf("%s %v: want what was encoded, got other values", name, info)
			}
		}
	}
}

// Damage decodes cut and changed streams, and a wrong destination: no panic, and cuts within the
// first half are errors.
func Damage(t *testing.T, decode Decode, stream []byte, info frame.Info) {
	t.Helper()
	dst := make([]byte, info.Size())
	if err := decode(dst, stream, info); err != nil {
		t.Fatalf("whole stream: %v", err)
	}
	if err := decode(dst[:len(dst)-1], stream, info); err == nil {
		t.Error("short destination: want an error, got none")
	}
	safe := func(what string, b []byte) error {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s: panic: %v", what, p)
			}
		}()
		return decode(dst, b, info)
	}
	for n := 0; n < len(stream); n += 1 + len(stream)/64 {
		if err := safe(fmt.Sprint("cut at ", n), stream[:n]); err == nil && n < len(stream)/2 {
			t.Errorf("cut at %d of %d: want an error, got none", n, len(stream))
		}
	}
	h := fnv.New64a()
	h.Write(stream)
	r := rand.New(rand.NewPCG(h.Sum64(), 2))
	for range 400 {
		b := bytes.Clone(stream)
		at := r.IntN(len(b))
		if r.IntN(2) == 0 {
			at = r.IntN(min(len(b), 700)) // headers more often
		}
		b[at] ^= byte(1 + r.IntN(255))
		safe(fmt.Sprint("changed at ", at), b)
	}
}

// Fuzz decodes whatever comes for a small frame.
func Fuzz(f *testing.F, decode Decode, info frame.Info, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	dst := make([]byte, info.Size())
	f.Fuzz(func(_ *testing.T, b []byte) { _ = decode(dst, b, info) })
}
