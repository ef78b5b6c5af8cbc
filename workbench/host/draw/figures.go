package draw

import (
	"fmt"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/registry"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// Figure is one that can be drawn of what runs have on record: the one value to add for a new one.
type Figure struct {
	// Name is what commands and cells ask for, and the name of the file that keeps the picture.
	Name string
	Draw func(runs []record.Recorded) (*viz.Figure, error) // of one run at least
}

// figures are those that come with the program, in the order in which they are offered, and those of [Register].
var figures = registry.New(func(f Figure) string { return f.Name },
	Figure{"trace", traceOfKind(inforeg.KindFisherEmp)},
	Figure{"true", traceOfKind(inforeg.KindFisherTrue)},
	Figure{"released", traceOfKind(inforeg.KindReleased)},
	Figure{"running", drawRunning},
	Figure{"smooth", drawSmooth},
	Figure{"layers", drawLayers},
	Figure{"gap", drawGap},
	Figure{"motion", drawMotion},
	Figure{"cosine", drawCosine},
	Figure{"samples", notRecorded},
	Figure{"accuracy", drawAccuracy},
	Figure{"loss", drawLoss},
	Figure{"live", drawLive},
)

// Register adds a figure, from where the command line, cells and messages have it; remove takes it out again. A name
// that is taken is an error.
func Register(f Figure) (remove func(), err error) {
	if f.Name == "" || f.Draw == nil {
		return nil, fmt.Errorf("draw: figure %q, want a name and Draw", f.Name)
	}
	if remove, err = figures.Add(f); err != nil {
		return nil, fmt.Errorf("draw: figure %w", err)
	}
	return remove, nil
}

// Figures names what can be drawn of runs.
func Figures() []string { return figures.Names() }

// traceOfKind draws traces of one kind.
func traceOfKind(kind string) func([]record.Recorded) (*viz.Figure, error) {
	return func(runs []record.Recorded) (*viz.Figure, error) { return drawTrace(kind, runs) }
}

// notRecorded stands for a figure that is drawn of the run itself.
func notRecorded([]record.Recorded) (*viz.Figure, error) {
	return nil, &wire.Problem{
		Message: "samples: they are measured anew, which needs the run itself",
		Hint: "draw them in a notebook with wb.Draw(wb.TopSamples, run), or with `primewindow probe RUN -kind " +
			"samples -out FILE`; " +
			"of one run at a time",
	}
}
