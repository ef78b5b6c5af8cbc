package inforeg

import (
	"fmt"
	"maps"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/models"
)

// Method is a set of hooks on the one training loop. The loop builds the graph of a step once and calls Forward, Loss
// and Gradients while it does so; at the start of every epoch it calls EpochStart, and of every interval of the window
// test between IntervalStart, whose numbers reach the graph as its Controls. A method keeps nothing between calls: what
// it decides from is recorded by the loop and handed back through [Epoch], and what it carries from step to step is its
// State, which the loop keeps in snapshots, so that a run can be taken up at any step. Embed [Plain] for hooks that are
// not needed.
type Method interface {
	// Settings declares what can be adjusted. A mutable setting is a control of the graph as well, by its name.
	Settings() []data.Setting
	// Prepare gives a model, before anything reads its variables, what the method needs of it, and returns an error
	// when the method is not defined for such a model.
	Prepare(m *models.Multimodal, settings map[string]any) error
	// Controls names the scalars that EpochStart decides, for these modalities.
	Controls(modalities []string) []string
	// State lists the tensors that are carried from step to step, zeros before the first.
	State(m *models.Multimodal) []StateVariable
	// EpochStart decides the controls of an epoch from what was measured before.
	EpochStart(e Epoch) (map[string]float64, error)
	// IntervalStart decides anew, at the start of an interval of the window test that is no epoch's (see [Clock]),
	// those of the controls that depend on windows. It changes no state.
	IntervalStart(e Epoch) (map[string]float64, error)
	// Start reports whether the weights at the start of the interval are needed, as [Step.StartAt].
	Start() bool
	// Forward may set hooks of call, the step's one pass through the model in training mode, before it is made, and
	// replace [Step.X]: of s, nothing that comes of the pass is there yet. Graph code: it panics on error.
	Forward(s *Step, call *models.Call)
	// Loss may add to [Step.Loss]. Graph code: it panics on error.
	Loss(s *Step)
	// Gradients may change [Step.Grads]. Graph code: it panics on error.
	Gradients(s *Step)
}

// Plain is a [Method] of which every hook does nothing.
type Plain struct{}

// Settings declares nothing.
func (Plain) Settings() []data.Setting { return nil }

// Prepare changes nothing.
func (Plain) Prepare(*models.Multimodal, map[string]any) error { return nil }

// Controls declares nothing.
func (Plain) Controls([]string) []string { return nil }

// State declares nothing.
func (Plain) State(*models.Multimodal) []StateVariable { return nil }

// EpochStart decides nothing.
func (Plain) EpochStart(Epoch) (map[string]float64, error) { return nil, nil }

// IntervalStart decides nothing.
func (Plain) IntervalStart(Epoch) (map[string]float64, error) { return nil, nil }

// Start reports that the weights at the start of the interval are not needed.
func (Plain) Start() bool { return false }

// Forward leaves the pass alone.
func (Plain) Forward(*Step, *models.Call) {}

// Loss leaves the fused cross entropy alone.
func (Plain) Loss(*Step) {}

// Gradients leaves them alone.
func (Plain) Gradients(*Step) {}

// StateVariable is a tensor of a method.
type StateVariable struct {
	Name  string
	Shape []int
}

// Size is the number of elements.
func (v StateVariable) Size() int {
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// Epoch is what a method may base its decisions for one epoch, or one interval of the window test, on.
type Epoch struct {
	Index      int            // of the epoch that starts or is under way, from 0
	Interval   int            // likewise of the interval of the window test: Index where windows are tested by epochs
	KShare     float64        // length of an interval over that which the setting k is for, see [ScaleK]; 0 counts as 1
	Modalities []string       //
	Settings   map[string]any // the run's settings at this moment
	// Traces has, by probe kind and modality, one value for each finished interval, NaN where it was not measured.
	Traces map[string]map[string][]float64
	// RiseErrors has, likewise, the standard error of the rise before each interval, as [PrimeLearningWindow.Rise]: NaN
	// where it is not known.
	RiseErrors map[string]map[string][]float64
	State      map[string][]float32 // the method's tensors, which it may change
	// Features gives what the encoders make, in eval mode, of a share of the training samples, drawn anew for each
	// epoch, and their labels.
	Features func(share float64) (Features, error)
	// Trial trains a copy of the run for so many epochs from here under other controls and forgets it.
	Trial func(controls map[string]float64, epochs int) (Trial, error)
}

// Features are the features of some samples.
type Features struct {
	Rows   map[string][]float32 // by modality, [N, D] row by row
	Labels []int32              // [N]
}

// Trial is what a trial changed: mean losses in nats, before and after, of the fused logits under "joint" and of every
// modality's own classifier under its name.
type Trial struct {
	TrainBefore, TrainAfter, ValBefore, ValAfter map[string]float64
}

// Step is one training step while its graph is being built: B samples, one optimizer update.
type Step struct {
	Model    *models.Multimodal
	Settings map[string]any   // those that shape the graph; a mutable one must be read from Control instead
	Vars     map[string]*Node // weights before the update
	StartAt  map[string]*Node // weights at the start of the interval of the window test, when the method asks for them
	Controls map[string]*Node // scalars
	X        map[string]*Node // by modality, [B, shape...]
	Labels   *Node            // [B], int32
	Out      models.Output
	Updates  map[string]*Node // batch norm's running averages after the forward pass
	Losses   *Node            // [B], fused cross entropy in nats
	Loss     *Node            // scalar that is differentiated: the mean of Losses unless a method adds to it
	Grads    map[string]*Node // by trainable variable: handed to the optimizer, before weight decay
	// by trainable variable: a scalar; where it is above 0, neither weight nor momentum changes
	Held    map[string]*Node
	State   map[string]*Node // by name of a [StateVariable]; a method writes here what the next step is to see
	Total   *Node            // scalar that is recorded as "total"; nil when it is Loss
	scalars []NamedScalar
	noise   func(v models.Variable) *Node
	uniform func() *Node
}

// Noise draws standard normal numbers, shaped as a variable, anew in every step. A replay gives its own.
func (s *Step) Noise(v models.Variable) *Node { return s.noise(v) }

// Uniform draws a number from [0, 1), float32, anew in every step. It panics in a replay, which gives none.
func (s *Step) Uniform() *Node { return s.uniform() }

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

// Scores are the performance scores of the modalities (paper eq. 8, read as "larger is better"): the mean over the
// batch of the probability, of its logarithm with "mean_logp", or with "sum_p" the sum of the probability, that the
// modality's own readout gives to the label. Each is a scalar without gradient.
func (s *Step) Scores(form string) map[string]*Node {
	scores := make(map[string]*Node, len(s.Out.Unimodal))
	for _, m := range slices.Sorted(maps.Keys(s.Out.Unimodal)) { // the same graph in every process
		score := Neg(models.CrossEntropy(s.Out.Unimodal[m], s.Labels)) // log p(y), [B]
		if form != ScoreMeanLogP {
			score = Exp(score)
		}
		if form == ScoreSumP {
			scores[m] = StopGradient(ReduceAllSum(score))
		} else {
			scores[m] = StopGradient(ReduceAllMean(score))
		}
	}
	return scores
}

// Forms of the score of eq. 8.
const (
	ScoreMeanP    = "mean_p"
	ScoreMeanLogP = "mean_logp"
	ScoreSumP     = "sum_p" // of the published code; not in the paper
)
