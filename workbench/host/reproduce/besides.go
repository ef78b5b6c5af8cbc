package reproduce

import (
	"github.com/primewindow/primewindow/workbench/host/measure"
)

// besides says what of an arm's runs is measured beside their accuracies. Joint training is in nearly every target, and
// its trace under running statistics is measured in all of them, so that no run has to be gone through again. Of figure
// 1 joint training alone needs the whole model's trace: of a modality alone the figure has the encoder's.
func (one *part) besides(a *reproArm) measure.Extra {
	plain := len(a.set) == 0 && a.longer == 1 && a.method == "joint"
	return measure.Extra{
		Eval: plain || one.nulls, Whole: one.whole && plain, Cosines: one.cosines, F1: one.f1, Maps: one.maps,
	}
}
