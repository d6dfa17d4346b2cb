package dicom

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/internal/golden"
)

// bounds are the places in a file where a cut loses no part of an element: between elements of the top level,
// if there are no pixels or they are whole; behind the stream of a file that is deflated. It walks PS3.5 section 7
// for itself.
func bounds(b []byte) map[int]bool {
	out := map[int]bool{len(b): true}
	at := 0
	if len(b) > 132 && string(b[128:132]) == "DICM" {
		at = 132
	}
	var o binary.ByteOrder = binary.LittleEndian
	explicit, meta := true, true
	syntax := ""
	pixels := bytes.Contains(b, []byte{0xe0, 0x7f, 0x10, 0x00}) || bytes.Contains(b, []byte{0x7f, 0xe0, 0x00, 0x10})
	const long = "OBODOFOLOVOWSQUCUNURUTSVUV"
	// element gives the end of the element at a place; -1 where it can't be told.
	var element func(at int, explicit bool) (group, el, end int)
	items := func(at int, explicit bool) int {
		for at+8 <= len(b) {
			g, e, n := int(o.Uint16(b[at:])), int(o.Uint16(b[at+2:])), o.Uint32(b[at+4:])
			at += 8
			switch {
			case g == 0xfffe && e == 0xe0dd:
				return at
			case g != 0xfffe || e != 0xe000:
				return -1
			case n != undefined:
				at += int(n)
			default:
				for {
					if at+8 > len(b) {
						return -1
					}
					if o.Uint16(b[at:]) == 0xfffe && o.Uint16(b[at+2:]) == 0xe00d {
						at += 8
						break
					}
					if _, _, at = element(at, explicit); at < 0 {
						return -1
					}
				}
			}
		}
		return -1
	}
	element = func(at int, explicit bool) (int, int, int) {
		if at+8 > len(b) {
			return 0, 0, -1
		}
		g, e := int(o.Uint16(b[at:])), int(o.Uint16(b[at+2:]))
		vr := string(b[at+4 : at+6])
		n, value := o.Uint32(b[at+4:]), at+8
		if explicit {
			n = uint32(o.Uint16(b[at+6:]))
			if i := strings.Index(long, vr); i >= 0 && i%2 == 0 {
				if at+12 > len(b) {
					return 0, 0, -1
				}
				n, value = o.Uint32(b[at+8:]), at+12
			}
		}
		if n == undefined {
			return g, e, items(value, explicit && vr != "UN")
		}
		if value+int(n) > len(b) {
			return 0, 0, -1
		}
		return g, e, value + int(n)
	}
	for at+8 <= len(b) {
		if meta && binary.LittleEndian.Uint16(b[at:]) != 2 {
			meta = false
			switch syntax {
			case ImplicitLittle:
				explicit = false
			case ExplicitBig:
				o = binary.BigEndian
			case Deflated: // behind the stream, which reads no byte past its end
				rest := bytes.NewReader(b[at:])
				if _, err := io.Copy(io.Discard, flate.NewReader(rest)); err == nil {
					for n := len(b) - rest.Len(); n < len(b); n++ {
						out[n] = true
					}
				}
				return out
			case "":
				explicit = b[at+4] >= 'A' && b[at+4] <= 'Z'
			}
		}
		if !meta && !pixels {
			out[at] = true
		}
		g, e, end := element(at, explicit)
		if end < 0 {
			return out
		}
		if g == 2 && e == 0x10 {
			syntax = strings.TrimRight(string(b[at+8:end]), "\x00 ")
		}
		if g == 0x7fe0 && e != 1 && e != 2 && e != 3 {
			pixels = false
		}
		at = end
	}
	return out
}

// verdict is what a command says of a file.
type verdict struct {
	err    error
	warned bool
}

func (v verdict) silent() bool { return v.err == nil && !v.warned }

// convertRaw does what caliper convert --raw does. due is the memory that its header declares: the frames once,
// and the planes in which a decoder transforms samples, of 2 bytes each for JPEG and 4 for JPEG 2000 and HTJ2K.
func convertRaw(b []byte) (v verdict, due int) {
	f, err := ReadHeader(bytes.NewReader(b), int64(len(b)))
	if f != nil {
		if info, err := f.FrameInfo(); err == nil {
			due = info.Size() * min(f.NumFrames(), 1<<20)
			samples := due / info.BytesPerSample()
			switch row, _ := codec.Find(f.TransferSyntax); {
			case strings.Contains(row.Name, "JPEG 2000"):
				due += 4 * samples
			case strings.HasPrefix(row.Name, "JPEG Extended"), strings.HasPrefix(row.Name, "JPEG Baseline"):
				due += 2 * samples
			}
		}
	}
	if err != nil {
		return verdict{err: err}, due
	}
	if _, err = f.RawArray(context.Background()); err != nil {
		return verdict{err: err}, due
	}
	_, trailing := f.Trailing(context.Background())
	return verdict{warned: trailing != nil || len(f.Issues) > 0}, due
}

