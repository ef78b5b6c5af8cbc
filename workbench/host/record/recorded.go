package record

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Recorded is what a run has on record: enough to show, draw and export it without a backend.
type Recorded struct {
	Status   wire.Status    // as of a run that is open and idle
	History  wire.History   // all lines that are not lost
	Declared setting.Values // at step 0; Status has those of the present step
	Floor    float64        // of the set's recipe, for windows of a run that none regulates; 0: no word of it
	Lost     string         // what is damaged or gone; empty where all is proved
}

// ReadRecorded reads a run's folder. Nothing is changed in it, so that it may be in use: a torn last line is
// left out.
func ReadRecorded(dir string) (Recorded, error) {
	man, err := ReadManifest(dir)
	if os.IsNotExist(err) {
		return Recorded{}, NoRun(dir)
	}
	if err != nil {
		return Recorded{}, err
	}
	rec := Recorded{Declared: man.Settings, Floor: man.Floor()}
	// Metrics are read first. The note of their last entry says how many lines the other files had then, and those only
	// grow: read before metrics, they could seem to lack lines that were written meanwhile.
	metrics, lostSteps, err := readView(dir, MetricsFile, Owned(MetricsKind, man.ID))
	if err != nil {
		return Recorded{}, err
	}
	defer metrics.Close()
	probes, lostProbes, err := readView(dir, ProbesFile, Owned(ProbesKind, man.ID))
	if err != nil {
		return Recorded{}, err
	}
	defer probes.Close()
	events, lostEvents, err := readView(dir, EventsFile, Owned(EventsKind, man.ID))
	if err != nil {
		return Recorded{}, err
	}
	defer events.Close()
	if err := ReadHistory(&rec.History, metrics, probes); err != nil {
		return Recorded{}, fmt.Errorf("%s: %w", dir, err)
	}
	if err := readLines(events, &rec.History.Events); err != nil {
		return Recorded{}, fmt.Errorf("%s: %s: %w", dir, EventsFile, err)
	}
	want := ParseTied(metrics.Noted())
	switch {
	case len(lostEvents) > 0:
		rec.Lost = fmt.Sprintf("%s: %v: what was set at that step is not known", EventsFile, lostEvents[0])
	case len(lostSteps)+len(lostProbes) > 0:
		rec.Lost = damageText(lostSteps, lostProbes)
	case events.Len() < want.Events:
		rec.Lost = GoneAtEnd(EventsFile, want.Events-events.Len()) + ": what was set is not known"
	case probes.Len() < want.Probes:
		rec.Lost = GoneAtEnd(ProbesFile, want.Probes-probes.Len()) + "; training or measuring computes them again"
	}
	// the manifest has the settings of step 0, its events all changes of them
	settings := setting.Values{}
	maps.Copy(settings, man.Settings)
	for i, c := range rec.History.Events {
		if err := CheckChange(c, man.Settings); err != nil {
			return Recorded{}, &wire.Problem{
				Message: fmt.Sprintf("%s line %d: %v", filepath.Join(dir, EventsFile), i+1, err), Hint: handHint,
			}
		}
		if c.Event == wire.EventSet {
			settings[c.Name] = c.New
		}
	}
	s := wire.Status{
		Name: man.Name, Dir: dir, Data: man.Data.Name, Method: settings.Method(), Seed: man.Seed, State: wire.Idle,
		Step: len(rec.History.Metrics), StepsPerEpoch: man.StepsPerEpoch, Settings: settings, Epochs: settings.Epochs(),
	}
	s.Epoch = s.Step / max(1, s.StepsPerEpoch)
	clock, _ := man.Settings.Clock(max(1, s.StepsPerEpoch))
	s.StepsPerTest = clock.Interval
	if man.Parent != nil {
		s.Parent = fmt.Sprintf("%s at step %d", man.Parent.Run, man.Parent.Step)
	}
	s.Modalities = Modalities(man) // without the model: a cell may have defined an encoder of it
	if s.Step > 0 {
		s.Loss = rec.History.Metrics[s.Step-1]["loss"]
	}
	l := newLatest()
	for _, p := range rec.History.Probes {
		l.note(p)
	}
	s.Accuracy = l.values
	if s.Warnings = Warnings(rec.History.Events); rec.Lost != "" {
		s.Warnings = append(s.Warnings, rec.Lost)
	}
	rec.Status = s
	return rec, nil
}

// NoRun reports a folder that has no run.
func NoRun(dir string) error {
	return &wire.Problem{
		Message: fmt.Sprintf("no run in %s: it has no %s", dir, ManifestFile),
		Hint:    "`primewindow ps` lists the runs of a project; they live in its folder runs",
	}
}

// readView opens a view of one of a run's files. Damage is looked at twice: another process may just have replaced the
// file. The two files of a journal are replaced one after the other, and between these moments they do not fit.
func readView(dir, file string, kind Options) (*View, []Lost, error) {
	for again := false; ; again = true {
		v, _, err := Read(filepath.Join(dir, file), kind)
		if err != nil {
			return nil, nil, openProblem(dir, file, err)
		}
		lost := v.Lost()
		if len(lost) == 0 || again {
			return v, lost, nil
		}
		v.Close()
		time.Sleep(10 * time.Millisecond)
	}
}

