// Package optest runs ONNX conformance cases (onnx/backend/test: a folder a case with model.onnx and
// test_data_set_*/input_*.pb and output_*.pb) on the engine.
package optest

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/internal/graph"
	"github.com/caliper-imaging/caliper/onnx/internal/pb"
)

// Case is one case's files, by their path within its folder.
type Case struct {
	Name  string // path of the folder
	Dir   string // where that lies on disk, for weights in files beside the model; "" in an archive
	Files map[string][]byte
}

// Outcome is what became of a case. Err is nil where it passed; Reason is set where the skip list has it.
type Outcome struct {
	Name   string
	Ops    []string // operators of the model, sorted
	Err    error
	Reason string
}

// Report is the outcome of a set of cases, in the order of their names.
type Report struct {
	Outcomes []Outcome
}

// Limits on what an archive may hold.
const (
	maxFile  = 1 << 28
	maxTotal = 1 << 32
)

// RunDir runs the cases at any depth below a folder. decode is for ImageDecoder and may be nil.
func RunDir(ctx context.Context, dir string, decode onnx.ImageDecoder) (*Report, error) {
	cases := map[string]*Case{}
	total := int64(0)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if !wanted(name) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if total += info.Size(); info.Size() > maxFile || total > maxTotal {
			return fmt.Errorf("optest: %s is too large", name)
		}
		b, err := os.ReadFile(p)
		add(cases, name, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, c := range cases {
		c.Dir = filepath.Join(dir, filepath.FromSlash(name))
	}
	return run(ctx, cases, decode)
}

// RunTar runs the cases at any depth of a .tar or .tar.gz file.
func RunTar(ctx context.Context, file string, decode onnx.ImageDecoder) (*Report, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(file, "gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("optest: %s: %w", file, err)
		}
		r = z
	}
	cases := map[string]*Case{}
	total := int64(0)
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return run(ctx, cases, decode)
		}
		if err != nil {
			return nil, fmt.Errorf("optest: %s: %w", file, err)
		}
		name := path.Clean(h.Name)
		if h.Typeflag != tar.TypeReg || !wanted(name) {
			continue
		}
		if total += h.Size; h.Size > maxFile || total > maxTotal {
			return nil, fmt.Errorf("optest: %s is too large", name)
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			return nil, fmt.Errorf("optest: %s: %w", file, err)
		}
		add(cases, name, b)
	}
}

func wanted(name string) bool {
	base := path.Base(name)
	return strings.HasSuffix(base, ".onnx") || strings.HasSuffix(base, ".pb") || base == "tol.txt"
}

// add files a path under its case: the folder above a test_data_set, else its own.
func add(cases map[string]*Case, name string, b []byte) {
	dir := path.Dir(name)
	if strings.HasPrefix(path.Base(dir), "test_data_set") {
		dir = path.Dir(dir)
	}
	c := cases[dir]
	if c == nil {
		c = &Case{Name: dir, Files: map[string][]byte{}}
		cases[dir] = c
	}
	c.Files[strings.TrimPrefix(name, dir+"/")] = b
}

func run(ctx context.Context, cases map[string]*Case, decode onnx.ImageDecoder) (*Report, error) {
	var names []string
	for name, c := range cases {
		if c.Files["model.onnx"] != nil {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if len(names) == 0 {
		return nil, errors.New("optest: no folder with a model.onnx")
	}
	skips := skipList()
	r := &Report{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o := Outcome{Name: name, Reason: skips[path.Base(name)]}
		o.Ops, o.Err = runCase(ctx, cases[name], decode)
		r.Outcomes = append(r.Outcomes, o)
	}
	return r, nil
}

// operators lists the operators of a model, those of inner graphs among them.
func operators(b []byte) []string {
	m, err := pb.ReadModel(b)
	if err != nil || m.Graph == nil {
		return nil
	}
	set := map[string]bool{}
	var walk func(nodes []*pb.Node)
	walk = func(nodes []*pb.Node) {
		for _, n := range nodes {
			name := n.OpType
			if n.Domain != "" && n.Domain != "ai.onnx" {
				name = n.Domain + "." + name
			}
			set[name] = true
			for _, a := range n.Attrs {
				if a.G != nil {
					walk(a.G.Nodes)
				}
			}
		}
	}
	walk(m.Graph.Nodes)
	var out []string
	for name := range set {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

func runCase(ctx context.Context, c *Case, decode onnx.ImageDecoder) ([]string, error) {
	model := c.Files["model.onnx"]
	names := operators(model)
	var src any = model
	if c.Dir != "" {
		src = filepath.Join(c.Dir, "model.onnx")
	}
	s, err := onnx.Load(src, onnx.Options{Threads: 1, MemoryLimit: 1 << 31, Decode: decode})
	if err != nil {
		return names, err
	}
	defer s.Close()
	types, err := pb.ReadModel(model)
	if err != nil {
		return names, err
	}
	tol, err := tolerance(c.Files["tol.txt"])
	if err != nil {
		return names, err
	}
	sets := c.sets()
	if len(sets) == 0 {
		return names, errors.New("the case has no test data")
	}
	for _, set := range sets {
		if err := runSet(ctx, s, types, c, set, tol); err != nil {
			return names, fmt.Errorf("%s: %w", set, err)
		}
	}
	return names, nil
}

// sets lists the case's data sets.
func (c *Case) sets() []string {
	seen := map[string]bool{}
	for name := range c.Files {
		if d := path.Dir(name); strings.HasPrefix(d, "test_data_set") {
			seen[d] = true
		}
	}
	var out []string
	for d := range seen {
		out = append(out, d)
	}
	sort.Strings(out)
	return out
}

func runSet(ctx context.Context, s *onnx.Session, m *pb.Model, c *Case, set string, tol Tolerance) error {
	in := map[string]*onnx.Tensor{}
	for i, info := range s.Inputs() {
		b, ok := c.Files[fmt.Sprintf("%s/input_%d.pb", set, i)]
		if !ok {
			return fmt.Errorf("input %d has no file", i)
		}
		t, err := readValue(b, declared(m.Graph.Inputs, info.Name))
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
		in[info.Name] = t
	}
	got, err := s.Run(ctx, in)
	if err != nil {
		return err
	}
	for i, info := range s.Outputs() {
		b, ok := c.Files[fmt.Sprintf("%s/output_%d.pb", set, i)]
		if !ok {
			return fmt.Errorf("output %d has no file", i)
		}
		want, err := readValue(b, declared(m.Graph.Outputs, info.Name))
		if err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
		if err := Compare(got[info.Name], want, tol); err != nil {
			return fmt.Errorf("output %q: %w", info.Name, err)
		}
	}
	return nil
}

func declared(list []*pb.ValueInfo, name string) *pb.Type {
	for _, v := range list {
		if v.Name == name {
			return v.Type
		}
	}
	return nil
}

// readValue reads a TensorProto, SequenceProto or OptionalProto, as the declared type says.
func readValue(b []byte, t *pb.Type) (*onnx.Tensor, error) {
	kind := pb.KindTensor
	if t != nil {
		kind = t.Kind
	}
	switch kind {
	case pb.KindSequence:
		p, err := pb.ReadSequence(b)
		if err != nil {
			return nil, err
		}
		return graph.Sequence(p)
	case pb.KindOptional:
		p, err := pb.ReadOptional(b)
		if err != nil {
			return nil, err
		}
		return graph.Optional(p)
	}
	p, err := pb.ReadTensor(b)
	if err != nil {
		return nil, err
	}
	return graph.Tensor(p, nil)
}
