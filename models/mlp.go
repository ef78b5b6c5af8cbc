package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

// MLP is an encoder for vectors: linear layers with a bias, each followed by ReLU. Variables are called
// fc<i>.weight and fc<i>.bias, i from 0.
type MLP struct {
	In      int   // features of the input, [B, F]
	Widths  []int // of each layer
	Flatten bool  // the input has more axes, [B, ...] of In values a sample; they are one vector, the last axis fastest
}

// Variables lists the encoder's variables in PyTorch's order.
func (e MLP) Variables(prefix string) []Variable {
	var vars []Variable
	in := e.In
	for i, out := range e.Widths {
		vars = append(vars, linearVariables(fmt.Sprintf("%sfc%d", prefix, i), out, in)...)
		in = out
	}
	return vars
}

// Forward encodes x, [B, F], into [B, Features()].
func (e MLP) Forward(c *Call, prefix string, x *Node) *Node {
	p := pass{c, 1}
	batch := x.Shape().Dimensions[0]
	if e.Flatten {
		x = Reshape(x, batch, -1)
	}
	x.AssertDims(batch, e.In)
	for i, out := range e.Widths {
		x = relu(p.linear(fmt.Sprintf("%sfc%d", prefix, i), x))
		x.AssertDims(batch, out)
	}
	return x
}

// Features is the width of the last layer.
func (e MLP) Features() int { return e.Widths[len(e.Widths)-1] }

// linear multiplies the last axis of x, [..., in], with name.weight, [out, in], and adds name.bias.
func (p pass) linear(name string, x *Node) *Node {
	l := Layer{Kind: LinearLayer, Name: name, Bias: true, Input: x, Frames: p.frames}
	var t tap
	weight := p.weight(l, p.Var(name+".weight"), &t, nil)
	y := DotGeneral(x, []int{x.Rank() - 1}, nil, weight, []int{1}, nil) // [..., out]
	l.Output = t.watch(Add(y, spread(p.Var(name+".bias"), y)))
	p.layer(l)
	return l.Output
}

func parseMLP(widths string, m data.Modality, take func(name, def string) string) (Encoder, error) {
	flatten, err := parseSwitch("flatten", take)
	if err != nil {
		return nil, err
	}
	if len(m.Shape) != 1 && !flatten {
		return nil, fmt.Errorf(
			"models: %s of shape %v, want a vector for an MLP, or flatten=1 to make one of it", m.Kind, m.Shape,
		)
	}
	list, err := parseWidths(widths)
	if err != nil {
		return nil, err
	}
	return MLP{In: m.Size(), Widths: list, Flatten: len(m.Shape) != 1}, nil
}
