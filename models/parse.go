package models

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/caliper-imaging/caliper/internal/plainyaml"
)

// ParseCard reads a card and checks it. The error names the line of the YAML where it can.
func ParseCard(data []byte) (*Card, error) {
	var c Card
	if err := plainyaml.Decode(data, &c); err != nil {
		return nil, &FormatError{Text: "card: " + err.Error(), Err: err}
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	return &c, nil
}

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$`)
	hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
	axesForm = regexp.MustCompile(`^[LRPASI]{3}$`)
)

// Check reports the first field that is missing or makes no sense.
func (c *Card) Check() error {
	bad := func(field, want string, got any) error {
		return &FormatError{Text: fmt.Sprintf("card %s: %s: want %s, got %v", c.Name, field, want, got)}
	}
	in, out := c.Input, c.Output
	switch {
	case !nameForm.MatchString(c.Name):
		return bad("name", "letters, digits, dot, dash or underscore, at most 80", fmt.Sprintf("%q", c.Name))
	case c.Schema != 1:
		return bad("schema", "1", c.Schema)
	case c.Version == "":
		return bad("version", "a text", "none")
	case !nameForm.MatchString(c.File):
		return bad("file", "a file name without a folder", fmt.Sprintf("%q", c.File))
	case !hashForm.MatchString(c.SHA256):
		return bad("sha256", "64 lower-case hex digits", fmt.Sprintf("%q", c.SHA256))
	case c.Bytes < 0:
		return bad("bytes", "0 or more", c.Bytes)
	case c.Licence == "":
		return bad("licence", "a text", "none")
	case c.IntendedUse == "":
		return bad("intendedUse", "a text", "none")
	case !slices.Contains([]Task{Segment, Detect, Classify, Tensors}, c.Task):
		return bad("task", "segment, detect, classify or tensors", fmt.Sprintf("%q", c.Task))
	}
	if c.Task == Tensors {
		if out.Decode != None {
			return bad("output.decode", "none for task tensors", fmt.Sprintf("%q", out.Decode))
		}
		return nil
	}
	allowed := map[Task][]Decode{Segment: {Argmax, Threshold}, Detect: {Boxes, Heatmap, Components}, Classify: {Scores}}[c.Task]
	switch {
	case !slices.Contains(allowed, out.Decode):
		return bad("output.decode", fmt.Sprintf("one of %v for task %s", allowed, c.Task), fmt.Sprintf("%q", out.Decode))
	case in.Dims != 2 && in.Dims != 3:
		return bad("input.dims", "2 or 3", in.Dims)
	case in.Channels != 1 && in.Channels != 3:
		return bad("input.channels", "1 or 3", in.Channels)
	case len(in.Size) != 0 && len(in.Size) != in.Dims:
		return bad("input.size", fmt.Sprintf("none or %d numbers", in.Dims), in.Size)
	case slices.ContainsFunc(in.Size, func(n int) bool { return n < 1 || n > 1<<14 }):
		return bad("input.size", "1 to 16384", in.Size)
	case len(in.Size) > 0 && in.Resize != Letterbox && in.Resize != Stretch:
		return bad("input.resize", "letterbox or stretch with a size", fmt.Sprintf("%q", in.Resize))
	case in.Dims == 3 && in.Resize == Letterbox:
		return bad("input.resize", "stretch or none in 3-D", "letterbox")
	case in.Axes != "" && (in.Dims != 3 || !axesForm.MatchString(in.Axes)):
		return bad("input.axes", "three of L/R, P/A, S/I in 3-D, none in 2-D", fmt.Sprintf("%q", in.Axes))
	case !(in.SpacingMM >= 0 && in.SpacingMM < 1000):
		return bad("input.spacingMM", "0 or more", in.SpacingMM)
	case in.Multiple < 0 || in.Multiple > 1024:
		return bad("input.multiple", "0 to 1024", in.Multiple)
	case in.Crop != nil && !slices.Contains([]string{"head", "nonzero", "field"}, in.Crop.Of):
		return bad("input.crop.of", "head, nonzero or field", fmt.Sprintf("%q", in.Crop.Of))
	case in.Crop != nil && (in.Crop.Margin < 0 || in.Crop.Margin > 1<<14):
		return bad("input.crop.margin", "0 to 16384", in.Crop.Margin)
	case in.Tile != nil && (len(in.Tile.Size) != in.Dims || in.Tile.Overlap < 0 || in.Tile.Overlap >= slices.Min(in.Tile.Size)):
		return bad("input.tile", fmt.Sprintf("%d sizes and an overlap below the smallest", in.Dims), *in.Tile)
	case len(c.Labels) == 0:
		return bad("labels", "at least one", "none")
	case !slices.Contains([]Activation{"", Sigmoid, Softmax}, out.Activation):
		return bad("output.activation", "sigmoid, softmax or none", fmt.Sprintf("%q", out.Activation))
	case out.Decode == Heatmap && out.Stride < 1:
		return bad("output.stride", "1 or more", out.Stride)
	case out.Mirror && (out.Decode != Heatmap || out.Offset != ""):
		return bad("output.mirror", "it with decode heatmap and no offset only", "another")
	case out.Decode == Boxes && (out.Boxes == "" || out.Scores == ""):
		return bad("output.boxes, output.scores", "names of two tensors", fmt.Sprintf("%q, %q", out.Boxes, out.Scores))
	case !(out.NMS >= 0 && out.NMS <= 1):
		return bad("output.nms", "0 to 1", out.NMS)
	case out.Within != nil && (out.Within.Model == "" || len(out.Within.Labels) == 0):
		return bad("output.within", "a model and labels", *out.Within)
	}
	for _, s := range in.Normalise {
		if err := s.Check(); err != nil {
			return bad("input.normalise", "steps of preprocess", err)
		}
	}
	return nil
}
