package method

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
)

// InfoReg regulates the encoders of information-sufficient modalities inside their prime learning window
// (paper, algorithm 1): for modality m, in an epoch whose window test (eq. 11) holds and in a batch in which
// m is ahead (Δ > 0, eqs. 9 and 10), it adds P = α/2 ‖w - w₀‖² with α = exp(β tanh Δ) to the loss.
type InfoReg struct{}

// Forms of the setting "window".
const (
	windowAuto = "auto" // eq. 11
	windowAll  = "all"  // every epoch from "first_epoch" on
	windowNone = "none" // no epoch
)

var windowTraces = []string{
	inforeg.KindFisherEmp, inforeg.KindFisherTrue, inforeg.KindReleased, inforeg.KindBatchSquare, inforeg.KindSigns, inforeg.KindLabels, inforeg.KindShare,
}

// Settings declares the constants of the paper.
func (InfoReg) Settings() []data.Setting {
	return []data.Setting{
		{Name: "beta", Default: 0.9, Min: 0, Max: 100, Mutable: true, Doc: "β of eq. 16; at 0 the penalty has strength 1, it does not vanish: see regulate"},
		{Name: "k", Default: 0.04, Min: -100, Max: 1, Mutable: true, Doc: "K of eq. 11, the relative rise of the trace that opens the window"},
		{Name: "regulate", Default: true, Mutable: true, Doc: "false takes the penalty away, so that what is left is joint training"},
		{Name: "window", Default: windowAuto, Choices: []string{windowAuto, windowAll, windowNone}, Mutable: true, Doc: "when the window is open: auto by eq. 11, all or none of the epochs"},
		{Name: "first_epoch", Default: 2.0, Min: 0, Max: 1e6, Whole: true, Mutable: true, Doc: "first epoch in which the window may open; by eq. 11 never before 2"},
		{Name: "floor", Default: 0.0, Min: 0, Max: 1, Mutable: true, Doc: "share of the trace's maximum below which the window stays shut; not in the paper"},
		{Name: "window_trace", Default: inforeg.KindFisherEmp, Choices: windowTraces, Mutable: true, Doc: "trace that the window is read from: fisher_emp is eq. 7; signs, labels and share are measured in steps, where every.signs and so on say so"},
		{Name: "score", Default: inforeg.ScoreMeanP, Choices: []string{inforeg.ScoreMeanP, inforeg.ScoreMeanLogP}, Doc: "score of eq. 8: the mean of p(y) or of log p(y)"},
	}
}

// Controls has one for each modality: whether its window is open.
func (InfoReg) Controls(modalities []string) []string {
	names := make([]string, len(modalities))
	for i, m := range modalities {
		names[i] = "window." + m
	}
	return names
}

// EpochStart applies the window test to every modality.
func (InfoReg) EpochStart(e inforeg.Epoch) (map[string]float64, error) {
	controls := make(map[string]float64, len(e.Modalities))
	first := int(e.Settings["first_epoch"].(float64))
	for _, m := range e.Modalities {
		open := false
		switch e.Settings["window"].(string) {
		case windowAll:
			open = e.Index >= first
		case windowAuto:
			kind := e.Settings["window_trace"].(string)
			trace := e.Traces[kind][m]
			if e.Index < max(2, first) {
				break
			}
			if len(trace) < e.Index || math.IsNaN(trace[e.Index-1]) || math.IsNaN(trace[e.Index-2]) {
				return nil, fmt.Errorf("%w: %s of %s before epoch %d", inforeg.ErrNotMeasured, kind, m, e.Index)
			}
			rule := inforeg.WindowRule{K: e.Settings["k"].(float64), First: first, Floor: e.Settings["floor"].(float64)}
			w, err := inforeg.DetectPrimeLearningWindow(trace[:e.Index], rule)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m, err)
			}
			open = w.Open[e.Index]
		}
		if open {
			controls["window."+m] = 1
		} else {
			controls["window."+m] = 0
		}
	}
	return controls, nil
}

// Start reports that w₀ of eq. 12 is needed.
func (InfoReg) Start() bool { return true }

// Loss leaves the fused cross entropy alone: the penalty's gradient is added in closed form.
func (InfoReg) Loss(*inforeg.Step) {}

// Gradients adds the penalty's gradient to the encoders that are ahead and in their window.
func (InfoReg) Gradients(s *inforeg.Step) {
	names := inforeg.ModalityNames(s.Model)
	form, _ := s.Settings["score"].(string)
	gaps := inforeg.Gaps(names, s.Scores(form))
	total := s.Loss
	for _, m := range names {
		alpha := inforeg.Strength(gaps[m], s.Control("beta"))
		on := Mul(s.Control("regulate"), s.Control("window."+m))
		on = Where(GreaterThan(gaps[m], ZerosLike(gaps[m])), on, ZerosLike(on))
		penalty := inforeg.Penalty(s, m, Mul(on, alpha))
		s.Record("alpha."+m, alpha)
		s.Record("on."+m, on)
		s.Record("penalty."+m, penalty)
		total = Add(total, penalty)
	}
	s.Total = total
}
