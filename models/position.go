package models

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Kinds of positions that a [Transformer] may add to its vectors.
const (
	LearntPositions     = "learned" // variables
	SinusoidalPositions = "sinusoidal"
	NoPositions         = "none" // the order of positions does not matter then
)

func (e Transformer) learnt() bool { return e.Positions == "" || e.Positions == LearntPositions }

// position adds the variable name, [T, D], to each sample of x, [B, T, D].
func (p pass) position(name string, x *Node) *Node {
	l := Layer{Kind: PositionLayer, Name: name, Frames: p.frames}
	var t tap
	each := BroadcastToDims(InsertAxes(p.weight(l, p.Var(name), &t, nil), 0), x.Shape().Dimensions...)
	l.Output = t.watch(Add(x, each))
	p.layer(l)
	return l.Output
}

// sinusoids are the positions of Vaswani et al. (2017, section 3.5), [rows, dim]: at position p entry 2i is
// sin(p / 10000^(2i/dim)) and entry 2i+1 the cosine of the same. An odd dim ends with a sine.
func sinusoids(rows, dim int) *tensors.Tensor {
	values := make([]float64, 0, rows*dim)
	for p := range rows {
		for j := range dim {
			angle := float64(p) / math.Pow(10000, float64(j-j%2)/float64(dim))
			wave := math.Sin(angle)
			if j%2 == 1 {
				wave = math.Cos(angle)
			}
			values = append(values, wave)
		}
	}
	return tensors.FromFlatDataAndDimensions(values, rows, dim)
}
