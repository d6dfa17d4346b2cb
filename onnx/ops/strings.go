package ops

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func stringConcatOp(*graph.Node) Kernel {
	return func(c *Call) {
		x, y := c.in(0), c.in(1)
		bc := newBroadcast(x.Shape(), y.Shape())
		out := c.New(tensor.String, bc.shape...)
		zip(c, bc, out, x, y, func(a, b string) string { return a + b })
		c.Out[0] = out
	}
}

func stringSplitOp(n *graph.Node) Kernel {
	sep := n.Str("delimiter", "")
	limit := n.Int("maxsplit", -1)
	return func(c *Call) {
		x := c.in(0)
		parts := make([][]string, x.Len())
		counts := make([]int64, x.Len())
		most := 0
		for i, s := range x.Strings() {
			parts[i] = splitString(s, sep, limit)
			counts[i] = int64(len(parts[i]))
			most = max(most, len(parts[i]))
		}
		out := c.New(tensor.String, append(append([]int{}, x.Shape()...), most)...)
		for i, p := range parts {
			copy(out.Strings()[i*most:], p)
		}
		c.Out[0] = out
		if len(c.Out) > 1 {
			c.Out[1] = tensor.FromInt64(x.Shape(), counts)
		}
	}
}

// splitString splits as Python's str.split does: without a separator at runs of white space.
func splitString(s, sep string, limit int) []string {
	if sep != "" {
		if limit < 0 {
			return strings.Split(s, sep)
		}
		return strings.SplitN(s, sep, limit+1)
	}
	var out []string
	for s = strings.TrimLeftFunc(s, unicode.IsSpace); s != ""; {
		i := strings.IndexFunc(s, unicode.IsSpace)
		if i < 0 || limit >= 0 && len(out) >= limit {
			return append(out, strings.TrimRightFunc(s, unicode.IsSpace))
		}
		out = append(out, s[:i])
		s = strings.TrimLeftFunc(s[i:], unicode.IsSpace)
	}
	return out
}

func regexFullMatchOp(n *graph.Node) Kernel {
	re, err := regexp.Compile(`\A(?:` + n.Str("pattern", "") + `)\z`)
	if err != nil {
		fail("pattern: %w", err)
	}
	return func(c *Call) {
		x := c.in(0)
		out := c.New(tensor.Bool, x.Shape()...)
		for i, s := range x.Strings() {
			out.Bool()[i] = re.MatchString(s)
		}
		c.Out[0] = out
	}
}

func stringNormalizerOp(n *graph.Node) Kernel {
	action := n.Str("case_change_action", "NONE")
	sensitive := n.Int("is_case_sensitive", 0) != 0
	var stops []string
	if a := n.Attrs["stopwords"]; a != nil {
		stops = a.Strings
	}
	change := func(s string) string {
		switch action {
		case "LOWER":
			return strings.ToLower(s)
		case "UPPER":
			return strings.ToUpper(s)
		}
		return s
	}
	remove := func(s string, stops []string) string {
		var kept []string
		for _, w := range strings.Split(s, " ") {
			if !slices.Contains(stops, w) {
				kept = append(kept, w)
			}
		}
		return strings.Join(kept, " ")
	}
	changed := make([]string, len(stops))
	for i, w := range stops {
		changed[i] = change(w)
	}
	return func(c *Call) {
		x := c.in(0)
		if x.Rank() < 1 || x.Rank() > 2 {
			fail("want a vector or a matrix, got %v", x)
		}
		out := make([]string, x.Len())
		for i, s := range x.Strings() {
			s = withoutAccents(s)
			if sensitive && len(stops) > 0 {
				s = remove(s, stops)
			}
			s = change(s)
			if !sensitive && len(stops) > 0 {
				s = remove(s, changed)
			}
			out[i] = s
		}
		if x.Rank() == 2 && x.Shape()[0] != 1 {
			c.Out[0] = tensor.FromStrings(x.Shape(), out)
			return
		}
		kept := slices.DeleteFunc(out, func(s string) bool { return s == "" })
		if len(kept) == 0 {
			kept = []string{""}
		}
		shape := []int{len(kept)}
		if x.Rank() == 2 {
			shape = []int{1, len(kept)}
		}
		c.Out[0] = tensor.FromStrings(shape, kept)
	}
}

func withoutAccents(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}

// tfIdfOp counts n-grams of a pool, with skips between their items.
func tfIdfOp(n *graph.Node) Kernel {
	least, most, skips := n.Int("min_gram_length", 1), n.Int("max_gram_length", 1), n.Int("max_skip_count", 0)
	counts, indexes := n.Ints("ngram_counts"), n.Ints("ngram_indexes")
	mode := n.Str("mode", "TF")
	var pool []string // items as text, so that numbers and strings share the code
	if a := n.Attrs["pool_strings"]; a != nil {
		pool = a.Strings
	} else {
		for _, v := range n.Ints("pool_int64s") {
			pool = append(pool, itemText(int64(v)))
		}
	}
	var weights []float32
	if a := n.Attrs["weights"]; a != nil {
		weights = a.Floats
	}
	ids := map[string]int{}
	id := 0
	for g := range counts {
		end := len(pool)
		if g+1 < len(counts) {
			end = counts[g+1]
		}
		if counts[g] < 0 || end > len(pool) || counts[g] > end {
			fail("ngram_counts %v do not fit the pool", counts)
		}
		for at := counts[g]; at+g+1 <= end; at += g + 1 {
			ids[strings.Join(pool[at:at+g+1], "\x00")] = id
			id++
		}
	}
	size := 0
	for _, i := range indexes {
		if i < 0 || i > 1<<24 {
			fail("ngram index %d", i)
		}
		size = max(size, i+1)
	}
	if id > len(indexes) || weights != nil && len(weights) < len(indexes) {
		fail("ngram_indexes: want %d values, got %d", id, len(indexes))
	}
	return func(c *Call) {
		x := c.in(0)
		rows, cols := 1, x.Len()
		shape := []int{size}
		if x.Rank() == 2 {
			rows, cols = x.Shape()[0], x.Shape()[1]
			shape = []int{rows, size}
		}
		items := make([]string, x.Len())
		if x.DType() == tensor.String {
			copy(items, x.Strings())
		} else {
			for i, v := range c.cast(x, tensor.Int64, true, "").Int64() {
				items[i] = itemText(v)
			}
		}
		out := c.Zeros(tensor.Float32, shape...)
		for r := range rows {
			row := items[r*cols:][:cols]
			seen := make([]int, len(indexes))
			for g := least; g <= most; g++ {
				for skip := 0; skip <= skips; skip++ {
					if g == 1 && skip > 0 {
						break
					}
					for at := 0; at+(g-1)*(skip+1) < len(row); at++ {
						parts := make([]string, g)
						for k := range parts {
							parts[k] = row[at+k*(skip+1)]
						}
						if i, ok := ids[strings.Join(parts, "\x00")]; ok {
							seen[i]++
						}
					}
				}
			}
			for i, k := range seen {
				if k == 0 {
					continue
				}
				v, w := float32(k), float32(1)
				if weights != nil {
					w = weights[i]
				}
				switch mode {
				case "IDF":
					v = w
				case "TFIDF":
					v *= w
				}
				out.Float32()[r*size+indexes[i]] = v
			}
		}
		c.Out[0] = out
	}
}

func itemText(v int64) string { return strconv.FormatInt(v, 10) }
