package models

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Fusion heads, of features z and M modalities.
const (
	ConcatFusion = "concat" // o = sum_m W_m z_m + b; a modality's own logits are its split logits W_m z_m + b/M
	SumFusion    = "sum"    // o = sum_m (W_m z_m + b_m); read by its own summand
	GatedFusion  = "gated"  // o = W (sigmoid(A z_1) * (B z_2)) + b; read with the other modality's features at zero
	FiLMFusion   = "film"   // (gamma, beta) = F z_1, o = W (gamma * z_2 + beta) + b; read likewise
)

// Fusions lists the fusion heads. Gated and FiLM fusion are of two modalities, of which the first gates or modulates.
// Their linear maps have biases, as in the code of OGM.
var Fusions = []string{ConcatFusion, SumFusion, GatedFusion, FiLMFusion}

const headName = "head"

func separateHead(modality string) string { return "aux." + modality }

// fusionHead is one way of making logits of features.
type fusionHead struct {
	modalities int // how many it is defined for; 0 for any number
	variables  func(m *Multimodal) []Variable
	// forward gives the fused logits and each modality's own, [B, classes].
	forward func(c *Call, m *Multimodal, z map[string]*Node) (*Node, map[string]*Node)
}

var fusionHeads = map[string]fusionHead{
	ConcatFusion: {0, concatVariables, concat},
	SumFusion:    {0, sumVariables, sum},
	GatedFusion:  {2, gatedVariables, alone(gated)},
	FiLMFusion:   {2, filmVariables, alone(film)},
}

func concatVariables(m *Multimodal) []Variable {
	width := 0
	for _, mod := range m.Modalities {
		width += m.Encoders[mod.Name].Features()
	}
	return linearVariables(headName, m.Classes, width)
}

func concat(c *Call, m *Multimodal, z map[string]*Node) (*Node, map[string]*Node) {
	weight, bias := c.Var(headName+".weight"), c.Var(headName+".bias")
	share := MulScalar(bias, 1/float64(len(m.Modalities)))
	own := map[string]*Node{}
	var logits *Node
	var features []*Node
	from := 0
	for _, mod := range m.Modalities {
		to := from + m.Encoders[mod.Name].Features()
		// [B, classes]
		part := DotGeneral(z[mod.Name], []int{1}, nil, Slice(weight, AxisRange(), AxisRange(from, to)), []int{1}, nil)
		from = to
		features = append(features, z[mod.Name])
		own[mod.Name] = Add(part, spread(share, part))
		if logits == nil {
			logits = Add(part, spread(bias, part))
		} else {
			logits = Add(logits, part)
		}
	}
	c.headLayer(headName, func() *Node { return Concatenate(features, 1) }, logits)
	return logits, own
}

// headLayer notes a linear layer of the head where that is asked for. Its input is only made then.
func (c *Call) headLayer(name string, input func() *Node, output *Node) {
	if c.Record && c.Head {
		c.Layers = append(
			c.Layers, Layer{Kind: LinearLayer, Name: name, Bias: true, Input: input(), Output: output, Frames: 1},
		)
	}
}

func sumVariables(m *Multimodal) []Variable {
	var vars []Variable
	for _, mod := range m.Modalities {
		vars = append(vars, linearVariables(headName+"."+mod.Name, m.Classes, m.Encoders[mod.Name].Features())...)
	}
	return vars
}

func sum(c *Call, m *Multimodal, z map[string]*Node) (*Node, map[string]*Node) {
	own := map[string]*Node{}
	var logits *Node
	for _, mod := range m.Modalities {
		part := headLinear(c, headName+"."+mod.Name, z[mod.Name])
		own[mod.Name] = part
		if logits == nil {
			logits = part
		} else {
			logits = Add(logits, part)
		}
	}
	return logits, own
}

// alone reads a modality by calling the head with the other's features at zero. The layers of these readings are not
// recorded: the fused logits do not come from them.
func alone(
	head func(c *Call, first, second *Node) *Node,
) func(*Call, *Multimodal, map[string]*Node) (*Node, map[string]*Node) {
	return func(c *Call, m *Multimodal, z map[string]*Node) (*Node, map[string]*Node) {
		a, b := m.Modalities[0].Name, m.Modalities[1].Name
		quiet := *c
		quiet.Head = false
		return head(c, z[a], z[b]), map[string]*Node{
			a: head(&quiet, z[a], ZerosLike(z[b])),
			b: head(&quiet, ZerosLike(z[a]), z[b]),
		}
	}
}

func gatedVariables(m *Multimodal) []Variable {
	first, second := m.Encoders[m.Modalities[0].Name].Features(), m.Encoders[m.Modalities[1].Name].Features()
	hidden := m.Hidden
	if hidden == 0 {
		hidden = first
	}
	vars := linearVariables(headName+".a", hidden, first)
	vars = append(vars, linearVariables(headName+".b", hidden, second)...)
	return append(vars, linearVariables(headName+".out", m.Classes, hidden)...)
}

func gated(c *Call, first, second *Node) *Node {
	gate := Sigmoid(headLinear(c, headName+".a", first))
	return headLinear(c, headName+".out", Mul(gate, headLinear(c, headName+".b", second)))
}

func filmVariables(m *Multimodal) []Variable {
	first, second := m.Encoders[m.Modalities[0].Name].Features(), m.Encoders[m.Modalities[1].Name].Features()
	return append(
		linearVariables(headName+".film", 2*second, first), linearVariables(headName+".out", m.Classes, second)...,
	)
}

func film(c *Call, first, second *Node) *Node {
	modulation := headLinear(c, headName+".film", first) // [B, 2D]: gamma, then beta
	d := second.Shape().Dimensions[1]
	gamma, beta := Slice(modulation, AxisRange(), AxisRange(0, d)), Slice(modulation, AxisRange(), AxisRange(d, 2*d))
	return headLinear(c, headName+".out", Add(Mul(gamma, second), beta))
}

// headLinear is linear of a layer of the head.
func headLinear(c *Call, name string, x *Node) *Node {
	y := linear(c, name, x)
	c.headLayer(name, func() *Node { return x }, y)
	return y
}

// linear is W x + b for x, [B, in], by the variables of that name; [B, out].
func linear(c *Call, name string, x *Node) *Node {
	y := DotGeneral(x, []int{1}, nil, c.Var(name+".weight"), []int{1}, nil)
	return Add(y, spread(c.Var(name+".bias"), y))
}
