package view

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/caliper-imaging/caliper/study"
)

// units in the words of a report, by UCUM code.
var units = map[string]string{
	"1": "", "": "", "mm": "mm", "cm": "cm", "mm2": "mm²", "cm2": "cm²", "mm3": "mm³", "cm3": "cm³", "mL": "ml", "ml": "ml", "L": "l",
	"[hnsf'U]": "HU", "%": "%", "%/a": "% per year", "d": "days", "a": "years", "{pixels}": "px", "{pixels}2": "px²", "{pixel}": "px", "{pixel}2": "px²",
	"deg": "°", "dB": "dB", "g/cm3": "g/cm³", "g/mL{SUVbw}": "SUV", "mm/a": "mm per year", "um": "µm", "ms": "ms", "s": "s",
	"{grey}": "grey levels",
}

// Unit is a UCUM code in the words of a report. Annotations in braces become plain words.
func Unit(ucum string) string {
	if w, ok := units[ucum]; ok {
		return w
	}
	return strings.NewReplacer("{", "", "}", "").Replace(ucum)
}

// Value writes a figure with its unit, rounded to what the unit can bear.
func Value(v float64, ucum string) string {
	places := decimals(v, ucum)
	text := Number(v, places)
	if v != 0 && strings.Trim(text, "−-0.") == "" {
		least := strconv.FormatFloat(math.Pow10(-places), 'f', places, 64)
		if text = "< " + least; v < 0 {
			text = "> −" + least
		}
	}
	switch u := Unit(ucum); u {
	case "":
		return text
	case "°":
		return text + u
	default:
		return text + "\u00a0" + u
	}
}

func decimals(v float64, ucum string) int {
	abs := math.Abs(v)
	switch ucum {
	case "mm", "%", "%/a", "deg", "{pixels}", "{pixel}", "dB", "mm/a", "{grey}":
		return 1
	case "[hnsf'U]", "d", "mm3", "{pixels}2", "{pixel}2", "a", "ms":
		return 0
	case "1", "":
		if abs >= 2 && abs == math.Trunc(abs) {
			return 0
		}
	}
	switch {
	case abs >= 1000:
		return 0
	case abs >= 100:
		return 1
	case abs >= 0.1 || abs == 0:
		return 2
	}
	return min(6, 1-int(math.Floor(math.Log10(abs))))
}

// Number writes a figure with a true minus and no sign on zero.
func Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// Signed is Number with a plus where the figure is above 0.
func Signed(v float64, decimals int) string {
	s := Number(v, decimals)
	if v > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// names of measures that their key does not spell well.
var names = map[string]string{
	"snr": "Signal-to-noise ratio", "cnr": "Contrast-to-noise ratio", "sd": "Standard deviation", "min": "Minimum", "max": "Maximum",
	"p05": "5th percentile", "p10": "10th percentile", "p90": "90th percentile", "p95": "95th percentile",
	"longest_diameter_3d": "Longest diameter in 3D", "ctr": "Cardiothoracic ratio",
}

// abbreviations that stay in capitals within a name.
var abbreviations = map[string]string{"hu": "HU", "suv": "SUV", "sd": "SD", "ml": "ml", "mm": "mm", "snr": "SNR", "cnr": "CNR", "mm2": "mm²", "mm3": "mm³", "lps": "LPS", "ct": "CT"}

// Name is what a measure is called: its key in words. A coded meaning may be that of its structure.
func Name(m *study.Measurement) string {
	if m.Key == "" && m.Concept != nil {
		return sentence(clip(m.Concept.Meaning))
	}
	return words(m.Key)
}

// words turns lowerCamel, kebab or snake into a sentence's start.
func words(key string) string {
	if n, ok := names[key]; ok {
		return n
	}
	var b strings.Builder
	last := ' '
	for _, r := range clip(key) {
		switch {
		case r == '-' || r == '_' || r == '.':
			r = ' '
		case unicode.IsUpper(r) && (unicode.IsLower(last) || unicode.IsDigit(last)):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	parts := strings.Fields(b.String())
	for n, p := range parts {
		if a := abbreviations[strings.ToLower(p)]; a != "" {
			parts[n] = a
		} else if r, size := utf8.DecodeRuneInString(p); unicode.IsUpper(r) && p[size:] == strings.ToLower(p[size:]) {
			parts[n] = strings.ToLower(p)
		}
	}
	return sentence(strings.Join(parts, " "))
}

// Side in words.
func Side(l study.Laterality) string {
	switch l {
	case study.Left:
		return "left"
	case study.Right:
		return "right"
	case study.Bilateral:
		return "both sides"
	}
	return ""
}

// Day is the date of a study, or "".
func Day(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02")
}

// Short is the start of a key or hash.
func Short(s string, n int) string {
	if len(s) <= n || strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		return s
	}
	return s[:n]
}

// sentence starts with a capital.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || r == utf8.RuneError {
		return s
	}
	if word, _, _ := strings.Cut(s, " "); strings.ContainsAny(word, "/._") {
		return s // a path or a name of a file
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// clip makes one line of text and bounds its length.
func clip(s string) string {
	if len(s) > 8*maxRunes {
		s = strings.ToValidUTF8(s[:8*maxRunes], "")
	}
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
	if utf8.RuneCountInString(s) <= maxRunes {
		return s
	}
	return string([]rune(s)[:maxRunes]) + "…"
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func capped[T any](list []T, n int) []T {
	if len(list) > n {
		return list[:n]
	}
	return list
}