// dump does what caliper dump does, in all forms.
func dump(b []byte) verdict {
	f, err := ReadHeader(bytes.NewReader(b), int64(len(b)))
	if f == nil {
		return verdict{err: err}
	}
	var trailing Elements
	if err == nil {
		trailing, err = f.Trailing(context.Background())
	}
	printed := errors.Join(f.WriteText(io.Discard, trailing, true), f.WriteJSON(io.Discard, trailing), f.WriteXML(io.Discard, trailing))
	return verdict{errors.Join(err, printed), len(f.Issues) > 0}
}

// TestCutAndFlippedFiles makes 10 cuts and 20 flips of each real file: no panic, no run over 5 s, memory within
// 2 × the file, what its header declares and 4 MB, and every cut that loses a part of an element, an item, a fragment or a frame is said. CALIPER_HOSTILE=2
// takes every second file, and so on.
func TestCutAndFlippedFiles(t *testing.T) {
	golden.Long(t)
	root := golden.Shared(t, "data")
	folders, err := filepath.Glob(filepath.Join(root, "dicom_*"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	objects := 0
	for n, path := range files {
		if os.Getenv("CALIPER_HOSTILE") == "" && n%6 != 0 {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, _ := ReadHeader(bytes.NewReader(b), int64(len(b)))
		if f == nil {
			continue
		}
		objects++
		name, _ := filepath.Rel(root, path)
		h := fnv.New64a()
		io.WriteString(h, filepath.Base(path))
		r := rand.New(rand.NewPCG(h.Sum64(), 2))
		whole, _ := attempt(t, name, "whole", b)
		said := dump(b)
		ends := bounds(b)
		for range 10 {
			cut := r.IntN(len(b))
			v, d := attempt(t, name, "cut", b[:cut])
			if lost := f.HasPixels() && !f.enc.deflated && int64(cut) < f.pixel.value; lost && v.err == nil || lost && d.err == nil {
				t.Errorf("%s: cut at %d of %d, before the pixels: want errors, got %v from convert --raw and %v from dump", name, cut, len(b), v.err, d.err)
			}
			if ends[cut] {
				continue
			}
			if whole.silent() && v.silent() {
				t.Errorf("%s: convert --raw: cut at %d of %d: want an error or a warning, got none", name, cut, len(b))
			}
			if said.silent() && d.silent() {
				t.Errorf("%s: dump: cut at %d of %d: want an error or a warning, got none", name, cut, len(b))
			}
		}
		for range 20 {
			c := bytes.Clone(b)
			c[r.IntN(len(c))] ^= 1 << r.IntN(8)
			attempt(t, name, "flip", c)
		}
	}
	if objects < 30 {
		t.Fatalf("want real files, got %d", objects)
	}
}

// attempt reads a file in each way, and holds it to the bounds. Of memory it takes the sum of all allocations, freed or
// not, which no single allocation and no peak exceeds.
func attempt(t *testing.T, name, what string, b []byte) (converted, dumped verdict) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			keep := filepath.Join(os.TempDir(), "caliper-hostile.dcm")
			os.WriteFile(keep, b, 0o644)
			t.Errorf("%s: %s: panic: %v (kept as %s)", name, what, p, keep)
		}
	}()
	var before, between, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	converted, due := convertRaw(b)
	took := time.Since(start)
	runtime.ReadMemStats(&between)
	start = time.Now()
	dumped = dump(b)
	took = max(took, time.Since(start))
	runtime.ReadMemStats(&after)
	if took > 5*time.Second {
		t.Errorf("%s: %s: want at most 5 s, got %v", name, what, took)
	}
	if grew := int(between.TotalAlloc - before.TotalAlloc); grew > 2*len(b)+min(due, 1<<30)+(4<<20) {
		t.Errorf("%s: %s: convert --raw: want memory in proportion to %d bytes and %d declared, got %d", name, what, len(b), due, grew)
	}
	if grew := int(after.TotalAlloc - between.TotalAlloc); grew > 2*len(b)+(4<<20) {
		t.Errorf("%s: %s: dump: want memory in proportion to %d bytes, got %d", name, what, len(b), grew)
	}
	return converted, dumped
}
