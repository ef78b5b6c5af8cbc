package models

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

// Validate reports what is missing or contradictory in the model's description.
func (m *Multimodal) Validate() error {
	switch {
	case len(m.Modalities) == 0:
		return fmt.Errorf("models: no modality")
	case m.Classes < 2:
		return fmt.Errorf("models: %d classes, want at least 2", m.Classes)
	case !slices.Contains(Fusions, m.Fusion):
		return fmt.Errorf("models: fusion %q, want one of %v", m.Fusion, Fusions)
	case m.Hidden < 0:
		return fmt.Errorf("models: hidden width %d of fusion %s, want 0 or more", m.Hidden, m.Fusion)
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
	if want := fusionHeads[m.Fusion].modalities; want > 0 && len(m.Modalities) != want {
		return fmt.Errorf("models: fusion %s of %d modalities, it is defined for %d", m.Fusion, len(m.Modalities), want)
	}
	return m.checkGates()
}

// Variables lists all variables: the encoders' in the order of the modalities, then those of the gates, then the
// head's, then those of the separate heads.
func (m *Multimodal) Variables() []Variable {
	var vars []Variable
	for _, mod := range m.Modalities {
		vars = append(vars, m.Encoders[mod.Name].Variables(EncoderPrefix(mod.Name))...)
	}
	vars = append(vars, m.gateVariables()...)
	vars = append(vars, fusionHeads[m.Fusion].variables(m)...)
	if m.Separate {
		for _, mod := range m.Modalities {
			vars = append(vars, linearVariables(separateHead(mod.Name), m.Classes, m.Encoders[mod.Name].Features())...)
		}
	}
	return vars
}

// Forward adds one pass for x, by modality [B, shape...].
func (m *Multimodal) Forward(c *Call, x map[string]*Node) Output {
	o := Output{}
	for _, mod := range m.Modalities {
		input, ok := x[mod.Name]
		if !ok {
			panic(fmt.Errorf("models: no input for modality %q", mod.Name))
		}
		if input.Rank() != len(mod.Shape)+1 {
			panic(fmt.Errorf("models: modality %s: input %v, want [B] and %v", mod.Name, input.Shape(), mod.Shape))
		}
	}
	if m.Gates > 0 {
		o.Features = m.encodeGated(c, x)
	} else {
		o.Features = m.encode(c, x)
	}
	for _, mod := range m.Modalities {
		o.Features[mod.Name].AssertDims(x[mod.Name].Shape().Dimensions[0], m.Encoders[mod.Name].Features()) // [B, D]
	}
	o.Logits, o.ByHead = fusionHeads[m.Fusion].forward(c, m, o.Features)
	o.Unimodal = o.ByHead
	if m.Separate {
		o.Separate = map[string]*Node{}
		for _, mod := range m.Modalities {
			o.Separate[mod.Name] = linear(c, separateHead(mod.Name), o.Features[mod.Name])
		}
		o.Unimodal = o.Separate
	}
	return o
}

// encode runs the encoders one after the other: features by modality, [B, D].
func (m *Multimodal) encode(c *Call, x map[string]*Node) map[string]*Node {
	z := map[string]*Node{}
	for _, mod := range m.Modalities {
		z[mod.Name] = m.Encoders[mod.Name].Forward(c, EncoderPrefix(mod.Name), x[mod.Name])
	}
	return z
}

// Head gives the fused logits, [B, classes], of given features, by modality [B, D].
func (m *Multimodal) Head(c *Call, z map[string]*Node) *Node {
	logits, _ := fusionHeads[m.Fusion].forward(c, m, z)
	return logits
}

// checkInput reports whether an encoder over so many spatial axes can read a modality, and its channels.
func checkInput(m data.Modality, spatial int) (channels int, err error) {
	if n := len(m.Shape); n != spatial+1 && (m.Kind != data.Clip || n != spatial+2) {
		return 0, fmt.Errorf("models: %s of shape %v, want %d spatial axes and channels", m.Kind, m.Shape, spatial)
	}
	return m.Shape[len(m.Shape)-1], nil
}
