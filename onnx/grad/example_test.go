package grad_test

import (
	"context"
	"fmt"
	"log"

	"github.com/caliper-imaging/caliper/onnx"
	"github.com/caliper-imaging/caliper/onnx/grad"
	"github.com/caliper-imaging/caliper/onnx/tensor"
)

// How much each pixel of an image bears on the score of class 1.
func Example() {
	m, err := grad.Load("testdata/attention.onnx", onnx.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	image := tensor.New(tensor.Float32, 2, 1, 4, 4)
	run, err := m.Forward(context.Background(), map[string]*onnx.Tensor{"x": image})
	if err != nil {
		log.Fatal(err)
	}
	seed, err := grad.Pick(run.Value("y"), 0, 1)
	if err != nil {
		log.Fatal(err)
	}
	d, err := run.Gradients(map[string]*onnx.Tensor{"y": seed}, "x")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d["x"].Shape())
	// Output: [2 1 4 4]
}
