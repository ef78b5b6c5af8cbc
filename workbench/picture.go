package workbench

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
)

// pictures counts those that this process has shown.
var pictures atomic.Int64

// Picture shows a figure that the cell itself has drawn with package viz, which this package does not know, and ends the
// cell where it could not be drawn:
//
//	wb.Picture(viz.Multiples(viz.MultiplesFigure{...}))
//
// Outside a notebook it is kept as figures/pictureN.png below the working folder, counted from 1.
func Picture[F ~struct {
	PNG           []byte
	Spec          map[string]any
	Text          string
	Width, Height int
}](f *F, err error) {
	cell(func(_ context.Context, out *screen) error {
		if err != nil {
			return &Problem{Message: strings.TrimPrefix(err.Error(), "viz: "), Hint: "the figure cannot be drawn of what it was given"}
		}
		own := Figure(*f)
		return out.figure(&own, ".", fmt.Sprintf("picture%d", pictures.Add(1)))
	})
}
