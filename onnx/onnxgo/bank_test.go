package onnxgo

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/owulveryck/onnx-go"
	"github.com/owulveryck/onnx-go/backend/testbackend"
	_ "github.com/owulveryck/onnx-go/backend/testbackend/onnx" // the bank's cases
	gorgonia "gorgonia.org/tensor"
)

// limits has the cases of the bank that can't pass: title, a tab, and the reason.
//
//go:embed testdata/limits.txt
var limits string

// TestBank runs onnx-go's own test bank (348 cases of onnx 1.5) and holds it to the list of what can't pass.
func TestBank(t *testing.T) {
	reasons := map[string]string{}
	for line := range strings.Lines(limits) {
		if title, reason, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			reasons[title] = reason
		}
	}
	cases := testbackend.FindAllTestsMatching(regexp.MustCompile(""))
	if len(cases) < 348 {
		t.Fatalf("want 348 cases, got %d", len(cases))
	}
	passed := 0
	for _, make := range cases {
		tc := make()
		err := runCase(tc)
		reason, listed := reasons[tc.Title]
		delete(reasons, tc.Title)
		switch {
		case err == nil && listed:
			t.Errorf("%s passes, but is on the list: %s", tc.Title, reason)
		case err == nil:
			passed++
		case !listed:
			t.Errorf("%s: %v", tc.Title, err)
		}
	}
	for title := range reasons {
		t.Errorf("%s is on the list, but not in the bank", title)
	}
	t.Logf("%d of %d cases pass", passed, len(cases))
}

// runCase does what TestCase.RunTest does, bool results among it, which that can't compare.
func runCase(tc *testbackend.TestCase) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder panics: %v", p)
		}
	}()
	g := NewGraph()
	m := onnx.NewModel(g)
	if err := m.UnmarshalBinary(tc.ModelB); err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	for i, in := range tc.Input {
		if err := m.SetInput(i, in); err != nil {
			return fmt.Errorf("input: %w", err)
		}
	}
	if err := g.Run(); err != nil {
		return err
	}
	got, err := m.GetOutputTensors()
	if err != nil {
		return err
	}
	if len(got) != len(tc.ExpectedOutput) {
		return fmt.Errorf("want %d outputs, got %d", len(tc.ExpectedOutput), len(got))
	}
	for i, want := range tc.ExpectedOutput {
		if err := compare(got[i], want); err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
	}
	return nil
}

func compare(got, want gorgonia.Tensor) error {
	if got == nil {
		return errors.New("no tensor")
	}
	if fmt.Sprint(got.Shape()) != fmt.Sprint(want.Shape()) {
		return fmt.Errorf("want shape %v, got %v", want.Shape(), got.Shape())
	}
	g, w := reflect.ValueOf(rows(got.Data())), reflect.ValueOf(rows(want.Data()))
	if g.Type() != w.Type() {
		return fmt.Errorf("want %v, got %v", w.Type(), g.Type())
	}
	for i := range w.Len() {
		if !close(g.Index(i), w.Index(i)) {
			return fmt.Errorf("element %d: want %v, got %v", i, w.Index(i), g.Index(i))
		}
	}
	return nil
}

// close holds floats to the bank's 1e-6, or to one unit of the last place of a float32 where that is more.
func close(g, w reflect.Value) bool {
	if !g.CanFloat() {
		return g.Interface() == w.Interface()
	}
	a, b := g.Float(), w.Float()
	return a == b || math.Abs(a-b) <= max(1e-6, math.Abs(b)/(1<<23)) || a != a && b != b
}
