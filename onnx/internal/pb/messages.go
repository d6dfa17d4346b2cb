package pb

import "math"

func readModel(r reader, b []byte) (*Model, error) {
	m := &Model{}
	err := r.each(b, "model", func(f field) error {
		switch f.num {
		case 1:
			m.IRVersion = int64(f.val)
		case 2:
			m.ProducerName = f.str()
		case 3:
			m.ProducerVersion = f.str()
		case 4:
			m.Domain = f.str()
		case 5:
			m.ModelVersion = int64(f.val)
		case 6:
			m.Doc = f.str()
		case 7:
			return set(&m.Graph, r, f, readGraph)
		case 8:
			o, err := readOpset(r.down(), f.bytes)
			m.Opsets = append(m.Opsets, o)
			return err
		case 14:
			p, err := readPair(r.down(), f.bytes)
			m.Metadata = append(m.Metadata, p)
			return err
		case 25:
			return one(&m.Functions, r, f, readFunction)
		}
		return nil
	})
	return m, err
}

func readOpset(r reader, b []byte) (Opset, error) {
	var o Opset
	err := r.each(b, "opset", func(f field) error {
		switch f.num {
		case 1:
			o.Domain = f.str()
		case 2:
			o.Version = int64(f.val)
		}
		return nil
	})
	return o, err
}

func readPair(r reader, b []byte) (StringPair, error) {
	var p StringPair
	err := r.each(b, "entry", func(f field) error {
		switch f.num {
		case 1:
			p.Key = f.str()
		case 2:
			p.Value = f.str()
		}
		return nil
	})
	return p, err
}

func readGraph(r reader, b []byte) (*Graph, error) {
	g := &Graph{}
	err := r.each(b, "graph", func(f field) error {
		switch f.num {
		case 1:
			return one(&g.Nodes, r, f, readNode)
		case 2:
			g.Name = f.str()
		case 5:
			return one(&g.Initializers, r, f, readTensor)
		case 11:
			return one(&g.Inputs, r, f, readValueInfo)
		case 12:
			return one(&g.Outputs, r, f, readValueInfo)
		case 13:
			return one(&g.Values, r, f, readValueInfo)
		case 15:
			return one(&g.Sparse, r, f, readSparse)
		}
		return nil
	})
	return g, err
}

func readNode(r reader, b []byte) (*Node, error) {
	n := &Node{}
	err := r.each(b, "node", func(f field) error {
		switch f.num {
		case 1:
			n.Inputs = append(n.Inputs, f.str())
		case 2:
			n.Outputs = append(n.Outputs, f.str())
		case 3:
			n.Name = f.str()
		case 4:
			n.OpType = f.str()
		case 5:
			return one(&n.Attrs, r, f, readAttr)
		case 7:
			n.Domain = f.str()
		case 8:
			n.Overload = f.str()
		}
		return nil
	})
	return n, err
}

func readAttr(r reader, b []byte) (*Attr, error) {
	a := &Attr{}
	err := r.each(b, "attribute", func(f field) (err error) {
		switch f.num {
		case 1:
			a.Name = f.str()
		case 2:
			a.F = math.Float32frombits(uint32(f.val))
		case 3:
			a.I = int64(f.val)
		case 4:
			a.S = f.bytes
		case 5:
			return set(&a.T, r, f, readTensor)
		case 6:
			return set(&a.G, r, f, readGraph)
		case 7:
			a.Floats, err = floats(a.Floats, f)
		case 8:
			a.Ints, err = ints(a.Ints, f)
		case 9:
			a.Strings = append(a.Strings, f.bytes)
		case 10:
			return one(&a.Tensors, r, f, readTensor)
		case 11:
			return one(&a.Graphs, r, f, readGraph)
		case 14:
			return set(&a.TP, r, f, readType)
		case 20:
			a.Type = int32(f.val)
		case 21:
			a.Ref = f.str()
		case 22:
			return set(&a.Sparse, r, f, readSparse)
		}
		return err
	})
	if a.Type == 0 {
		a.Type = guessType(a)
	}
	return a, err
}

// guessType finds the type of an attribute written before IR version 2 had the field.
func guessType(a *Attr) int32 {
	switch {
	case a.Floats != nil:
		return AttrFloats
	case a.Ints != nil:
		return AttrInts
	case a.Strings != nil:
		return AttrStrings
	case a.T != nil:
		return AttrTensor
	case a.G != nil:
		return AttrGraph
	case a.S != nil:
		return AttrString
	case a.F != 0:
		return AttrFloat
	}
	return AttrInt
}

