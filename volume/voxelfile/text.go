package voxelfile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/caliper-imaging/caliper/volume"
)

// Numbers turns values written as text, with white space or commas between them, into the bytes of a type,
// little endian.
func Numbers(d volume.DType) func(io.Reader) (io.Reader, error) {
	return func(r io.Reader) (io.Reader, error) {
		return &numbers{words: bufio.NewReader(r), dtype: d}, nil
	}
}

// maxWord caps the text of one number.
const maxWord = 64

type numbers struct {
	words *bufio.Reader
	dtype volume.DType
	have  []byte
	err   error
}

func (t *numbers) Read(p []byte) (int, error) {
	for len(t.have) < len(p) && t.err == nil {
		var word string
		if word, t.err = t.word(); word == "" {
			break
		}
		b, err := number(word, t.dtype)
		if err != nil {
			t.err = err
			break
		}
		t.have = append(t.have, b[:t.dtype.Size()]...)
	}
	n := copy(p, t.have)
	t.have = t.have[:copy(t.have, t.have[n:])]
	if n == 0 && len(p) > 0 {
		return 0, t.err
	}
	return n, nil
}

func (t *numbers) word() (string, error) {
	var w []byte
	for {
		c, err := t.words.ReadByte()
		if err != nil {
			return string(w), err
		}
		switch c {
		case ' ', '\t', '\n', '\r', '\v', '\f', ',':
			if len(w) > 0 {
				return string(w), nil
			}
		default:
			if w = append(w, c); len(w) > maxWord {
				return "", fmt.Errorf("want numbers, got a word of more than %d letters", maxWord)
			}
		}
	}
}

func number(word string, d volume.DType) (b [8]byte, err error) {
	bits := 8 * d.Size()
	var u uint64
	switch d {
	case volume.Float32, volume.Float64:
		var f float64
		f, err = strconv.ParseFloat(word, bits)
		u = math.Float64bits(f)
		if d == volume.Float32 {
			u = uint64(math.Float32bits(float32(f)))
		}
	case volume.Bool, volume.Uint8, volume.Uint16, volume.Uint32, volume.Uint64:
		u, err = strconv.ParseUint(word, 10, bits)
	default:
		var i int64
		i, err = strconv.ParseInt(word, 10, bits)
		u = uint64(i)
	}
	if err != nil {
		return b, fmt.Errorf("want a number of type %s, got %.20q", d, word)
	}
	binary.LittleEndian.PutUint64(b[:], u)
	return b, nil
}

// Hex turns pairs of hexadecimal digits into bytes; white space is passed over.
func Hex(r io.Reader) (io.Reader, error) { return &digits{bufio.NewReader(r)}, nil }

type digits struct{ r *bufio.Reader }

func (h *digits) Read(p []byte) (int, error) {
	for n := range p {
		value, digit := 0, 0
		for digit < 2 {
			c, err := h.r.ReadByte()
			switch {
			case err != nil && digit == 1:
				return n, fmt.Errorf("want two hexadecimal digits a byte, got one: %w", io.ErrUnexpectedEOF)
			case err != nil:
				return n, err
			case c == ' ' || c >= '\t' && c <= '\r':
				continue
			case c >= '0' && c <= '9':
				value = value<<4 | int(c-'0')
			case c|0x20 >= 'a' && c|0x20 <= 'f':
				value = value<<4 | int(c|0x20-'a'+10)
			default:
				return n, fmt.Errorf("want hexadecimal digits, got %q", c)
			}
			digit++
		}
		p[n] = byte(value)
	}
	return len(p), nil
}
