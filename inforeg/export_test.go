package inforeg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// Forms are the ways in which a test can have every layer treated, whatever is cheapest.
var Forms = map[string]forms{
	"gram":      {gram: func(int, int) bool { return true }, bound: 1 << 30},
	"gradients": {gram: func(int, int) bool { return false }, bound: 1 << 30},
	"one":       {gram: func(int, int) bool { return false }, bound: 1}, // sample by sample
	"one gram":  {gram: func(int, int) bool { return true }, bound: 1},
	"cheapest":  cheapest,
}

// NormsIn is SquaredGradientNorms in one of Forms.
func NormsIn(form string, model *models.Multimodal, call *models.Call, losses *Node) map[string]*Node {
	return Total(model, Forms[form].layers(model, call, losses), false)
}
