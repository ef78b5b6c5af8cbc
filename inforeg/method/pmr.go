package method

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// PMR speeds up the modality that is behind by a cross entropy over distances to class prototypes, and in the first
// epochs slows the other by the entropy of the same distribution (Fan et al., CVPR 2023). Prototypes are the classes'
// mean features over a tenth of the training samples, taken at the start of every epoch.
//
// With ρ the ratio of the summed p(y) of both by their prototypes, the loss is L + α (β PCE_1 + γ PCE_2) - μ (γ H_1 + β
// H_2), β = clip(1/ρ - 1, 0, 1), γ = clip(ρ - 1, 0, 1), and H the mean entropy. Form "released" is the published code:
// the modality behind by any margin gets α PCE, and there is no entropy.
//
// The method is defined for two modalities. With more, which is not in its paper, ρ_m is the sum of modality m over the
// mean of the others' sums, as in [OGM], and the loss is L + Σ_m (α clip(1/ρ_m - 1, 0, 1) PCE_m - μ clip(ρ_m - 1, 0, 1)
// H_m); for two this is the loss above. Form "released" then gives α PCE_m to each modality whose ρ_m is below 1.
type PMR struct{ timed }

// Forms of the setting "form".
const (
	formPaper    = "paper"
	formReleased = "released"
)

// Settings declares the weights.
func (PMR) Settings() []data.Setting {
	return append([]data.Setting{
		{Name: "alpha", Default: 1.0, Min: 0, Max: 100, Mutable: true, Doc: "weight of the prototypical cross entropy"},
		{
			Name: "form", Default: formPaper, Choices: []string{formPaper, formReleased},
			Doc: "paper: graded by how far a modality is behind; released: all or nothing, without entropy",
		},
		{
			Name: "mu", Default: 0.1, Min: 0, Max: 100, Mutable: true,
			Doc: "weight of the entropy of the modality that is ahead",
		},
		{
			Name: "per_end", Default: 5.0, Min: 0, Max: maxEpoch, Whole: true, Mutable: true,
			Doc: "epochs in which the entropy counts, from the first",
		},
		{
			Name: "e", Default: 0.2, Min: 0, Max: 1, Mutable: true,
			Doc: "share of the old prototypes that stays at the start of an epoch",
		},
		{
			Name: "prototype_share", Default: 0.1, Min: 0, Max: 1, Mutable: true,
			Doc: "share of the training samples of which prototypes are made",
		},
	}, always.settings()...)
}

// Prepare asks for a second modality.
func (PMR) Prepare(m *models.Multimodal, _ map[string]any) error {
	return needsModalities("pmr", m, 2, 0)
}

// Controls says whether it acts, and whether the entropy counts.
func (PMR) Controls(modalities []string) []string {
	return append(timed{}.Controls(modalities), "entropy")
}

// State holds the prototypes, [classes, D] each, and how many epochs have made some.
func (PMR) State(m *models.Multimodal) []inforeg.StateVariable {
	list := []inforeg.StateVariable{{Name: "made", Shape: []int{1}}}
	for _, mod := range m.Modalities {
		list = append(
			list,
			inforeg.StateVariable{
				Name: "prototypes." + mod.Name, Shape: []int{m.Classes, m.Encoders[mod.Name].Features()},
			},
		)
	}
	return list
}

// EpochStart makes the prototypes of the epoch.
func (PMR) EpochStart(e inforeg.Epoch) (map[string]float64, error) {
	controls, err := timed{}.EpochStart(e)
	if err != nil {
		return nil, err
	}
	controls["entropy"] = 0
	if e.Index < number(e, "per_end") {
		controls["entropy"] = 1
	}
	if e.Features == nil {
		return nil, fmt.Errorf("method pmr: no features to make prototypes of")
	}
	f, err := e.Features(e.Settings["prototype_share"].(float64))
	if err != nil {
		return nil, err
	}
	keep := e.Settings["e"].(float64)
	if e.State["made"][0] == 0 {
		keep = 0
	}
	for _, m := range e.Modalities {
		blend(e.State["prototypes."+m], f.Rows[m], f.Labels, keep)
	}
	e.State["made"][0]++
	return controls, nil
}

