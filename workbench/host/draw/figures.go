package draw

import (
	"fmt"
	"slices"
	"sync"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// Figure is one that can be drawn of what runs have on record: the one value to add for a new one.
type Figure struct {
	Name string
	Draw func(runs []record.Recorded) (*viz.Figure, error) // of one run at least
}

// builtIn are the figures that come with the program, in the order in which they are offered.
var builtIn = []Figure{
	{"trace", traceOfKind(inforeg.KindFisherEmp)},
	{"true", traceOfKind(inforeg.KindFisherTrue)},
	{"released", traceOfKind(inforeg.KindReleased)},
	{"running", drawRunning},
	{"smooth", drawSmooth},
	{"layers", drawLayers},
	{"gap", drawGap},
	{"motion", drawMotion},
	{"cosine", drawCosine},
	{"samples", notRecorded},
	{"accuracy", drawAccuracy},
	{"loss", drawLoss},
	{"live", drawLive},
}

// added are those of [Register].
var added struct {
	sync.RWMutex
	list []Figure
}

// Register adds a figure, from where the command line, cells and messages have it; remove takes it out again. A name
// that is taken is an error.
func Register(f Figure) (remove func(), err error) {
	if f.Name == "" || f.Draw == nil {
		return nil, fmt.Errorf("draw: figure %q, want a name and Draw", f.Name)
	}
	if _, taken := find(f.Name); taken {
		return nil, fmt.Errorf("draw: figure %q is there already", f.Name)
	}
	added.Lock()
	defer added.Unlock()
	added.list = append(added.list, f)
	return func() {
		added.Lock()
		defer added.Unlock()
		added.list = slices.DeleteFunc(added.list, func(a Figure) bool { return a.Name == f.Name })
	}, nil
}

func all() []Figure {
	added.RLock()
	defer added.RUnlock()
	return slices.Concat(builtIn, added.list)
}

func find(name string) (Figure, bool) {
	list := all()
	if i := slices.IndexFunc(list, func(f Figure) bool { return f.Name == name }); i >= 0 {
		return list[i], true
	}
	return Figure{}, false
}

// Figures names what can be drawn of runs.
func Figures() []string {
	var names []string
	for _, f := range all() {
		names = append(names, f.Name)
	}
	return names
}

func traceOfKind(kind string) func([]record.Recorded) (*viz.Figure, error) {
	return func(runs []record.Recorded) (*viz.Figure, error) { return drawTrace(kind, runs) }
}

// notRecorded stands for a figure that is drawn of the run itself.
func notRecorded([]record.Recorded) (*viz.Figure, error) {
	return nil, &wire.Problem{
		Message: "samples: they are measured anew, which needs the run itself",
		Hint: "draw them in a notebook with wb.Draw(wb.TopSamples, run), or with `primewindow probe RUN -kind samples -out FILE`; " +
			"of one run at a time",
	}
}
