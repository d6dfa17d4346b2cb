package onnxgo_test

import (
	"fmt"
	"log"

	"github.com/owulveryck/onnx-go"
	"github.com/owulveryck/onnx-go/backend/testbackend"
	_ "github.com/owulveryck/onnx-go/backend/testbackend/onnx"

	"github.com/caliper-imaging/caliper/onnx/onnxgo"
)

// A program for onnx-go, with this backend in place of gorgonnx's.
func Example() {
	tc := testbackend.GetOpTypeTests("Relu")[0]()

	backend := onnxgo.NewGraph()
	model := onnx.NewModel(backend)
	if err := model.UnmarshalBinary(tc.ModelB); err != nil {
		log.Fatal(err)
	}
	if err := model.SetInput(0, tc.Input[0]); err != nil {
		log.Fatal(err)
	}
	if err := backend.Run(); err != nil {
		log.Fatal(err)
	}
	outputs, err := model.GetOutputTensors()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outputs[0].Shape())
	// Output: (3, 4, 5)
}
