package inforeg

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/models"
)

// Method is a set of hooks on the one training loop. The loop builds the graph of a step once and calls
// Loss and Gradients while it does so; at the start of every epoch it calls EpochStart, whose numbers reach
// the graph as its Controls. A method keeps no state between calls: what it must remember is recorded by the
// loop and handed back through [Epoch], so that a run can be taken up at any step.
type Method interface {
	// Settings declares what can be adjusted. A mutable setting is a control of the graph as well, by its name.
	Settings() []data.Setting
	// Controls names the scalars that EpochStart decides, for these modalities.
	Controls(modalities []string) []string
	// EpochStart decides the controls of an epoch from what was measured in the epochs before.
	EpochStart(e Epoch) (map[string]float64, error)
	// Start reports whether the weights at the start of the epoch are needed, as [Step.Start].
	Start() bool
	// Loss may add to [Step.Loss]. Graph code: it panics on error.
	Loss(s *Step)
	// Gradients may change [Step.Grads]. Graph code: it panics on error.
	Gradients(s *Step)
}

// Epoch is what a method may base its decisions for one epoch on.
type Epoch struct {
	Index      int                             // of the epoch about to start, from 0
	Modalities []string                        //
	Settings   map[string]any                  // the run's settings at this moment
	Traces     map[string]map[string][]float64 // by probe kind and modality: one value per finished epoch, NaN where it was not measured
}

// Step is one training step while its graph is being built: B samples, one optimizer update.
type Step struct {
	Model    *models.Multimodal
	Settings map[string]any   // those that shape the graph; a mutable one must be read from Control instead
	Vars     map[string]*Node // weights before the update
	StartAt  map[string]*Node // weights at the start of the epoch, when the method asks for them
	Controls map[string]*Node // scalars
	Labels   *Node            // [B], int32
	Out      models.Output
	Losses   *Node            // [B], fused cross entropy in nats
	Loss     *Node            // scalar that is differentiated: the mean of Losses unless a method adds to it
	Grads    map[string]*Node // by trainable variable: handed to the optimizer, before weight decay
	Total    *Node            // scalar that is recorded as "total"; nil when it is Loss
	scalars  []NamedScalar
}

// NamedScalar is a number that a step records under a name.
type NamedScalar struct {
	Name  string
	Value *Node
}

// Record writes a scalar into the step's line of metrics.
func (s *Step) Record(name string, value *Node) {
	value.AssertDims()
	s.scalars = append(s.scalars, NamedScalar{name, value})
}

// Control is a scalar input that a setting or EpochStart decides. It panics when there is none of that name.
func (s *Step) Control(name string) *Node {
	c, ok := s.Controls[name]
	if !ok {
		panic(fmt.Errorf("inforeg: no control %s", name))
	}
	return c
}

// EncoderVariables lists the trainable variables of a modality's encoder, batch-norm scale and shift included.
func EncoderVariables(m *models.Multimodal, modality string) []models.Variable {
	var vars []models.Variable
	for _, v := range m.Encoders[modality].Variables(models.EncoderPrefix(modality)) {
		if v.Trainable() {
			vars = append(vars, v)
		}
	}
	return vars
}

// Scores are the performance scores of the modalities (paper eq. 8, read as "larger is better"): the mean
// over the batch of the probability, or of its logarithm with "mean_logp", that the modality's own readout
// gives to the label. Each is a scalar without gradient.
func (s *Step) Scores(form string) map[string]*Node {
	scores := make(map[string]*Node, len(s.Out.Unimodal))
	for m, logits := range s.Out.Unimodal {
		score := Neg(models.CrossEntropy(logits, s.Labels)) // log p(y), [B]
		if form != ScoreMeanLogP {
			score = Exp(score)
		}
		scores[m] = StopGradient(ReduceAllMean(score))
	}
	return scores
}

// Forms of the score of eq. 8.
const (
	ScoreMeanP    = "mean_p"
	ScoreMeanLogP = "mean_logp"
)
