package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

// Recorded is what a run has on record: enough to show, draw and export it without a backend.
type Recorded struct {
	Status   wire.Status
	History  wire.History
	Declared Settings // at step 0; Status has those of the present step
}

// Recorded gives what the run has on record.
func (r *Run) Recorded() Recorded { return Recorded{r.Status(), r.History(), r.base} }

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
	rec := Recorded{Declared: man.Settings}
	if err := readLines(filepath.Join(dir, metricsFile), &rec.History.Metrics); err != nil {
		return Recorded{}, err
	}
	if err := readLines(filepath.Join(dir, probesFile), &rec.History.Probes); err != nil {
		return Recorded{}, err
	}
	if err := readLines(filepath.Join(dir, eventsFile), &rec.History.Events); err != nil {
		return Recorded{}, err
	}
	settings := Settings{}
	maps.Copy(settings, man.Settings)
	for _, c := range rec.History.Events {
		if c.Event == eventSet {
			settings[c.Name] = c.New
		}
	}
	s := wire.Status{
		Name: man.Name, Dir: dir, Data: man.Data.Name, Method: settings.text("method"), Seed: man.Seed, State: wire.Idle,
		Step: len(rec.History.Metrics), StepsPerEpoch: man.StepsPerEpoch, Settings: settings, Epochs: settings.whole("epochs"),
		Accuracy: map[string]float64{},
	}
	s.Epoch = s.Step / max(1, s.StepsPerEpoch)
	if man.Parent != nil {
		s.Parent = fmt.Sprintf("%s at step %d", man.Parent.Run, man.Parent.Step)
	}
	s.Modalities = modalities(man) // without the model: a cell may have defined an encoder of it
	if s.Step > 0 {
		s.Loss = rec.History.Metrics[s.Step-1]["loss"]
	}
	for _, p := range rec.History.Probes {
		if p.Kind == inforeg.KindAccuracy && p.Split == "val" && p.Readout != readoutLinear {
			s.Accuracy[p.Encoder] = p.Value
		}
	}
	rec.Status = s
	return rec, nil
}

func noRun(dir string) error {
	return &wire.Problem{Message: fmt.Sprintf("no run in %s: it has no %s", dir, manifestFile), Hint: "`primewindow ps` lists the runs of a project; they live in its folder runs"}
}

// readLines reads the complete lines of a file of JSON lines; a file that is not there has none.
func readLines[T any](path string, into *[]T) error {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	for i, line := range bytes.Split(text, []byte{'\n'}) {
		if len(line) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return &wire.Problem{Message: fmt.Sprintf("%s line %d: %v", path, i+1, err), Hint: "the line is damaged: take it out"}
		}
		*into = append(*into, v)
	}
	return nil
}
