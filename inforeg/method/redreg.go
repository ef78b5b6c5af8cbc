package method

import (
	"fmt"
	"maps"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// RedReg is InfoReg's direct successor (Yang et al., arXiv 2511.13755), after its published code: the paper's text
// gives the parts, the code the constants. In a batch in which modality m is ahead by Δ, it adds α (w - w₀), without
// its component along the gradient, tensor by tensor, to m's encoder, with α = exp(β tanh Δ), where
//
//   - m's features are redundant: the ratio ‖δz‖²/‖δx‖² of two noisy passes, over its own moving average, less γ times
//     the growth of m's score over some steps, exceeds a trigger, and
//   - both modalities agree: the mean cosine of their features exceeds a threshold that rises over the epochs.
//
// There is no Fisher trace in it: it is what InfoReg's window has to be worth more than. Noise is added to inputs as
// they are; the published code clips pictures to [0, 1] after it has normalised them. Two modalities of equally many
// features.
type RedReg struct{ timed }

const (
	redRegWidth = 10    // steps over which scores are averaged
	redRegTiny  = 1e-12 // under a quotient
)

// Settings declares the constants of the published code.
func (RedReg) Settings() []data.Setting {
	return append([]data.Setting{
		{Name: "beta", Default: 0.9, Min: 0, Max: 100, Mutable: true, Doc: "β of the strength exp(β tanh Δ)"},
		{Name: "gamma", Default: 0.6, Min: 0, Max: 100, Mutable: true, Doc: "weight of the growth of the score"},
		{Name: "trigger", Default: 0.15, Min: -1000, Max: 1000, Mutable: true, Doc: "redundancy above which it acts"},
		{
			Name: "sigma", Default: 0.03, Min: 1e-6, Max: 100, Mutable: true,
			Doc: "standard deviation of the noise on the inputs",
		},
		{
			Name: "keep", Default: 0.9, Min: 0, Max: 0.9999, Mutable: true,
			Doc: "weight of the past in the moving average of the redundancy",
		},
		{
			Name: "agree_from", Default: 0.2, Min: -1, Max: 1, Mutable: true,
			Doc: "cosine of paired features above which modalities agree, in the first epoch; -1 always",
		},
		{Name: "agree_to", Default: 0.5, Min: -1, Max: 1, Mutable: true, Doc: "the same in the last planned epoch"},
		{
			Name: "dropout", Default: false,
			Doc: "whether one modality's input is zero in some steps, as in the published code: in 60 % of the first " +
				"epoch's, falling to 10 % over the first 30 % of the epochs",
		},
		{
			Name: "unimodal", Default: lossesSeparate, Choices: ownLosses,
			Doc: "unimodal losses beside the fused one: off, split, or of separate classifiers, as in the " +
				"published code",
		},
	}, always.settings()...)
}

// Prepare asks for two modalities whose features can be compared.
func (RedReg) Prepare(m *models.Multimodal, settings map[string]any) error {
	if err := needsModalities("redreg", m, 2, 2); err != nil {
		return err
	}
	a, b := m.Modalities[0].Name, m.Modalities[1].Name
	if x, y := m.Encoders[a].Features(), m.Encoders[b].Features(); x != y {
		return fmt.Errorf(
			"method redreg: %d features of %s and %d of %s: it takes their cosine, so they must be equally many", x, a,
			y, b,
		)
	}
	for _, name := range []string{a, b} {
		vocab, padding := 0, false
		switch e := m.Encoders[name].(type) {
		case models.Transformer:
			vocab, padding = e.Vocab, e.Pad
		case models.Bag:
			vocab = e.Vocab
		}
		if vocab > 0 || padding {
			return fmt.Errorf(
				"method redreg: %s has token ids or padding: it adds noise to the input, and token ids with noise "+
					"are none",
				name,
			)
		}
	}
	m.Separate = settings["unimodal"] == lossesSeparate
	return nil
}

// Controls says where it may act, and by the epoch the threshold of agreement and the share of dropped inputs.
func (RedReg) Controls(modalities []string) []string {
	return append(timed{}.Controls(modalities), "agree", "drop")
}

// State holds the last scores, [2, steps], how many there are, and the moving averages of the redundancy, [2].
func (RedReg) State(*models.Multimodal) []inforeg.StateVariable {
	return []inforeg.StateVariable{
		{Name: "scores", Shape: []int{2, redRegWidth + 1}}, {Name: "count", Shape: []int{1}},
		{Name: "redundancy", Shape: []int{2}},
	}
}

// EpochStart decides them. Scores and averages begin anew, as in the published code.
func (RedReg) EpochStart(e inforeg.Epoch) (map[string]float64, error) {
	controls, err := timed{}.EpochStart(e)
	if err != nil {
		return nil, err
	}
	for _, values := range e.State {
		clear(values)
	}
	planned := 1.0
	if epochs, ok := e.Settings["epochs"].(float64); ok {
		planned = epochs
	}
	from, to := e.Settings["agree_from"].(float64), e.Settings["agree_to"].(float64)
	controls["agree"] = from + (to-from)*min(1, float64(e.Index)/max(1, planned-1))
	controls["drop"] = 0.6 - 0.5*min(1, float64(e.Index)/max(1, float64(int(0.3*planned))))
	return controls, nil
}

// Start reports that w₀ is needed.
func (RedReg) Start() bool { return true }

// Forward leaves out a modality's input in some steps.
func (RedReg) Forward(s *inforeg.Step, _ *models.Call) {
	drop := s.Control("drop")
	if s.Settings["dropout"] != true {
		return
	}
	u := s.Uniform()
	share := Where(positive(actsAnywhere(s)), ConvertDType(drop, u.DType()), ScalarZero(u.Graph(), u.DType()))
	x := maps.Clone(s.X)
	for i, m := range inforeg.ModalityNames(s.Model) {
		below := MulScalar(share, float64(i)/2)
		above := MulScalar(share, float64(i+1)/2)
		dropped := And(GreaterOrEqual(u, below), LessThan(u, above))
		x[m] = Where(dropped, ZerosLike(x[m]), x[m])
	}
	s.X = x
}

// Loss adds the unimodal losses.
func (RedReg) Loss(s *inforeg.Step) { addOwnLosses(s, s.Settings["unimodal"].(string)) }

// Gradients adds to the encoder that is ahead, redundant, and agrees with the other.
func (RedReg) Gradients(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	scores := s.Scores(inforeg.ScoreMeanP)
	dtype := s.Loss.DType()
	past, count := ConvertDType(s.State["scores"], dtype), ConvertDType(Reshape(s.State["count"]), dtype)
	now := Stack([]*Node{scores[names[0]], scores[names[1]]}, 0)
	// [2, width + 1]
	history := Concatenate([]*Node{Slice(past, AxisRange(), AxisRangeToEnd(1)), Reshape(now, 2, 1)}, 1)
	last, before := ReduceMean(Slice(history, AxisRange(), AxisRangeToEnd(1)), 1),
		ReduceMean(Slice(history, AxisRange(), AxisRange(0, redRegWidth)), 1)
	growth := Div(Sub(last, before), AddScalar(Abs(before), redRegTiny)) // [2]
	enough := GreaterOrEqual(count, Scalar(count.Graph(), dtype, redRegWidth))
	growth = Where(BroadcastToDims(enough, 2), growth, OnesLike(growth))
	redundancy := Stack([]*Node{jitter(s, names[0]), jitter(s, names[1])}, 0)
	keep := s.Control("keep")
	average := Add(Mul(ConvertDType(s.State["redundancy"], dtype), keep), Mul(redundancy, OneMinus(keep)))
	relative := Div(redundancy, AddScalar(average, redRegTiny))
	high := Sub(relative, Mul(s.Control("gamma"), Max(growth, ZerosLike(growth))))
	agreement := cosineOfFeatures(s.Out.Features[names[0]], s.Out.Features[names[1]])
	s.Record("agreement", agreement)

	gaps := inforeg.Gaps(names, scores)
	for i, m := range names {
		excess := Reshape(Slice(high, AxisElem(i)))
		on := And(
			positive(gaps[m]),
			And(GreaterThan(excess, s.Control("trigger")), GreaterThan(agreement, s.Control("agree"))),
		)
		on = And(on, positive(acts(s, m)))
		alpha := inforeg.Strength(gaps[m], s.Control("beta"))
		alpha = StopGradient(Where(on, alpha, ZerosLike(alpha)))
		s.Record("redundancy."+m, excess)
		s.Record("alpha."+m, alpha)
		for _, v := range inforeg.EncoderVariables(s.Model, m) {
			g, moved := s.Grads[v.Name], Sub(s.Vars[v.Name], s.StartAt[v.Name])
			along := Div(ReduceAllSum(Mul(moved, g)), AddScalar(inforeg.SquaredNorm(g), redRegTiny))
			s.Grads[v.Name] = Where(on, Add(g, Mul(alpha, Sub(moved, Mul(along, g)))), g)
		}
	}
	s.State["scores"] = ConvertDType(history, s.State["scores"].DType())
	s.State["count"] = AddScalar(s.State["count"], 1)
	s.State["redundancy"] = ConvertDType(average, s.State["redundancy"].DType())
	s.Total = s.Loss
}

// jitter is ‖δz‖²/‖δx‖², means over all entries, of an encoder's features in two passes in eval mode over inputs with
// noise; a scalar.
func jitter(s *inforeg.Step, modality string) *Node {
	vars := maps.Clone(s.Vars)
	maps.Copy(vars, s.Updates)
	x := s.X[modality]
	pass := func(draw string) (noisy, features *Node) {
		noise := s.Noise(models.Variable{Name: draw + "." + modality, Shape: x.Shape().Dimensions})
		noisy = Add(x, Mul(noise, s.Control("sigma")))
		call := &models.Call{Vars: vars, Norm: models.RunningStatistics}
		return noisy, s.Model.Encoders[modality].Forward(call, models.EncoderPrefix(modality), noisy)
	}
	x1, z1 := pass("first")
	x2, z2 := pass("second")
	return StopGradient(
		Div(ReduceAllMean(Square(Sub(z1, z2))), AddScalar(ReduceAllMean(Square(Sub(x1, x2))), redRegTiny)),
	)
}

// cosineOfFeatures is the mean over the rows of a and b, [B, D], of the cosine between both; a scalar.
func cosineOfFeatures(a, b *Node) *Node {
	dot := func(x, y *Node) *Node { return ReduceSum(Mul(x, y), 1) }
	norms := Sqrt(Mul(dot(a, a), dot(b, b)))
	floor := Scalar(norms.Graph(), norms.DType(), redRegTiny)
	return StopGradient(
		ReduceAllMean(
			Div(
				dot(a, b), Max(norms, BroadcastToShape(floor, shapes.Make(norms.DType(), norms.Shape().Dimensions...))),
			),
		),
	)
}
