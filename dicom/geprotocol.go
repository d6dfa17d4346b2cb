package dicom

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// geBlock is GE's protocol: gzipped lines of "set NAME "value"" in (0025,xx1B).
type geBlock map[string]string

// maxGEBlock caps what the block may unpack to; real ones hold a few kilobytes.
const maxGEBlock = 1 << 20

func (l lookup) geBlock() geBlock {
	t, ok := l.data.privateTag(geSeries, 0x0025, 0x1b, 0x10)
	if !ok {
		return nil
	}
	return parseGEBlock(l.data.Bytes(t))
}

func parseGEBlock(b []byte) geBlock {
	at := bytes.Index(b[:min(len(b), 16)], []byte{0x1f, 0x8b, 8}) // behind a length of 4 bytes
	if at < 0 {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b[at:]))
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(z, maxGEBlock)) // padding may follow the stream
	out := geBlock{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "set "), " ")
		if ok {
			out[name] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (b geBlock) number(name string) float64 {
	v, err := strconv.ParseFloat(b[name], 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

var geRelease = regexp.MustCompile(`([0-9]+)\.([0-9]+)_(EA|R([0-9]+))`)

// geVersion reads "27\LX\MR Software release:RX27.0_R02_1831.a" and its like as 27, 0 and release 2.
func geVersion(software string) (major, minor, release int, ok bool) {
	m := geRelease.FindStringSubmatch(software)
	if m == nil {
		return 0, 0, 0, false
	}
	major, _ = strconv.Atoi(m[1])
	minor, _ = strconv.Atoi(m[2])
	release, _ = strconv.Atoi(m[4])
	return major, minor, release, true
}

// geSliceTiming computes the times in seconds at which n slices are excited, which GE does not store:
// by order, multiband factor and release (from 27 R03 an even number of excitations is kept). delay
// is the pause after each volume. nil where it can't be told.
func geSliceTiming(n, multiband int, trS, delayS float64, interleaved bool, software string) []float64 {
	major, minor, release, ok := geVersion(software)
	if !ok || multiband > 1 && major < 26 || n < 2 || n > 1<<12 {
		return nil
	}
	newer := major > 27 || major == 27 && (minor > 0 || release >= 3)
	shots := (n + multiband - 1) / multiband
	if multiband > 1 && !newer && shots%2 == 0 {
		shots++
	}
	step := (trS - delayS) / float64(shots)
	order := make([]int, shots) // the number of each slice's excitation
	for i := range order {
		switch {
		case !interleaved:
			order[i] = i
		case i%2 == 0:
			order[i] = i / 2
		default:
			order[i] = (shots-1)/2 + (i+1)/2
		}
	}
	if interleaved && multiband > 1 && newer && shots > 2 && shots%2 == 0 {
		order[shots-1], order[shots-3] = order[shots-3], order[shots-1]
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(order[i%shots]) * step
	}
	return out
}

// geTiming is the slice timing of a GE series over time, and its repetition time with the delay after
// each volume.
func (l lookup) geTiming(n int, trS float64) (timing []float64, withDelayS float64) {
	groupDelay, realTime := l.data.privateFloat(geParameters, 0x0043, 0x7c)
	if realTime {
		trS += groupDelay
	}
	block := l.geBlock()
	if block == nil {
		return nil, trS
	}
	multiband := max(1, int(block.number("MBACCEL")), int(l.privateNum(geParameters, 0x0043, 0xb6)))
	options := block["IOPT"]
	delay := block.number("DELACQNOAV")
	if strings.Contains(options, "MPh") {
		if block["DELACQ"] == "Minimum" {
			delay = 0
		}
		if strings.Contains(options, "MPhVar") {
			return nil, trS // delays that vary
		}
	}
	sequence := l.privateText(geAcquisition, 0x0019, 0x9c)
	interleaved := true
	switch {
	case realTime || strings.Contains(sequence, "epiRT") || strings.Contains(options, "FMRI"):
		interleaved, delay = block.number("SLICEORDER") != 0, groupDelay
	case strings.Contains(sequence, "epi2") || strings.Contains(options, "DIFF"):
		return nil, trS
	case strings.Contains(sequence, "epi") || strings.Contains(options, "MPh"):
		trS += delay
	default:
		return nil, trS
	}
	return geSliceTiming(n, multiband, trS, delay, interleaved, l.str(tag.SoftwareVersions)), trS
}

// gePolarity reads the direction of phase encoding from GE's user data (0043,xx2A): the bit for
// reversed polarity, and that for lines taken bottom up. 1 positive, 0 negative, -1 unknown.
func gePolarity(b []byte) int {
	u16 := func(at int) int {
		if at < 0 || at+2 > len(b) {
			return -1
		}
		return int(b[at]) | int(b[at+1])<<8
	}
	start := u16(24)
	if start < 0 || start+916 > len(b) {
		return -1
	}
	version := math.Float32frombits(uint32(u16(start)) | uint32(u16(start+2))<<16)
	if !(version >= 5 && version <= 40) {
		return -1
	}
	head, lines := start, 0x394
	if version >= 25.002 {
		head, lines = head+0x4c, lines-0x8c
	}
	if check := u16(head + 0x3a); check < 0 || check&0x800 == 0 {
		return -1 // no echo-planar image
	}
	positive := 1
	if u16(head+0x30)&4 != 0 {
		positive = 0
	}
	if u16(head+lines) == 2 {
		positive = 1 - positive
	}
	return positive
}
