package method

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// InfoReg regulates the encoders of information-sufficient modalities inside their prime learning window
// (paper, algorithm 1): for modality m, in an epoch whose window test (eq. 11) holds and in a batch in which
// m is ahead (Δ > 0, eqs. 9 and 10), it adds P = α/2 ‖w - w₀‖² with α = exp(β tanh Δ) to the loss.
//
// Star adds the losses of separate classifiers (InfoReg* of the paper's table 3). Released has the defaults of the
// published code in place of the paper's; every departure is a setting, so that each can be taken alone.
type InfoReg struct {
	timed
	Star, Released bool
}

// Forms of the setting "strength".
const (
	strengthPaper    = "paper"    // exp(β tanh Δ), eq. 16
	strengthReleased = "released" // c exp(tanh Δ), c by modality
)

func (r InfoReg) acting() acting {
	a := always
	a.window, a.first = WindowAuto, 2
	if r.Released {
		a.first, a.k, a.trace, a.source, a.smooth, a.padded, a.open = 0, 0.05, inforeg.KindReleased, sourceFirst, 10,
			true, true
		a.published = true
	}
	return a
}

// Settings declares the constants of the paper, or of the published code.
func (r InfoReg) Settings() []data.Setting {
	score, strength, own := inforeg.ScoreMeanP, strengthPaper, lossesOff
	switch {
	case r.Released:
		score, strength, own = inforeg.ScoreSumP, strengthReleased, lossesSplit
	case r.Star:
		own = lossesSeparate
	}
	return append([]data.Setting{
		{
			Name: "beta", Default: 0.9, Min: 0, Max: 100, Mutable: true,
			Doc: "β of eq. 16; at 0 the penalty has strength 1, it does not vanish: see regulate",
		},
		{
			Name: "regulate", Default: true, Mutable: true,
			Doc: "false takes the penalty away, so that what is left is joint training, or its starred form",
		},
		{
			Name: "score", Default: score,
			Choices: []string{inforeg.ScoreMeanP, inforeg.ScoreMeanLogP, inforeg.ScoreSumP},
			Doc: "score of eq. 8: the mean of p(y) or of log p(y); the published code takes the sum of p(y) over " +
				"the batch",
		},
		{
			Name: "strength", Default: strength, Choices: []string{strengthPaper, strengthReleased},
			Doc: "α: exp(β tanh Δ), eq. 16, or as in the published code c exp(tanh Δ), with c_first for the first " +
				"modality and c_others",
		},
		{Name: "c_first", Default: 0.95, Min: 0, Max: 100, Mutable: true, Doc: "see strength"},
		{Name: "c_others", Default: 0.1, Min: 0, Max: 100, Mutable: true, Doc: "see strength"},
		{
			Name: "unimodal", Default: own, Choices: ownLosses,
			Doc: "unimodal losses beside the fused one: off, those of the head's own readouts (split, the published " +
				"code), or of separate classifiers (the starred form)",
		},
	}, r.acting().settings()...)
}

// Prepare asks for the classifiers that the losses need.
func (r InfoReg) Prepare(m *models.Multimodal, settings map[string]any) error {
	m.Separate = settings["unimodal"] == lossesSeparate
	return nil
}

// Start reports that w₀ of eq. 12 is needed.
func (InfoReg) Start() bool { return true }

// Loss adds unimodal losses, where they are asked for; the penalty's gradient is added in closed form.
func (InfoReg) Loss(s *inforeg.Step) { addOwnLosses(s, s.Settings["unimodal"].(string)) }

// Gradients adds the penalty's gradient to the encoders that are ahead and in their window.
func (InfoReg) Gradients(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	gaps := inforeg.Gaps(names, s.Scores(s.Settings["score"].(string)))
	total := s.Loss
	for i, m := range names {
		var alpha *Node
		switch form := s.Settings["strength"]; form {
		case strengthPaper:
			alpha = inforeg.Strength(gaps[m], s.Control("beta"))
		case strengthReleased:
			c := s.Control("c_others")
			if i == 0 {
				c = s.Control("c_first")
			}
			alpha = Mul(c, Exp(Tanh(gaps[m])))
		default:
			panic(fmt.Errorf("method: strength %q", form))
		}
		on := Mul(s.Control("regulate"), acts(s, m))
		ahead := positive(gaps[m])
		alpha, on = Where(ahead, alpha, ZerosLike(alpha)), Where(ahead, on, ZerosLike(on))
		penalty := inforeg.Penalty(s, m, Mul(on, alpha))
		s.Record("alpha."+m, alpha)
		s.Record("on."+m, on)
		s.Record("penalty."+m, penalty)
		total = Add(total, penalty)
	}
	s.Total = total
}

// Replay says by which options the starred form and the published code's are asked for.
func (r InfoReg) Replay() Replay {
	profiles := []any{"paper"}
	if r.Released {
		profiles = []any{"released"}
	}
	return Replay{
		Names: []string{"inforeg"}, Flags: map[string][]any{"profile": profiles, "star": {r.Star}},
		Rename: map[string]string{"K": "k"}, Traced: true,
	}
}
