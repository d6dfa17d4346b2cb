package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/caliper-imaging/caliper/internal/term"
	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/npy"
)

// modelFlags are those of every command that takes a model.
type modelFlags struct {
	Dirs    []string
	Threads int
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.Dirs, "models", nil, "folder of models and cards, may be given more than once (also CALIPER_MODELS)")
	cmd.Flags().IntVar(&f.Threads, "threads", 0, "threads of the engine (0: all processors)")
}

func (f modelFlags) registry() models.Registry { return models.FromEnv(f.Dirs...) }

// load finds and loads a model of the task.
func (f modelFlags) load(name string, task models.Task) (*models.Network, error) {
	if f.Threads < 0 {
		return nil, usagef("--threads: want 0 or more, got %d", f.Threads)
	}
	m, err := f.registry().Find(name)
	if err != nil {
		return nil, err
	}
	if task != "" {
		if err := m.Want(task); err != nil {
			return nil, err
		}
	}
	return m.Load(f.Threads)
}

func newModelsCmd(s term.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List, show and run networks",
		Long: `Models are ONNX files under a card, which says what goes in, what comes out and where they may be
used. A MODEL is a name (see "caliper models list"), the path of a card or the path of an .onnx file.

` + exitCodesHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("models: unknown command %q; want list, show or run", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newModelsListCmd(s), newModelsRunCmd(s), newModelsShowCmd(s))
	return cmd
}

type modelLine struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Task    models.Task `json:"task"`
	Where   string      `json:"where"` // embedded, a path, or "" where the file is not there
	Licence string      `json:"licence"`
	SHA256  string      `json:"sha256"`
	Use     string      `json:"intendedUse"`
}

