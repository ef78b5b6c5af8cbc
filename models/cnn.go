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
func (e CNN) Forward(c *Call, prefix string, x *Node) *Node { return inStages(e, c, prefix, x) }

// Stages lists the channels: every block is a stage.
func (e CNN) Stages() []int { return e.Channels }

// Enter only folds the frames of a clip into the batch.
func (e CNN) Enter(_ *Call, _ string, x *Node) (*Node, int) { return fold(x, e.Axes+2) }

// Stage is a block.
func (e CNN) Stage(c *Call, prefix string, stage int, x *Node, frames int) *Node {
	p := pass{c, frames}
	x = p.conv(fmt.Sprintf("%sconv%d", prefix, stage-1), x, 2, e.Kernel/2)
	switch name := fmt.Sprintf("%snorm%d", prefix, stage-1); e.Norm {
	case BatchNorm:
		x = p.batchNorm(name, x)
	case GroupNorm:
		x = p.groupNorm(name, x, groupNormGroups)
	}
	return relu(x)
}

// Features is the number of channels of the last block.
func (e CNN) Features() int { return e.Channels[len(e.Channels)-1] }
