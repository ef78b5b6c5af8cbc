package method

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// JointStar adds to the fused cross entropy that of every modality's own classifier, w L + sum_m w_m L_m: Joint* of the
// paper's tables, all weights 1.
type JointStar struct{ timed }

const jointLoss = "joint"

// Settings declares the weights.
func (JointStar) Settings() []data.Setting {
	return append([]data.Setting{
		{
			Name: "weights", Default: "", Check: checkWeights, Mutable: true,
			Doc: "weights of the losses, for example joint=1 audio=0.5 visual=0.5; those not named are 1",
		},
	}, always.settings()...)
}

// Prepare asks for the classifiers.
func (JointStar) Prepare(m *models.Multimodal, _ map[string]any) error {
	m.Separate = true
	return nil
}

// Controls are the weights, and whether the losses are added.
func (JointStar) Controls(modalities []string) []string {
	return append(weightControls(modalities), timed{}.Controls(modalities)...)
}

// EpochStart reads the weights.
func (JointStar) EpochStart(e inforeg.Epoch) (map[string]float64, error) {
	controls, err := timed{}.EpochStart(e)
	if err != nil {
		return nil, err
	}
	weights, err := parseWeights(e.Settings["weights"].(string))
	if err != nil {
		return nil, err
	}
	for _, name := range append([]string{jointLoss}, e.Modalities...) {
		w, ok := weights[name]
		if !ok {
			w = 1
		}
		delete(weights, name)
		controls["weight."+name] = w
	}
	for name := range weights {
		return nil, fmt.Errorf("weights: no loss %q, only joint, %s", name, strings.Join(e.Modalities, ", "))
	}
	return controls, nil
}

// Loss adds the modalities' own.
func (JointStar) Loss(s *inforeg.Step) { weighted(s) }

func weightControls(modalities []string) []string {
	names := []string{"weight." + jointLoss}
	for _, m := range modalities {
		names = append(names, "weight."+m)
	}
	return names
}

// weighted makes the loss the weighted sum of all. Where the method does not act on a modality, that modality's own
// loss is left out, and where it acts on none the fused loss has weight 1.
func weighted(s *inforeg.Step) {
	own := separateLosses(s)
	weight := s.Control("weight." + jointLoss)
	s.Loss = Mul(s.Loss, Where(positive(actsAnywhere(s)), weight, OnesLike(weight)))
	for _, m := range inforeg.ModalityNames(s.Model) {
		s.Record("loss."+m, own[m])
		w := s.Control("weight." + m)
		s.Loss = Add(s.Loss, Mul(own[m], Where(positive(acts(s, m)), w, ZerosLike(w))))
	}
	s.Total = s.Loss
}

// separateLosses are the mean cross entropies of the modalities' own classifiers; scalars.
func separateLosses(s *inforeg.Step) map[string]*Node {
	losses := map[string]*Node{}
	for _, m := range slices.Sorted(maps.Keys(s.Out.Separate)) { // the same graph in every process
		losses[m] = ReduceAllMean(models.CrossEntropy(s.Out.Separate[m], s.Labels))
	}
	return losses
}

func checkWeights(text string) error {
	_, err := parseWeights(text)
	return err
}

// parseWeights reads "joint=1 audio=0.5".
func parseWeights(text string) (map[string]float64, error) {
	weights := map[string]float64{}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		name, value, _ := strings.Cut(part, "=")
		w, err := strconv.ParseFloat(value, 64)
		if _, twice := weights[name]; err != nil || twice || w < 0 || math.IsInf(w, 0) || math.IsNaN(w) {
			return nil, fmt.Errorf("got %q, want NAME=NUMBER, 0 or more, each name once", part)
		}
		weights[name] = w
	}
	return weights, nil
}

// ownLosses lists the forms of InfoReg's setting "unimodal".
var ownLosses = []string{lossesOff, lossesSplit, lossesSeparate}

const (
	lossesOff      = "off"      // the fused loss alone
	lossesSplit    = "split"    // and those of the head's own readout of each modality, as in the published code
	lossesSeparate = "separate" // and those of separate classifiers
)

// addOwnLosses adds unimodal losses in one of the forms, weights 1.
func addOwnLosses(s *inforeg.Step, form string) {
	logits := s.Out.ByHead
	switch {
	case !slices.Contains(ownLosses, form):
		panic(fmt.Errorf("method: unimodal losses %q, want one of %v", form, ownLosses))
	case form == lossesOff:
		return
	case form == lossesSeparate:
		logits = s.Out.Separate
	}
	for _, m := range inforeg.ModalityNames(s.Model) {
		s.Loss = Add(s.Loss, ReduceAllMean(models.CrossEntropy(logits[m], s.Labels)))
	}
}

// Replay says that weights that G-Blending has found, and which the spec gives, are those of this method.
func (JointStar) Replay() Replay { return Replay{Names: []string{"gblend", "joint_star"}} }