func readTensor(r reader, b []byte) (*Tensor, error) {
	t := &Tensor{}
	err := r.each(b, "tensor", func(f field) (err error) {
		switch f.num {
		case 1:
			t.Dims, err = ints(t.Dims, f)
		case 2:
			t.DataType = int32(f.val)
		case 4:
			t.Floats, err = floats(t.Floats, f)
		case 5:
			t.Int32s, err = ints(t.Int32s, f)
		case 6:
			t.Strings = append(t.Strings, f.bytes)
		case 7:
			t.Int64s, err = ints(t.Int64s, f)
		case 8:
			t.Name = f.str()
		case 9:
			t.Raw, t.HasRaw = f.bytes, true
		case 10:
			t.Doubles, err = doubles(t.Doubles, f)
		case 11:
			t.Uint64s, err = ints(t.Uint64s, f)
		case 13:
			var p StringPair
			p, err = readPair(r.down(), f.bytes)
			t.External = append(t.External, p)
		case 14:
			t.Location = int32(f.val)
		}
		return err
	})
	return t, err
}

func readSparse(r reader, b []byte) (*SparseTensor, error) {
	s := &SparseTensor{}
	err := r.each(b, "sparse tensor", func(f field) (err error) {
		switch f.num {
		case 1:
			return set(&s.Values, r, f, readTensor)
		case 2:
			return set(&s.Indices, r, f, readTensor)
		case 3:
			s.Dims, err = ints(s.Dims, f)
		}
		return err
	})
	return s, err
}

func readValueInfo(r reader, b []byte) (*ValueInfo, error) {
	v := &ValueInfo{}
	err := r.each(b, "value info", func(f field) error {
		switch f.num {
		case 1:
			v.Name = f.str()
		case 2:
			return set(&v.Type, r, f, readType)
		}
		return nil
	})
	return v, err
}

func readType(r reader, b []byte) (*Type, error) {
	t := &Type{}
	inner := func(f field, kind int) error {
		t.Kind = kind
		return r.down().each(f.bytes, "type", func(f field) error {
			if f.num == 1 && kind != KindMap {
				return set(&t.Elem, r.down(), f, readType)
			}
			return nil
		})
	}
	err := r.each(b, "type", func(f field) error {
		switch f.num {
		case 1, 8:
			t.Kind = KindTensor
			if f.num == 8 {
				t.Kind = KindSparse
			}
			return r.down().each(f.bytes, "tensor type", func(f field) error {
				switch f.num {
				case 1:
					t.ElemType = int32(f.val)
				case 2:
					t.HasShape = true
					return readShape(r.down(), f.bytes, &t.Dims)
				}
				return nil
			})
		case 4:
			return inner(f, KindSequence)
		case 5:
			return inner(f, KindMap)
		case 9:
			return inner(f, KindOptional)
		}
		return nil
	})
	return t, err
}

func readShape(r reader, b []byte, dims *[]Dim) error {
	return r.each(b, "shape", func(f field) error {
		if f.num != 1 {
			return nil
		}
		var d Dim
		err := r.down().each(f.bytes, "dimension", func(f field) error {
			switch f.num {
			case 1:
				d.HasValue, d.Value = true, int64(f.val)
			case 2:
				d.Param = f.str()
			}
			return nil
		})
		*dims = append(*dims, d)
		return err
	})
}

func readFunction(r reader, b []byte) (*Function, error) {
	fn := &Function{}
	err := r.each(b, "function", func(f field) error {
		switch f.num {
		case 1:
			fn.Name = f.str()
		case 4:
			fn.Inputs = append(fn.Inputs, f.str())
		case 5:
			fn.Outputs = append(fn.Outputs, f.str())
		case 6:
			fn.AttrNames = append(fn.AttrNames, f.str())
		case 7:
			return one(&fn.Nodes, r, f, readNode)
		case 9:
			o, err := readOpset(r.down(), f.bytes)
			fn.Opsets = append(fn.Opsets, o)
			return err
		case 10:
			fn.Domain = f.str()
		case 11:
			return one(&fn.AttrDefaults, r, f, readAttr)
		case 13:
			fn.Overload = f.str()
		}
		return nil
	})
	return fn, err
}

func readSequence(r reader, b []byte) (*Sequence, error) {
	s := &Sequence{}
	err := r.each(b, "sequence", func(f field) error {
		switch f.num {
		case 2:
			s.Kind = int32(f.val)
		case 3:
			return one(&s.Tensors, r, f, readTensor)
		case 5:
			return one(&s.Sequences, r, f, readSequence)
		case 7:
			return one(&s.Optionals, r, f, readOptional)
		}
		return nil
	})
	return s, err
}

func readOptional(r reader, b []byte) (*Optional, error) {
	o := &Optional{}
	err := r.each(b, "optional", func(f field) error {
		switch f.num {
		case 2:
			o.Kind = int32(f.val)
		case 3:
			return set(&o.Tensor, r, f, readTensor)
		case 5:
			return set(&o.Sequence, r, f, readSequence)
		case 7:
			return set(&o.Optional, r, f, readOptional)
		}
		return nil
	})
	return o, err
}
