package npy

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/volume"
)

const magic = "\x93NUMPY"

// maxHeader caps the text header, and maxRank the number of indices (numpy has 64).
const (
	maxHeader = 1 << 16
	maxRank   = 64
)

// Read reads a file.
func Read(path string) (*Array, error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	defer f.Close()
	return Decode(f)
}

// Decode reads an array from a stream. Memory grows with what arrives, not with what the header claims.
func Decode(r io.Reader) (*Array, error) {
	b := bufio.NewReader(r)
	lead := make([]byte, 8)
	if _, err := io.ReadFull(b, lead); err != nil || string(lead[:6]) != magic {
		return nil, volume.Malformed("npy: magic: want %q, got %q", magic, lead[:6])
	}
	length := 0
	switch lead[6] {
	case 1:
		var n [2]byte
		if _, err := io.ReadFull(b, n[:]); err != nil {
			return nil, volume.Malformed("npy: header: %w", err)
		}
		length = int(binary.LittleEndian.Uint16(n[:]))
	case 2, 3:
		var n [4]byte
		if _, err := io.ReadFull(b, n[:]); err != nil {
			return nil, volume.Malformed("npy: header: %w", err)
		}
		length = int(binary.LittleEndian.Uint32(n[:]))
	default:
		return nil, volume.Unsupported("npy: version: want 1, 2 or 3, got %d", lead[6])
	}
	if length > maxHeader {
		return nil, volume.Malformed("npy: header: want at most %d bytes, got %d", maxHeader, length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(b, text); err != nil {
		return nil, volume.Malformed("npy: header: %w", err)
	}
	a, big, err := parse(string(text))
	if err != nil {
		return nil, err
	}
	size := a.DType.Size()
	need := int64(size) * int64(a.Len())
	var buf bytes.Buffer
	if n, err := io.Copy(&buf, io.LimitReader(b, need)); err != nil || n < need {
		return nil, volume.Malformed("npy: values: want %d bytes for shape %v of %s, got %d", need, a.Shape, a.DType, n)
	}
	a.Bytes = buf.Bytes()
	if big {
		for at := 0; at < len(a.Bytes); at += size {
			for lo, hi := at, at+size-1; lo < hi; lo, hi = lo+1, hi-1 {
				a.Bytes[lo], a.Bytes[hi] = a.Bytes[hi], a.Bytes[lo]
			}
		}
	}
	return a, nil
}

// parse reads the header's Python dictionary {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
func parse(text string) (a *Array, big bool, err error) {
	p := parser{rest: text}
	a = &Array{}
	seen := map[string]bool{}
	if !p.eat("{") {
		return nil, false, volume.Malformed("npy: header: want a dictionary, got %.40q", text)
	}
	for !p.eat("}") {
		key, ok := p.quoted()
		if !ok || !p.eat(":") || seen[key] {
			return nil, false, volume.Malformed("npy: header: want 'descr', 'fortran_order' and 'shape', got %.80q", text)
		}
		seen[key] = true
		switch key {
		case "descr":
			descr, ok := p.quoted()
			if !ok {
				return nil, false, volume.Unsupported("npy: descr: want a plain type, got %.40q", p.rest)
			}
			if a.DType, big, err = dtype(descr); err != nil {
				return nil, false, err
			}
		case "fortran_order":
			switch {
			case p.eat("True"):
				a.Fortran = true
			case p.eat("False"):
			default:
				return nil, false, volume.Malformed("npy: fortran_order: want True or False, got %.20q", p.rest)
			}
		case "shape":
			if a.Shape, err = p.shape(); err != nil {
				return nil, false, err
			}
		default:
			return nil, false, volume.Malformed("npy: header: unknown key %.40q", key)
		}
		if !p.eat(",") && !strings.HasPrefix(p.rest, "}") {
			return nil, false, volume.Malformed("npy: header: want a comma or a brace, got %.20q", p.rest)
		}
	}
	if len(seen) != 3 {
		return nil, false, volume.Malformed("npy: header: want 'descr', 'fortran_order' and 'shape', got %.80q", text)
	}
	return a, big, nil
}

func dtype(descr string) (d volume.DType, big bool, err error) {
	order, kind := byte('|'), descr
	if descr != "" && strings.IndexByte("<>|=", descr[0]) >= 0 {
		order, kind = descr[0], descr[1:]
	}
	d, ok := map[string]volume.DType{
		"b1": volume.Bool, "?": volume.Bool, "u1": volume.Uint8, "i1": volume.Int8, "u2": volume.Uint16, "i2": volume.Int16,
		"u4": volume.Uint32, "i4": volume.Int32, "u8": volume.Uint64, "i8": volume.Int64, "f4": volume.Float32, "f8": volume.Float64,
	}[kind]
	if !ok {
		return "", false, volume.Unsupported("npy: descr: want a boolean, integer or float of 32 or 64 bits, got %.20q", descr)
	}
	return d, order == '>', nil
}

type parser struct{ rest string }

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\n") }

func (p *parser) eat(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
		p.space()
	}
	return ok
}

func (p *parser) quoted() (string, bool) {
	p.space()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		return "", false
	}
	end := strings.IndexByte(p.rest[1:], p.rest[0])
	if end < 0 {
		return "", false
	}
	s := p.rest[1 : 1+end]
	p.rest = p.rest[2+end:]
	p.space()
	return s, true
}

func (p *parser) shape() ([]int, error) {
	if !p.eat("(") {
		return nil, volume.Malformed("npy: shape: want a tuple, got %.20q", p.rest)
	}
	shape := []int{}
	total := 1
	for !p.eat(")") {
		end := strings.IndexAny(p.rest, ",) ")
		if end < 0 {
			return nil, volume.Malformed("npy: shape: want a tuple that ends, got %.20q", p.rest)
		}
		n, err := strconv.Atoi(strings.TrimSuffix(p.rest[:end], "L"))
		if err != nil || n < 0 {
			return nil, volume.Malformed("npy: shape: want sizes of 0 or more, got %.20q", p.rest[:end])
		}
		if len(shape) == maxRank || n > 0 && total > volume.MaxVoxels/n {
			return nil, volume.Malformed("npy: shape: want at most %d indices and %d values", maxRank, volume.MaxVoxels)
		}
		total *= max(n, 1)
		shape = append(shape, n)
		p.rest = p.rest[end:]
		if !p.eat(",") && !strings.HasPrefix(p.rest, ")") {
			return nil, volume.Malformed("npy: shape: want a comma or the end, got %.20q", p.rest)
		}
	}
	return shape, nil
}

// ReadZip reads every array of an .npz archive, by name without the ending .npy.
func ReadZip(path string) (map[string]*Array, error) {
	f, err := archive.Open(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	defer f.Close()
	z, err := zip.NewReader(f, f.Size())
	if err != nil {
		return nil, volume.Malformed("npy: archive: %w", err)
	}
	out := map[string]*Array{}
	packed := uint64(0)
	for _, member := range z.File {
		if packed += member.CompressedSize64; packed > uint64(f.Size()) {
			return nil, volume.Malformed("npy: archive: want members that don't overlap")
		}
		name, ok := strings.CutSuffix(member.Name, ".npy")
		if !ok {
			continue
		}
		r, err := member.Open()
		if err != nil {
			return nil, volume.Malformed("npy: %s: %w", name, err)
		}
		a, err := Decode(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("npy: %s: %w", name, err)
		}
		if out[name] != nil {
			return nil, volume.Malformed("npy: want each array once, got %q twice", name)
		}
		out[name] = a
	}
	return out, nil
}
