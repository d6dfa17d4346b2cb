// Package pb reads the protobuf messages of ONNX (onnx.proto, IR version 13) without copying what
// they hold: strings aside, every field refers to the bytes it was read from.
package pb

// Model is onnx.ModelProto.
type Model struct {
	IRVersion       int64
	Opsets          []Opset
	ProducerName    string
	ProducerVersion string
	Domain          string
	ModelVersion    int64
	Doc             string
	Graph           *Graph
	Metadata        []StringPair
	Functions       []*Function
}

// Opset is onnx.OperatorSetIdProto.
type Opset struct {
	Domain  string
	Version int64
}

// StringPair is onnx.StringStringEntryProto.
type StringPair struct{ Key, Value string }

// Graph is onnx.GraphProto.
type Graph struct {
	Name         string
	Nodes        []*Node
	Initializers []*Tensor
	Sparse       []*SparseTensor
	Inputs       []*ValueInfo
	Outputs      []*ValueInfo
	Values       []*ValueInfo
}

// Node is onnx.NodeProto.
type Node struct {
	Inputs, Outputs []string
	Name            string
	OpType          string
	Domain          string
	Overload        string
	Attrs           []*Attr
}

// Kinds of attributes, by the numbers of onnx.AttributeProto.AttributeType.
const (
	AttrFloat         = 1
	AttrInt           = 2
	AttrString        = 3
	AttrTensor        = 4
	AttrGraph         = 5
	AttrFloats        = 6
	AttrInts          = 7
	AttrStrings       = 8
	AttrTensors       = 9
	AttrGraphs        = 10
	AttrSparseTensor  = 11
	AttrSparseTensors = 12
	AttrTypeProto     = 13
	AttrTypeProtos    = 14
)

// Attr is onnx.AttributeProto.
type Attr struct {
	Name    string
	Ref     string // ref_attr_name, in functions
	Type    int32
	F       float32
	I       int64
	S       []byte
	T       *Tensor
	G       *Graph
	Sparse  *SparseTensor
	TP      *Type
	Floats  []float32
	Ints    []int64
	Strings [][]byte
	Tensors []*Tensor
	Graphs  []*Graph
}

// Tensor is onnx.TensorProto. Raw refers to the message's bytes.
type Tensor struct {
	Dims     []int64
	DataType int32
	Name     string
	Raw      []byte
	HasRaw   bool
	Floats   []float32
	Int32s   []int32
	Int64s   []int64
	Strings  [][]byte
	Doubles  []float64
	Uint64s  []uint64
	External []StringPair
	Location int32
}

// SparseTensor is onnx.SparseTensorProto.
type SparseTensor struct {
	Values, Indices *Tensor
	Dims            []int64
}

// ValueInfo is onnx.ValueInfoProto.
type ValueInfo struct {
	Name string
	Type *Type
}

// Kinds of types.
const (
	KindUnknown = iota
	KindTensor
	KindSparse
	KindSequence
	KindOptional
	KindMap
)

// Type is onnx.TypeProto. Elem is the type inside a sequence or optional.
type Type struct {
	Kind     int
	ElemType int32
	HasShape bool
	Dims     []Dim
	Elem     *Type
}

// Dim is one dimension of a shape: Value where HasValue, else the symbol Param.
type Dim struct {
	HasValue bool
	Value    int64
	Param    string
}

// Function is onnx.FunctionProto.
type Function struct {
	Name, Domain, Overload string
	Inputs, Outputs        []string
	AttrNames              []string
	AttrDefaults           []*Attr
	Nodes                  []*Node
	Opsets                 []Opset
}

// Sequence is onnx.SequenceProto, Optional onnx.OptionalProto; both appear in test data only.
type Sequence struct {
	Kind      int32 // 1 tensor, 3 sequence, 5 optional
	Tensors   []*Tensor
	Sequences []*Sequence
	Optionals []*Optional
}

// Optional is onnx.OptionalProto: at most one of its fields is set.
type Optional struct {
	Kind     int32 // 1 tensor, 3 sequence, 5 optional
	Tensor   *Tensor
	Sequence *Sequence
	Optional *Optional
}
