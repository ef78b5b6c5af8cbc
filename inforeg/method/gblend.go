package method

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// GBlend is G-Blending (Wang, Tran and Feiszli, CVPR 2020): the losses of Joint* with weights that come from how each
// of them generalises and overfits. For each loss a copy of the run is trained on it alone for some epochs; the weight
// is G/O², G the fall of the validation loss and O the growth of its distance from the training loss. Online, weights
// are estimated every super_epoch epochs; offline, once for the whole run.
type GBlend struct{ timed }

// Settings declares how often weights are estimated.
func (GBlend) Settings() []data.Setting {
	return append([]data.Setting{
		{
			Name: "super_epoch", Default: 10.0, Min: 0, Max: maxEpoch, Whole: true, Mutable: true,
			Doc: "epochs between estimates, and of each trial; 0: one estimate over trial_epochs for the whole run " +
				"(offline)",
		},
		{
			Name: "trial_epochs", Default: 10.0, Min: 1, Max: maxEpoch, Whole: true, Mutable: true,
			Doc: "epochs of a trial where there is one estimate for the whole run",
		},
	}, always.settings()...)
}

// Prepare asks for the classifiers.
func (GBlend) Prepare(m *models.Multimodal, _ map[string]any) error {
	m.Separate = true
	return nil
}

// Controls are the weights, and whether the losses are added.
func (GBlend) Controls(modalities []string) []string { return JointStar{}.Controls(modalities) }

// State holds the weights, the fused loss's first.
func (GBlend) State(m *models.Multimodal) []inforeg.StateVariable {
	return []inforeg.StateVariable{{Name: "weights", Shape: []int{1 + len(m.Modalities)}}}
}

// EpochStart estimates the weights where it is time.
func (GBlend) EpochStart(e inforeg.Epoch) (map[string]float64, error) {
	controls, err := timed{}.EpochStart(e)
	if err != nil {
		return nil, err
	}
	open := false
	for _, on := range controls {
		open = open || on > 0
	}
	names := append([]string{jointLoss}, e.Modalities...)
	kept := e.State["weights"]
	super := number(e, "super_epoch")
	unset := true
	for _, w := range kept {
		unset = unset && w == 0
	}
	if open && (unset || super > 0 && e.Index%super == 0) {
		epochs := super
		if super == 0 {
			epochs = number(e, "trial_epochs")
		}
		weights, err := estimate(e, names, epochs)
		if err != nil {
			return nil, err
		}
		for i, w := range weights {
			kept[i] = float32(w)
		}
	}
	for i, name := range names {
		controls["weight."+name] = float64(kept[i])
	}
	return controls, nil
}

// IntervalStart opens nothing before weights are estimated, which is done at an epoch's start.
func (GBlend) IntervalStart(e inforeg.Epoch) (map[string]float64, error) {
	controls, err := timed{}.IntervalStart(e)
	if err == nil && !slices.ContainsFunc(e.State["weights"], func(w float32) bool { return w != 0 }) {
		for name := range controls {
			controls[name] = 0
		}
	}
	return controls, err
}

// errNoTrial reports a run in which no copy can be trained.
var errNoTrial = errors.New("method gblend: weights are estimated on a validation split, and there is none")

// estimate trains a copy on each loss alone.
func estimate(e inforeg.Epoch, names []string, epochs int) ([]float64, error) {
	if e.Trial == nil {
		return nil, errNoTrial
	}
	var g, o []float64
	for _, name := range names {
		controls := map[string]float64{}
		for _, m := range e.Modalities {
			controls["window."+m] = 1
		}
		for _, other := range names {
			controls["weight."+other] = 0
		}
		controls["weight."+name] = 1
		t, err := e.Trial(controls, epochs)
		if err != nil {
			return nil, fmt.Errorf("trial of loss %s: %w", name, err)
		}
		g = append(g, t.ValBefore[name]-t.ValAfter[name])
		o = append(o, (t.ValAfter[name]-t.TrainAfter[name])-(t.ValBefore[name]-t.TrainBefore[name]))
	}
	return BlendWeights(g, o), nil
}

// leastOverfit is where |O| is floored: a loss that did not overfit at all would take all the weight.
const leastOverfit = 1e-4

// BlendWeights are proportional to G/O², of each loss's generalisation G and overfitting O, and add up to 1. A loss
// whose validation loss rose counts as G = 0; where all did, the weights are equal.
func BlendWeights(generalised, overfitted []float64) []float64 {
	weights := make([]float64, len(generalised))
	sum := 0.0
	for i, g := range generalised {
		o := max(leastOverfit, math.Abs(overfitted[i]))
		weights[i] = max(0, g) / (o * o)
		sum += weights[i]
	}
	for i := range weights {
		if sum > 0 {
			weights[i] /= sum
		} else {
			weights[i] = 1 / float64(len(weights))
		}
	}
	return weights
}

// Loss is the weighted sum.
func (GBlend) Loss(s *inforeg.Step) { weighted(s) }
