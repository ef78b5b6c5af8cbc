package workbench

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
)

// pictures counts those that this process has shown.
var pictures atomic.Int64

// Drawn is a figure of package viz: PNG, Vega-Lite v5 spec, a sentence that stands in for both, and its size in CSS
// pixels.
type Drawn interface {
	Parts() (png []byte, spec map[string]any, text string, width, height int)
}

// Picture shows a figure that the cell itself has drawn with package viz, which this package does not know, and ends
// the cell where it could not be drawn:
//
//	wb.Picture(viz.Multiples(viz.MultiplesFigure{...}))
//
// Outside a notebook it is kept as figures/pictureN.png below the working folder, counted from 1.
func Picture(f Drawn, err error) {
	cell(func(_ context.Context, out *screen) error {
		if err != nil {
			return &Problem{
				Message: strings.TrimPrefix(err.Error(), "viz: "),
				Hint:    "the figure cannot be drawn of what it was given",
			}
		}
		var own Figure
		own.PNG, own.Spec, own.Text, own.Width, own.Height = f.Parts()
		return out.figure(&own, ".", fmt.Sprintf("picture%d", pictures.Add(1)))
	})
}
