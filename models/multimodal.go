package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

const headName = "head"

// ConcatFusion is a linear classifier over the features of all modalities side by side.
const ConcatFusion = "concat"

// Fusions lists the fusion heads.
var Fusions = []string{ConcatFusion}

// Variables lists all variables: the encoders' in the order of the modalities, then the head's.
func (m *Multimodal) Variables() []Variable {
	var vars []Variable
	width := 0
	for _, mod := range m.Modalities {
		e := m.Encoders[mod.Name]
		vars = append(vars, e.Variables(EncoderPrefix(mod.Name))...)
		width += e.Features()
	}
	return append(vars, linearVariables(headName, m.Classes, width)...)
}

// Validate reports what is missing or contradictory in the model's description.
func (m *Multimodal) Validate() error {
	switch {
	case len(m.Modalities) == 0:
		return fmt.Errorf("models: no modality")
	case m.Classes < 2:
		return fmt.Errorf("models: %d classes, want at least 2", m.Classes)
	case m.Fusion != ConcatFusion:
		return fmt.Errorf("models: fusion %q, want one of %v", m.Fusion, Fusions)
	}
	seen := map[string]bool{}
	for _, mod := range m.Modalities {
		if seen[mod.Name] {
			return fmt.Errorf("models: modality %q twice", mod.Name)
		}
		seen[mod.Name] = true
		if m.Encoders[mod.Name] == nil {
			return fmt.Errorf("models: modality %q has no encoder", mod.Name)
		}
	}
	return nil
}

// Forward adds one pass for x, by modality [B, shape...]. The fused logits are W z + b over the features z side
// by side; a modality's own, its split logits, are W_m z_m + b/M, so that they sum to the fused ones.
func (m *Multimodal) Forward(c *Call, x map[string]*Node) Output {
	o := Output{Unimodal: map[string]*Node{}, Features: map[string]*Node{}}
	weight, bias := c.Var(headName+".weight"), c.Var(headName+".bias")
	share := MulScalar(bias, 1/float64(len(m.Modalities)))
	from := 0
	for _, mod := range m.Modalities {
		input, ok := x[mod.Name]
		if !ok {
			panic(fmt.Errorf("models: no input for modality %q", mod.Name))
		}
		if input.Rank() != len(mod.Shape)+1 {
			panic(fmt.Errorf("models: modality %s: input %v, want [B] and %v", mod.Name, input.Shape(), mod.Shape))
		}
		e := m.Encoders[mod.Name]
		z := e.Forward(c, EncoderPrefix(mod.Name), input)
		z.AssertDims(input.Shape().Dimensions[0], e.Features()) // [B, D]
		w := Slice(weight, AxisRange(), AxisRange(from, from+e.Features()))
		from += e.Features()
		part := DotGeneral(z, []int{1}, nil, w, []int{1}, nil) // [B, classes]
		o.Features[mod.Name] = z
		o.Unimodal[mod.Name] = Add(part, spread(share, part))
		if o.Logits == nil {
			o.Logits = Add(part, spread(bias, part))
		} else {
			o.Logits = Add(o.Logits, part)
		}
	}
	return o
}

// checkInput reports whether an encoder over so many spatial axes can read a modality, and its channels.
func checkInput(m data.Modality, spatial int) (channels int, err error) {
	if n := len(m.Shape); n != spatial+1 && (m.Kind != data.Clip || n != spatial+2) {
		return 0, fmt.Errorf("models: %s of shape %v, want %d spatial axes and channels", m.Kind, m.Shape, spatial)
	}
	return m.Shape[len(m.Shape)-1], nil
}
