package method

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// OGM scales the gradients of an encoder that is ahead by k = 1 - tanh(α ρ), where ρ > 1 is its score over the other's
// (Peng et al., CVPR 2022). With GE it then adds Gaussian noise to the scaled tensors of every encoder, of the standard
// deviation of the tensor's own unscaled gradient. More than two modalities are not in their paper: ρ is then over the
// mean of the others' scores.
type OGM struct {
	timed
	GE bool
}

var ogmActing = func() acting {
	a := always
	a.last = 50 // of 100, as in the published code
	return a
}()

// Forms of the setting "params".
const (
	paramsConv    = "conv"
	paramsEncoder = "encoder"
)

// Settings declares α and which tensors are scaled.
func (OGM) Settings() []data.Setting {
	return append([]data.Setting{
		{
			Name: "alpha", Default: 0.8, Min: 0, Max: 100, Mutable: true,
			Doc: "α of OGM: 0.8 for CREMA-D, 0.1 for VGGSound in its authors' notes; at 0 nothing is scaled",
		},
		{
			Name: "params", Default: paramsConv, Choices: []string{paramsConv, paramsEncoder},
			Doc: "tensors that are scaled: those of convolutions, as in the published code (of an encoder without " +
				"any: all), or all of the encoder",
		},
	}, ogmActing.settings()...)
}

// Prepare asks for a second modality.
func (OGM) Prepare(m *models.Multimodal, _ map[string]any) error {
	return needsModalities("ogm", m, 2, 0)
}

// Gradients scales them, and adds noise.
func (o OGM) Gradients(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	scores := s.Scores(inforeg.ScoreMeanP)
	for _, m := range names {
		rho := overOthers(names, m, scores)
		one := OnesLike(rho)
		k := Where(GreaterThan(rho, one), Sub(one, Tanh(Mul(s.Control("alpha"), rho))), one)
		k = Where(positive(acts(s, m)), k, one)
		s.Record("rho."+m, rho)
		s.Record("k."+m, k)
		for _, v := range o.Scaled(s.Model, s.Settings, m) {
			own := s.Grads[v.Name]
			s.Grads[v.Name] = Mul(own, k)
			if !o.GE {
				continue
			}
			noise := Mul(s.Noise(v), AddScalar(deviation(own), 1e-8))
			s.Grads[v.Name] = Where(positive(acts(s, m)), Add(s.Grads[v.Name], noise), s.Grads[v.Name])
		}
	}
}

// overOthers is a modality's score over the mean of the others'.
func overOthers(names []string, m string, scores map[string]*Node) *Node {
	var sum *Node
	for _, other := range names {
		if other != m {
			sum = plus(sum, scores[other])
		}
	}
	return Div(scores[m], MulScalar(sum, 1/float64(len(names)-1)))
}

// Scaled lists the variables of an encoder whose gradients are scaled.
func (OGM) Scaled(m *models.Multimodal, settings map[string]any, modality string) []models.Variable {
	all := inforeg.EncoderVariables(m, modality)
	if settings["params"] == paramsEncoder {
		return all
	}
	conv := slices.DeleteFunc(slices.Clone(all), func(v models.Variable) bool { return v.Role != models.ConvWeight })
	if len(conv) == 0 {
		return all
	}
	return conv
}

// deviation is the standard deviation of all elements of x, with N-1; a scalar.
func deviation(x *Node) *Node {
	n := float64(x.Shape().Size())
	mean := ReduceAllMean(x)
	return Sqrt(MulScalar(ReduceAllSum(Square(Sub(x, BroadcastToDims(mean, x.Shape().Dimensions...)))), 1/max(1, n-1)))
}

// needsModalities reports a model of fewer than least modalities, or of more than most; 0 is no bound.
func needsModalities(name string, m *models.Multimodal, least, most int) error {
	n := len(m.Modalities)
	if n >= least && (most == 0 || n <= most) {
		return nil
	}
	want := fmt.Sprintf("at least %d", least)
	if least == most {
		want = fmt.Sprint(least)
	}
	return fmt.Errorf("method %s with %d modalities, want %s", name, n, want)
}

// Replay says by which option OGM-GE is asked for.
func (o OGM) Replay() Replay {
	return Replay{
		Names: []string{"ogm"}, Flags: map[string][]any{"ge": {o.GE}},
		Rename: map[string]string{"start": "first_epoch", "end": "last_epoch"},
	}
}
