package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Norms that a [CNN] may have between convolution and activation.
const (
	BatchNorm = "batch"
	GroupNorm = "group" // in groupNormGroups groups
	NoNorm    = "none"
)

const groupNormGroups = 4

// CNN is a small convolutional encoder: blocks of a convolution with stride 2 and no bias, a norm, and ReLU;
// then the mean over positions. Variables are called conv<i>.weight and norm<i>.*, i from 0.
type CNN struct {
	Axes     int   // 1: input [B, T, F]; 2: input [B, H, W, C] or, as a clip, [B, T, H, W, C]
	In       int   // channels of the input
	Channels []int // of each block
	Kernel   int   // odd
	Norm     string
}

// Variables lists the encoder's variables in PyTorch's order.
func (e CNN) Variables(prefix string) []Variable {
	var vars []Variable
	in := e.In
	for i, out := range e.Channels {
		vars = append(vars, convVariable(fmt.Sprintf("%sconv%d", prefix, i), out, in, repeat(e.Axes, e.Kernel)...))
		switch name := fmt.Sprintf("%snorm%d", prefix, i); e.Norm {
		case BatchNorm:
			vars = append(vars, batchNormVariables(name, out)...)
		case GroupNorm:
			vars = append(vars, affineVariables(name, out)...)
		}
		in = out
	}
	return vars
}

// Forward encodes x into [B, Features()].
func (e CNN) Forward(c *Call, prefix string, x *Node) *Node {
	x, frames := fold(x, e.Axes+2)
	p := pass{c, frames}
	for i := range e.Channels {
		x = p.conv(fmt.Sprintf("%sconv%d", prefix, i), x, 2, e.Kernel/2)
		switch name := fmt.Sprintf("%snorm%d", prefix, i); e.Norm {
		case BatchNorm:
			x = p.batchNorm(name, x)
		case GroupNorm:
			x = p.groupNorm(name, x, groupNormGroups)
		}
		x = relu(x)
	}
	return p.meanOfPositions(x)
}

// Features is the number of channels of the last block.
func (e CNN) Features() int { return e.Channels[len(e.Channels)-1] }
