package models

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Stems of a [ResNet18].
const (
	ImageNetStem = "imagenet" // 7x7 with stride 2, then 3x3 max-pooling with stride 2
	SmallStem    = "small"    // 3x3 with stride 1, no pooling
)

// ResNet18 is torchvision's resnet18 without its classifier: the same layers, names and layouts, with the
// mean over positions at the end. The frames of a clip go through the network as images and are averaged
// with the positions.
type ResNet18 struct {
	In    int     // channels of the input
	Width float64 // the channels 64, 128, 256 and 512 are multiplied by it and rounded
	Stem  string
}

func (e ResNet18) channels(stage int) int {
	return int(math.RoundToEven(float64(int(64)<<stage) * e.Width))
}

// block is one of the eight basic blocks.
type block struct {
	name    string
	in, out int
	stride  int
}

// downsamples reports whether the shortcut has a convolution.
func (b block) downsamples() bool { return b.stride != 1 || b.in != b.out }

func (e ResNet18) blocks(prefix string) []block {
	var list []block
	in := e.channels(0)
	for stage := range 4 {
		for i := range 2 {
			b := block{
				name: fmt.Sprintf("%slayer%d.%d.", prefix, stage+1, i), in: in, out: e.channels(stage), stride: 1,
			}
			if stage > 0 && i == 0 {
				b.stride = 2
			}
			list = append(list, b)
			in = b.out
		}
	}
	return list
}

// Variables lists the encoder's variables in torchvision's order.
func (e ResNet18) Variables(prefix string) []Variable {
	kernel := 7
	if e.Stem == SmallStem {
		kernel = 3
	}
	vars := []Variable{convVariable(prefix+"conv1", e.channels(0), e.In, kernel, kernel)}
	vars = append(vars, batchNormVariables(prefix+"bn1", e.channels(0))...)
	for _, b := range e.blocks(prefix) {
		vars = append(vars, convVariable(b.name+"conv1", b.out, b.in, 3, 3))
		vars = append(vars, batchNormVariables(b.name+"bn1", b.out)...)
		vars = append(vars, convVariable(b.name+"conv2", b.out, b.out, 3, 3))
		vars = append(vars, batchNormVariables(b.name+"bn2", b.out)...)
		if b.downsamples() {
			vars = append(vars, convVariable(b.name+"downsample.0", b.out, b.in, 1, 1))
			vars = append(vars, batchNormVariables(b.name+"downsample.1", b.out)...)
		}
	}
	return vars
}

// Forward encodes x, [B, H, W, C] or [B, T, H, W, C], into [B, Features()].
func (e ResNet18) Forward(c *Call, prefix string, x *Node) *Node { return inStages(e, c, prefix, x) }

// Stages lists the channels after layer1 to layer4.
func (e ResNet18) Stages() []int {
	return []int{e.channels(0), e.channels(1), e.channels(2), e.channels(3)}
}

// Enter is the stem.
func (e ResNet18) Enter(c *Call, prefix string, x *Node) (maps *Node, frames int) {
	x, frames = fold(x, 4)
	p := pass{c, frames}
	if e.Stem == SmallStem {
		return relu(p.batchNorm(prefix+"bn1", p.conv(prefix+"conv1", x, 1, 1))), frames
	}
	return p.maxPool(relu(p.batchNorm(prefix+"bn1", p.conv(prefix+"conv1", x, 2, 3)))), frames
}

// Stage is two blocks.
func (e ResNet18) Stage(c *Call, prefix string, stage int, x *Node, frames int) *Node {
	p := pass{c, frames}
	for _, b := range e.blocks(prefix)[2*stage-2 : 2*stage] {
		y := relu(p.batchNorm(b.name+"bn1", p.conv(b.name+"conv1", x, b.stride, 1)))
		y = p.batchNorm(b.name+"bn2", p.conv(b.name+"conv2", y, 1, 1))
		if b.downsamples() {
			x = p.batchNorm(b.name+"downsample.1", p.conv(b.name+"downsample.0", x, b.stride, 0))
		}
		x = relu(Add(x, y))
	}
	return x
}

// Features is the number of channels of the last stage.
func (e ResNet18) Features() int { return e.channels(3) }