func newModelsListCmd(s term.Streams) *cobra.Command {
	var flags modelFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models that have a card, and where their files are",
		Long:  "List prints every card: those in the binary and those in the folders of --models and CALIPER_MODELS.\n\n" + exitCodesHelp,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			entries, err := flags.registry().List()
			if err != nil {
				return err
			}
			lines := make([]modelLine, len(entries))
			for i, e := range entries {
				c := e.Card
				lines[i] = modelLine{Name: c.Name, Version: c.Version, Task: c.Task, Licence: c.Licence, SHA256: c.SHA256, Use: c.IntendedUse}
				var missing *models.MissingError
				switch {
				case e.Model != nil && e.Model.Path != "":
					lines[i].Where = e.Model.Path
				case e.Model != nil:
					lines[i].Where = "embedded"
				case !errors.As(e.Err, &missing):
					fmt.Fprintf(s.Err, "caliper: %v\n", e.Err)
				}
			}
			if asJSON {
				enc := json.NewEncoder(s.Out)
				enc.SetIndent("", "  ")
				return enc.Encode(lines)
			}
			w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tTASK\tFILE\tLICENCE\tINTENDED USE")
			for _, l := range lines {
				where := l.Where
				if where == "" {
					where = "not here"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Name, l.Task, where, l.Licence, l.Use)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringArrayVar(&flags.Dirs, "models", nil, "folder of models and cards, may be given more than once (also CALIPER_MODELS)")
	return cmd
}

func newModelsShowCmd(s term.Streams) *cobra.Command {
	var flags modelFlags
	cmd := &cobra.Command{
		Use:   "show MODEL",
		Short: "Print a model's card, and its tensors where the file is there",
		Long:  "Show prints the card as YAML, then the names, types and shapes of the network's inputs and outputs as comments.\n\n" + exitCodesHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := flags.registry().Find(args[0])
			var missing *models.MissingError
			if errors.As(err, &missing) && missing.Known {
				card, cardErr := cardOf(flags.registry(), args[0])
				if cardErr != nil {
					return cardErr
				}
				if err := printCard(s, card); err != nil {
					return err
				}
				_, err := fmt.Fprintf(s.Out, "# %v\n", missing)
				return err
			}
			if err != nil {
				return err
			}
			session, err := m.Session(1)
			if err != nil {
				return err
			}
			defer session.Close()
			if m.Card.Task == "" {
				fmt.Fprintf(s.Out, "# no card knows this file\n# sha256 %s\n", m.Card.SHA256)
			} else if err := printCard(s, &m.Card); err != nil {
				return err
			}
			for _, in := range session.Inputs() {
				fmt.Fprintf(s.Out, "# input  %s\n", tensorText(in))
			}
			for _, out := range session.Outputs() {
				fmt.Fprintf(s.Out, "# output %s\n", tensorText(out))
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&flags.Dirs, "models", nil, "folder of models and cards, may be given more than once (also CALIPER_MODELS)")
	return cmd
}

func cardOf(r models.Registry, name string) (*models.Card, error) {
	entries, err := r.List()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Card.Name == name {
			return &e.Card, nil
		}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return models.ParseCard(data)
}

func printCard(s term.Streams, c *models.Card) error {
	text, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	_, err = s.Out.Write(text)
	return err
}

func tensorText(v onnx.ValueInfo) string {
	dims := make([]string, len(v.Shape))
	for i, d := range v.Shape {
		switch {
		case d.Size >= 0:
			dims[i] = fmt.Sprint(d.Size)
		case d.Name != "":
			dims[i] = d.Name
		default:
			dims[i] = "?"
		}
	}
	return fmt.Sprintf("%s %v [%s]", v.Name, v.DType, strings.Join(dims, ", "))
}

type modelsRunOptions struct {
	modelFlags
	Model  string
	Inputs []string // NAME=FILE.npy
	Out    string
}

func newModelsRunCmd(s term.Streams) *cobra.Command {
	var o modelsRunOptions
	cmd := &cobra.Command{
		Use:   "run MODEL --input NAME=FILE.npy … --output DIR",
		Short: "Run a network on arrays",
		Long: `Run reads each input from a .npy file and writes each output to DIR/<output name>.npy; a slash in a
name becomes an underscore. No image processing takes place and no card is needed. Types other
than NumPy's own (float16, bfloat16 and smaller) are written as float32.

` + exitCodesHelp,
		Example: "  caliper models run net.onnx --input input=x.npy --output out",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Model = args[0]
			return runModelsRun(cmd.Context(), o, s)
		},
	}
	o.add(cmd)
	cmd.Flags().StringArrayVar(&o.Inputs, "input", nil, "NAME=FILE.npy, once for each input (a FILE may be - for stdin)")
	cmd.Flags().StringVarP(&o.Out, "output", "o", "", "folder for the outputs")
	_ = cmd.MarkFlagRequired("output")
	return cmd
}

func runModelsRun(ctx context.Context, o modelsRunOptions, s term.Streams) error {
	files := map[string]string{}
	for _, text := range o.Inputs {
		name, file, ok := cutLast(text)
		if !ok || name == "" || file == "" {
			return usagef("models run: --input %q: want NAME=FILE.npy", text)
		}
		if _, twice := files[name]; twice {
			return usagef("models run: --input: want each name once, got %q twice", name)
		}
		files[name] = file
	}
	if o.Threads < 0 {
		return usagef("--threads: want 0 or more, got %d", o.Threads)
	}
	m, err := o.registry().Find(o.Model)
	if err != nil {
		return err
	}
	session, err := m.Session(o.Threads)
	if err != nil {
		return err
	}
	defer session.Close()
	inputs := map[string]*tensor.Tensor{}
	var known []string
	for _, in := range session.Inputs() {
		known = append(known, in.Name)
		file, ok := files[in.Name]
		if !ok {
			continue
		}
		local, remove, err := spooled(s, file, "")
		if err != nil {
			return err
		}
		a, err := npy.Read(local)
		remove()
		if err != nil {
			return fmt.Errorf("models run: input %s: %w", in.Name, err)
		}
		if inputs[in.Name], err = toTensor(a, in.DType); err != nil {
			return fmt.Errorf("models run: input %s: %s: %w", in.Name, file, err)
		}
	}
	for name := range files {
		if !slices.Contains(known, name) {
			return usagef("models run: --input: want one of the inputs %s, got %q", strings.Join(known, ", "), name)
		}
	}
	for _, name := range known {
		if inputs[name] == nil {
			return usagef("models run: input %s: want --input %s=FILE.npy, got none", name, name)
		}
	}
	out, err := session.Run(ctx, inputs)
	if err != nil {
		return fmt.Errorf("models run: %w", err)
	}
	var written []string
	for _, info := range session.Outputs() {
		name := strings.ReplaceAll(info.Name, "/", "_") + ".npy"
		if name == ".npy" || filepath.Base(name) != name || slices.Contains(written, name) {
			return fmt.Errorf("models run: output %q: want a name that makes a file of its own, got %q", info.Name, name)
		}
		written = append(written, name)
		a, err := fromTensor(out[info.Name])
		if err != nil {
			return fmt.Errorf("models run: output %s: %w", info.Name, err)
		}
		if err := npy.Write(filepath.Join(o.Out, name), a); err != nil {
			return fmt.Errorf("models run: %w", err)
		}
	}
	return nil
}

// cutLast parts NAME=FILE at the last = that has a file name behind it, as names of tensors may hold one.
func cutLast(text string) (name, file string, ok bool) {
	for at := 0; ; {
		n := strings.IndexByte(text[at:], '=')
		if n < 0 {
			return strings.Cut(text, "=")
		}
		at += n
		if _, err := os.Stat(text[at+1:]); err == nil {
			return text[:at], text[at+1:], true
		}
		at++
	}
}

func toTensor(a *npy.Array, want tensor.DType) (*tensor.Tensor, error) {
	a = a.COrder()
	if string(a.DType) != want.String() {
		return nil, fmt.Errorf("want %v, got %s", want, a.DType)
	}
	return tensor.FromBytes(want, a.Shape, a.Bytes)
}

func fromTensor(t *tensor.Tensor) (*npy.Array, error) {
	if t == nil {
		return nil, errors.New("want a tensor, got none")
	}
	if d := volume.DType(t.DType().String()); d.Size() > 0 {
		return &npy.Array{DType: d, Shape: t.Shape(), Bytes: t.Bytes()}, nil
	}
	data := make([]float32, t.Len())
	switch dt := t.DType(); {
	case dt == tensor.Float16:
		for i, c := range tensor.Cells[uint16](t) {
			data[i] = tensor.Float16Value(c)
		}
	case dt == tensor.BFloat16:
		for i, c := range tensor.Cells[uint16](t) {
			data[i] = tensor.BFloat16Value(c)
		}
	case dt.IsFloat() && dt.Size() == 1:
		values := tensor.SmallValues(dt)
		for i, c := range t.Bytes() {
			data[i] = values[c]
		}
	default:
		return nil, fmt.Errorf("want numbers, got %v", dt)
	}
	return npy.FromFloat32(t.Shape(), data), nil
}