// ReadHistory reads steps and measurements. Of a step whose line is lost the numbers of step and epoch are known.
// Metrics keeps a place for it, since its index is the step.
func ReadHistory(h *wire.History, metrics, probes *View) error {
	h.Metrics = make([]map[string]float64, 0, metrics.Len())
	err := metrics.Each(func(step int, line []byte) error {
		m := map[string]float64{"step": float64(step)}
		if line != nil {
			clear(m)
			if err := json.Unmarshal(line, &m); err != nil {
				return damagedLine(MetricsFile, len(h.Metrics), err)
			}
		}
		h.Metrics = append(h.Metrics, m)
		return nil
	})
	if err != nil {
		return err
	}
	return readLines(probes, &h.Probes)
}

// readLines reads the lines that are not lost.
func readLines[T any](from *View, into *[]T) error {
	i := 0
	return from.Each(func(_ int, line []byte) error {
		i++
		if line == nil {
			return nil
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return damagedLine("", i-1, err)
		}
		*into = append(*into, v)
		return nil
	})
}

func damagedLine(file string, line int, err error) error {
	return &wire.Problem{
		Message: strings.TrimSpace(fmt.Sprintf("%s line %d: %v", file, line+1, err)),
		Hint:    "`primewindow check` says what else is wrong; bring the file back as it was written",
	}
}

// Modalities names those that a run with these settings is trained on, in order.
func Modalities(man *Manifest) []string {
	wanted := setting.ModalityNames(man.Settings)
	var names []string
	for _, m := range man.Data.Modalities {
		if len(wanted) == 0 || slices.Contains(wanted, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

// Definition says what a record of a trace measures; two definitions never share an axis.
func Definition(rec wire.Record) string {
	parts := []string{rec.Kind}
	if rec.Kind == inforeg.KindFisherEmp || rec.Kind == inforeg.KindFisherTrue {
		parts = append(parts, rec.Loss, rec.BN)
		for _, more := range []string{rec.Params, rec.Way} {
			if more != "" {
				parts = append(parts, more)
			}
		}
	}
	return strings.Join(parts, ", ")
}

// Key is what two records of the same measurement share. The value is not in it: measured again, the same measurement
// is known as such whatever it comes to.
func Key(r wire.Record) string {
	return fmt.Sprint(r.Step, r.Kind, r.Encoder, r.Loss, r.Labels, r.BN, r.N, r.Split, r.Readout, r.Params, r.Way)
}

// LastOf is the part of a cosine's way that says of how many gradients it is; empty for all that are kept.
func LastOf(way string) string {
	if i := strings.Index(way, "last "); i >= 0 {
		return way[i:]
	}
	return ""
}

// Scheduled reports whether a record is of the definition that the run measures by itself. Others of the same kind
// were asked for: they are on record, and no trace may mix them in.
func Scheduled(rec wire.Record, base setting.Values, changes []wire.Change) bool {
	if rec.Kind != inforeg.KindFisherEmp && rec.Kind != inforeg.KindFisherTrue {
		return true
	}
	// A schedule's measurement after so many steps is made under the settings of the last of these; before the first
	// step under those of the first, as there is none before.
	s := setting.At(base, changes, max(0, rec.Step-1))
	params := ""
	if s.Text("probe_params") == setting.ParamsWeights {
		params = setting.ParamsWeights
	}
	return rec.Loss == inforeg.LossFused && rec.Way == "" && rec.BN == s.Text("probe_bn") && rec.Params == params
}

// Scheduled reports whether a record is of the definition that the run measures by itself.
func (rec Recorded) Scheduled(p wire.Record) bool {
	return Scheduled(p, rec.Declared, rec.History.Events)
}

// Span is a number of steps to be taken again.
type Span struct{ From, To int }

// LostSpans are the steps that have to be taken again for what is lost, in order and apart from each other. Spans that
// touch are one: the state at the end of the first is the start of the second. A line of metrics is of the step from
// its number to the next.
func LostSpans(metrics, probes []Lost, gap, recorded int) (apart []Span) {
	var spans []Span
	for _, l := range metrics {
		spans = append(spans, Span{l.Line, l.Line + 1})
	}
	for _, l := range probes { // measured at the end of the step before, or in the step itself
		spans = append(spans, Span{max(0, l.Step-1), min(l.Step+1, recorded)})
	}
	if gap >= 0 {
		spans = append(spans, Span{max(0, gap-1), recorded})
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	for _, s := range spans {
		if n := len(apart); n > 0 && s.From <= apart[n-1].To {
			apart[n-1].To = max(apart[n-1].To, s.To)
		} else {
			apart = append(apart, s)
		}
	}
	return apart
}

// Warnings are the events that say that a number may not be what it seems. Events that a person caused, and those that
// only tell what was done, are none.
func Warnings(changes []wire.Change) (list []string) {
	for _, c := range changes {
		switch c.Event {
		case wire.EventDiffers, wire.EventDamaged, wire.EventLost, wire.EventUnproved, wire.EventUnreadable:
			list = append(list, fmt.Sprintf("step %d: %s", c.Step, c.Text))
		}
	}
	return list
}

// damageText says which lines are lost until the run is loaded and computes them again.
func damageText(metrics, probes []Lost) string {
	file, first := MetricsFile, slices.Concat(metrics, probes)[0]
	if len(metrics) == 0 {
		file = ProbesFile
	}
	return fmt.Sprintf(
		"%s of the record damaged or gone, the first %s %v; training or measuring computes them again",
		wire.Plural(len(metrics)+len(probes), "line"), file, first,
	)
}