// blend moves prototypes, [classes, D], to the means of the rows of each class. A class without a row keeps its own.
func blend(prototypes, rows []float32, labels []int32, keep float64) {
	width := len(rows) / max(1, len(labels))
	if width == 0 {
		return
	}
	sums, counts := make([]float64, len(prototypes)), make([]float64, len(prototypes)/width)
	for i, y := range labels {
		counts[y]++
		for j := range width {
			sums[int(y)*width+j] += float64(rows[i*width+j])
		}
	}
	for i := range prototypes {
		if n := counts[i/width]; n > 0 {
			prototypes[i] = float32(math.FMA(1-keep, sums[i]/n, keep*float64(prototypes[i])))
		}
	}
}

// Loss adds the prototypes' part.
func (PMR) Loss(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	sums := map[string]*Node{} // of p(y)
	pce, entropy := map[string]*Node{}, map[string]*Node{}
	for _, m := range names {
		logits := Neg(distances(s.Out.Features[m], s.State["prototypes."+m]))
		losses := models.CrossEntropy(logits, s.Labels)
		pce[m] = ReduceAllMean(losses)
		sums[m] = ReduceAllSum(Exp(Neg(losses)))
		log := LogSoftmax(logits)
		entropy[m] = Neg(ReduceAllMean(ReduceSum(Mul(Exp(log), log), 1)))
		s.Record("pce."+m, pce[m])
	}
	over, under := ratios(s, names, sums)
	alpha := s.Control("alpha")
	mu := Mul(s.Control("mu"), s.Control("entropy"))
	released := s.Settings["form"] == formReleased
	var faster, slower *Node
	for _, m := range names {
		zero, one := ZerosLike(over[m]), OnesLike(over[m])
		behind, ahead := Min(Max(Sub(under[m], one), zero), one), Min(Max(Sub(over[m], one), zero), one)
		if released {
			behind = Where(LessThan(over[m], one), one, zero)
		}
		faster, slower = plus(faster, Mul(behind, pce[m])), plus(slower, Mul(ahead, entropy[m]))
	}
	if released {
		mu = ZerosLike(mu)
	}
	part := Sub(Mul(alpha, faster), Mul(mu, slower))
	s.Loss = Add(s.Loss, Where(positive(actsAnywhere(s)), part, ZerosLike(part)))
	s.Total = s.Loss
}

// ratios are ρ of each modality and 1/ρ, as constants: of two modalities the paper's ratio and its inverse, of more the
// sum over the mean of the others'. They go on record as "rho", and of more than two as "rho.MODALITY".
func ratios(s *inforeg.Step, names []string, sums map[string]*Node) (over, under map[string]*Node) {
	over, under = map[string]*Node{}, map[string]*Node{}
	if len(names) == 2 {
		a, b := names[0], names[1]
		rho := StopGradient(Div(sums[a], sums[b]))
		s.Record("rho", rho)
		over[a], under[b] = rho, rho
		over[b] = Reciprocal(rho)
		under[a] = over[b]
		return over, under
	}
	for _, m := range names {
		over[m] = StopGradient(overOthers(names, m, sums))
		under[m] = Reciprocal(over[m])
		s.Record("rho."+m, over[m])
	}
	return over, under
}

// plus is a sum that may have no part yet.
func plus(sum, part *Node) *Node {
	if sum == nil {
		return part
	}
	return Add(sum, part)
}

// distances are those of the rows of z, [B, D], to the rows of c, [C, D]; [B, C]. At distance 0 the gradient is 0.
func distances(z, c *Node) *Node {
	b, d, classes := z.Shape().Dimensions[0], z.Shape().Dimensions[1], c.Shape().Dimensions[0]
	apart := Sub(
		BroadcastToDims(Reshape(z, b, 1, d), b, classes, d),
		BroadcastToDims(Reshape(ConvertDType(c, z.DType()), 1, classes, d), b, classes, d),
	)
	squares := ReduceSum(Square(apart), 2)
	away := positive(squares)
	return Where(away, Sqrt(Where(away, squares, OnesLike(squares))), ZerosLike(squares))
}

// Replay says that prototypes are of the samples that the spec gives, and stay.
func (PMR) Replay() Replay {
	return Replay{Names: []string{"pmr"}, Set: map[string]any{"mu": 0.0, "e": 0.0}, Prototypes: true}
}
