package inforeg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// Forms are the ways in which a test can have every layer treated, whatever is cheapest.
var Forms = map[string]forms{
	"gram":     {gram: func(int, int, int) bool { return true }},
	"products": {gram: func(int, int, int) bool { return false }, large: 1 << 62},
	"unrolled": {gram: func(int, int, int) bool { return false }, large: 0, unrolled: 16},
}

// NormsIn is SquaredGradientNorms in one of Forms.
func NormsIn(form string, model *models.Multimodal, call *models.Call, losses *Node) map[string]*Node {
	return Forms[form].norms(model, call, losses, false)
}
