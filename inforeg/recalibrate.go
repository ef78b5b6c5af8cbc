package inforeg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// Recalibrated gives the batch-norm averages that a model would have had it seen only this batch: mean and
// unbiased variance, by variable name. With them in place of the running averages a probe measures the
// weights, and not how far the averages lag behind: at learning rate 0 the trace with running averages rises
// twelve-fold, with these it stays. x is by modality, [B, shape...].
func Recalibrated(model *models.Multimodal, vars map[string]*Node, x map[string]*Node) map[string]*Node {
	call := &models.Call{Vars: vars, Norm: models.BatchStatistics, Updates: map[string]*Node{}, Recalibrate: true}
	model.Forward(call, x)
	return call.Updates
}
