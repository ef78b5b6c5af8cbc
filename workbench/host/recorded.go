package host

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Recorded is what a run has on record: enough to show, draw and export it without a backend.
type Recorded struct {
	Status   wire.Status
	History  wire.History
	Declared setting.Values // at step 0; Status has those of the present step
	Floor    float64        // of the set's recipe, for windows of a run that none regulates; 0: no word of it
	Lost     string         // what is damaged or gone; empty where all is proved
}

// Recorded gives what the run has on record. Where it cannot be read just now, Lost says so.
func (r *Run) Recorded() Recorded {
	h, err := r.History()
	rec := Recorded{Status: r.Status(), History: h, Declared: r.base, Floor: r.man.floor()}
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.Lost = r.rec.lostText
	if err != nil {
		rec.Lost = "the record cannot be read now: " + wire.FirstLine(err)
	}
	return rec
}

// ReadRecorded reads a run's folder. Nothing is changed in it, so that it may be in use: a torn last line is
// left out.
func ReadRecorded(dir string) (Recorded, error) {
	man, err := readManifest(dir)
	if os.IsNotExist(err) {
		return Recorded{}, noRun(dir)
	}
	if err != nil {
		return Recorded{}, err
	}
	rec := Recorded{Declared: man.Settings, Floor: man.floor()}
	metrics, lostSteps, err := readView(dir, metricsFile, owned(metricsKind, man.ID))
	if err != nil {
		return Recorded{}, err
	}
	defer metrics.Close()
	probes, lostProbes, err := readView(dir, probesFile, owned(probesKind, man.ID))
	if err != nil {
		return Recorded{}, err
	}
	defer probes.Close()
	events, lostEvents, err := readView(dir, eventsFile, owned(eventsKind, man.ID))
	if err != nil {
		return Recorded{}, err
	}
	defer events.Close()
	if err := readHistory(&rec.History, metrics, probes); err != nil {
		return Recorded{}, fmt.Errorf("%s: %w", dir, err)
	}
	if err := readLines(events, &rec.History.Events); err != nil {
		return Recorded{}, fmt.Errorf("%s: %s: %w", dir, eventsFile, err)
	}
	want := parseTied(metrics.Noted())
	switch {
	case len(lostEvents) > 0:
		rec.Lost = fmt.Sprintf("%s: %v: what was set at that step is not known", eventsFile, lostEvents[0])
	case len(lostSteps)+len(lostProbes) > 0:
		rec.Lost = damageText(lostSteps, lostProbes)
	case events.Len() < want.events:
		rec.Lost = goneAtEnd(eventsFile, want.events-events.Len()) + ": what was set is not known"
	case probes.Len() < want.probes:
		rec.Lost = goneAtEnd(probesFile, want.probes-probes.Len()) + "; training or measuring computes them again"
	}
	settings := setting.Values{}
	maps.Copy(settings, man.Settings)
	for i, c := range rec.History.Events {
		if err := checkChange(c, man.Settings); err != nil {
			return Recorded{}, &wire.Problem{Message: fmt.Sprintf("%s line %d: %v", filepath.Join(dir, eventsFile), i+1, err), Hint: handHint}
		}
		if c.Event == wire.EventSet {
			settings[c.Name] = c.New
		}
	}
	s := wire.Status{
		Name: man.Name, Dir: dir, Data: man.Data.Name, Method: settings.Method(), Seed: man.Seed, State: wire.Idle,
		Step: len(rec.History.Metrics), StepsPerEpoch: man.StepsPerEpoch, Settings: settings, Epochs: settings.Epochs(),
		Accuracy: map[string]float64{},
	}
	s.Epoch = s.Step / max(1, s.StepsPerEpoch)
	clock, _ := man.Settings.Clock(max(1, s.StepsPerEpoch))
	s.StepsPerTest = clock.Interval
	if man.Parent != nil {
		s.Parent = fmt.Sprintf("%s at step %d", man.Parent.Run, man.Parent.Step)
	}
	s.Modalities = modalities(man) // without the model: a cell may have defined an encoder of it
	if s.Step > 0 {
		s.Loss = rec.History.Metrics[s.Step-1]["loss"]
	}
	for _, p := range rec.History.Probes {
		if p.Kind == inforeg.KindAccuracy && p.Split == "val" && p.Readout != wire.ReadoutLinear {
			s.Accuracy[p.Encoder] = p.Value
		}
	}
	if s.Warnings = warnings(rec.History.Events); rec.Lost != "" {
		s.Warnings = append(s.Warnings, rec.Lost)
	}
	rec.Status = s
	return rec, nil
}

func noRun(dir string) error {
	return &wire.Problem{Message: fmt.Sprintf("no run in %s: it has no %s", dir, manifestFile), Hint: "`primewindow ps` lists the runs of a project; they live in its folder runs"}
}

// readView opens a view of one of a run's files. Damage is looked at twice: another process may just have replaced the file.
func readView(dir, file string, kind record.Options) (*record.View, []record.Lost, error) {
	for again := false; ; again = true {
		v, _, err := record.Read(filepath.Join(dir, file), kind)
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

// readHistory reads steps and measurements. Of a step whose line is lost the numbers of step and epoch are known.
func readHistory(h *wire.History, metrics, probes *record.View) error {
	h.Metrics = make([]map[string]float64, 0, metrics.Len())
	err := metrics.Each(func(step int, line []byte) error {
		m := map[string]float64{"step": float64(step)}
		if line != nil {
			clear(m)
			if err := json.Unmarshal(line, &m); err != nil {
				return damagedLine(metricsFile, len(h.Metrics), err)
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
func readLines[T any](from *record.View, into *[]T) error {
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
	return &wire.Problem{Message: strings.TrimSpace(fmt.Sprintf("%s line %d: %v", file, line+1, err)), Hint: "`primewindow check` says what else is wrong; bring the file back as it was written"}
}
