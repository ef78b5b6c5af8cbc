package models

import (
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Staged is an [Encoder] of stages, after each of which gates can stand. Its features are the mean over frames and
// positions of what the last stage gives.
type Staged interface {
	Encoder
	// Stages lists the channels after each stage.
	Stages() []int
	// Enter takes x, [B, modality shape...], up to the first stage: [B*frames, spatial..., C].
	Enter(c *Call, prefix string, x *Node) (maps *Node, frames int)
	// Stage takes such maps through one stage, counted from 1.
	Stage(c *Call, prefix string, stage int, maps *Node, frames int) *Node
}

// inStages is [Encoder.Forward] of a staged encoder that stands alone.
func inStages(e Staged, c *Call, prefix string, x *Node) *Node {
	x, frames := e.Enter(c, prefix, x)
	for i := range e.Stages() {
		x = e.Stage(c, prefix, i+1, x, frames)
	}
	return pass{c, frames}.meanOfPositions(x)
}

// ErrGates reports gates where there can be none.
var ErrGates = errors.New("models: MMTM gates need two encoders with stages")

// GatedStage is a place where MMTM gates stand (Joze et al., CVPR 2020): after a stage of both encoders. The means of
// their maps over the frames and positions of a sample, side by side, are squeezed to half their number (2/4 of it,
// their ratio 4), and ReLU of that excites, by a linear layer of each modality and a sigmoid, a gate for each channel,
// with which the modality's maps are multiplied. Variables are called mmtm.<stage>.squeeze.* and
// mmtm.<stage>.excite.<modality>.*.
type GatedStage struct {
	Stage    int            // of the encoder that has more of them; the last stages of both go together
	Channels map[string]int // by modality
}

const gatesName = "mmtm"

// Squeeze is what the names of the shared layer's variables start with.
func (g GatedStage) Squeeze() string { return fmt.Sprintf("%s.%d.squeeze", gatesName, g.Stage) }

// Excite is what the names of the variables of a modality's own layer start with.
func (g GatedStage) Excite(modality string) string {
	return fmt.Sprintf("%s.%d.excite.%s", gatesName, g.Stage, modality)
}

// GatedStages lists the places of a model's gates, in the order of the pass.
func (m *Multimodal) GatedStages() []GatedStage {
	var list []GatedStage
	deepest := m.deepest()
	for stage := deepest - m.Gates + 1; stage <= deepest; stage++ {
		g := GatedStage{Stage: stage, Channels: map[string]int{}}
		for _, mod := range m.Modalities {
			channels := m.Encoders[mod.Name].(Staged).Stages()
			g.Channels[mod.Name] = channels[len(channels)-1-(deepest-stage)]
		}
		list = append(list, g)
	}
	return list
}

// deepest is the number of stages of the encoder that has most; 0 where none has any.
func (m *Multimodal) deepest() int {
	n := 0
	for _, mod := range m.Modalities {
		if s, ok := m.Encoders[mod.Name].(Staged); ok {
			n = max(n, len(s.Stages()))
		}
	}
	return n
}

// DefaultGates is how many of the last stages have gates by default: as many as the encoder with fewer stages has
// without its first, and at least one. Of two [ResNet18] these are 2, 3 and 4, as in the code of Wu et al. (ICML 2022).
func (m *Multimodal) DefaultGates() int {
	n := m.deepest()
	for _, mod := range m.Modalities {
		if s, ok := m.Encoders[mod.Name].(Staged); ok {
			n = min(n, len(s.Stages()))
		}
	}
	return max(1, n-1)
}

// checkGates reports what stands in the way of a model's gates.
func (m *Multimodal) checkGates() error {
	switch {
	case m.Gates == 0:
		return nil
	case m.Gates < 0 || m.GateScale < 0:
		return fmt.Errorf("models: %d stages with gates of scale %v, want no number below 0", m.Gates, m.GateScale)
	case len(m.Modalities) != 2:
		return fmt.Errorf("%w: got %d modalities", ErrGates, len(m.Modalities))
	}
	for _, mod := range m.Modalities {
		e, ok := m.Encoders[mod.Name].(Staged)
		if !ok {
			return fmt.Errorf("%w: that of %s, %T, has none", ErrGates, mod.Name, m.Encoders[mod.Name])
		}
		if n := len(e.Stages()); n < m.Gates {
			return fmt.Errorf("%w: gates after %d, that of %s has %d", ErrGates, m.Gates, mod.Name, n)
		}
	}
	return nil
}

// gateVariables lists those of all gates.
func (m *Multimodal) gateVariables() []Variable {
	var vars []Variable
	for _, g := range m.GatedStages() {
		sum := 0
		for _, mod := range m.Modalities {
			sum += g.Channels[mod.Name]
		}
		squeezed := max(1, 2*sum/4)
		vars = append(vars, linearVariables(g.Squeeze(), squeezed, sum)...)
		for _, mod := range m.Modalities {
			vars = append(vars, linearVariables(g.Excite(mod.Name), g.Channels[mod.Name], squeezed)...)
		}
	}
	return vars
}

// encodeGated runs the encoders stage by stage, with the gates between them: features by modality, [B, D].
func (m *Multimodal) encodeGated(c *Call, x map[string]*Node) map[string]*Node {
	maps, frames := map[string]*Node{}, map[string]int{}
	for _, mod := range m.Modalities {
		maps[mod.Name], frames[mod.Name] = m.Encoders[mod.Name].(Staged).Enter(c, EncoderPrefix(mod.Name), x[mod.Name])
	}
	gates, deepest := m.GatedStages(), m.deepest()
	for stage := 1; stage <= deepest; stage++ {
		for _, mod := range m.Modalities {
			e := m.Encoders[mod.Name].(Staged)
			if own := stage - (deepest - len(e.Stages())); own >= 1 {
				maps[mod.Name] = e.Stage(c, EncoderPrefix(mod.Name), own, maps[mod.Name], frames[mod.Name])
			}
		}
		if i := slices.IndexFunc(gates, func(g GatedStage) bool { return g.Stage == stage }); i >= 0 {
			m.gate(c, gates[i], maps, frames)
		}
	}
	z := map[string]*Node{}
	for _, mod := range m.Modalities { // in their order, so that the graph is the same in every process
		z[mod.Name] = pass{c, frames[mod.Name]}.meanOfPositions(maps[mod.Name])
	}
	return z
}

// gate multiplies the maps after a stage, by modality, [B*frames, spatial..., C], with their gates.
func (m *Multimodal) gate(c *Call, g GatedStage, maps map[string]*Node, frames map[string]int) {
	var means []*Node
	for _, mod := range m.Modalities {
		means = append(means, pass{c, frames[mod.Name]}.meanOfPositions(maps[mod.Name])) // [B, C]
	}
	squeezed := relu(linear(c, g.Squeeze(), Concatenate(means, 1)))
	for _, mod := range m.Modalities {
		gates := Sigmoid(linear(c, g.Excite(mod.Name), squeezed))
		if m.GateScale > 0 {
			gates = MulScalar(gates, m.GateScale)
		}
		batch, channels := gates.Shape().Dimensions[0], g.Channels[mod.Name]
		if c.Gate != nil {
			gates = c.Gate(g.Stage, mod.Name, gates)
		}
		gates.AssertDims(batch, channels)
		dims := maps[mod.Name].Shape().Dimensions
		flat := Reshape(maps[mod.Name], batch, -1, channels) // [B, P, C]
		each := BroadcastToDims(Reshape(gates, batch, 1, channels), flat.Shape().Dimensions...)
		maps[mod.Name] = Reshape(Mul(flat, each), dims...)
	}
}
