package shared

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// States of a run of a sweep.
const (
	Done    = "done"
	Running = "running"
	Waiting = "waiting"
	Failed  = "failed"
)

// Progress is how far a run is, as its worker notes it in its claim.
type Progress struct {
	Step  int     `json:"step"`
	Steps int     `json:"steps"`
	Rate  float64 `json:"rate,omitempty"` // steps a second
	Hours float64 `json:"hours"`          // that this attempt has taken
	MiB   int     `json:"mib,omitempty"`  // of memory that the worker has needed at most
}

// ProgressFile is where it is, in a claim's folder.
const ProgressFile = "progress.json"

// RunStatus is where a run of a sweep stands.
type RunStatus struct {
	Line     Line
	State    string
	Where    string   // who trains it, or did last
	Progress Progress // of the last attempt; of one that noted none, what others before it noted
	Moved    bool     // whether the last attempt noted some
	Best     int      // the furthest step that any attempt noted
	Attempts int
	Died     int    // workers that died of it
	Why      string // it failed, was given back, or a remark on a run that is done
	LastSign time.Duration
}

// Status is where a sweep stands.
type Status struct {
	Plan  *Plan
	Runs  []RunStatus
	Hours float64       // of workers, spent so far
	Left  time.Duration // by the rates that were measured, with as many workers as there are; 0: not known
}

// Count is how many runs are in a state.
func (s Status) Count(state string) (n int) {
	for _, r := range s.Runs {
		if r.State == state {
			n++
		}
	}
	return n
}

// Steps is how many steps all runs have taken at their furthest, as far as their workers have noted it.
func (s Status) Steps() (n int) {
	for _, r := range s.Runs {
		n += r.Best
	}
	return n
}

// Ended reports whether no run is left to be trained.
func (s Status) Ended() bool { return s.Count(Done)+s.Count(Failed) == len(s.Runs) }

// Line says in one line how far the sweep is.
func (s Status) Line() string {
	text := []string{fmt.Sprintf("%d of %d runs done", s.Count(Done), len(s.Runs))}
	for _, state := range []string{Running, Waiting, Failed} {
		if n := s.Count(state); n > 0 {
			text = append(text, fmt.Sprintf("%d %s", n, state))
		}
	}
	if s.Left > 0 {
		text = append(text, fmt.Sprintf("about %s left", s.Left.Round(time.Second)))
	}
	return strings.Join(text, ", ")
}

// Look reads where a sweep stands. It changes nothing.
func Look(dir string) (Status, error) {
	p, err := Read(dir)
	if err != nil {
		return Status{}, err
	}
	return p.Look()
}

// Look reads where the plan stands.
func (p *Plan) Look() (Status, error) {
	folder := p.Claims("")
	all, err := folder.All()
	if err != nil {
		return Status{}, err
	}
	s := Status{Plan: p}
	rates, last := map[string]float64{}, 0.0
	for _, line := range p.Runs {
		r := RunStatus{Line: line, State: Waiting}
		state := all[line.Hash]
		r.Attempts, r.Died, r.LastSign = state.Attempt, state.Died, state.Age
		for n := range state.Attempt {
			if got, ok := ReadProgress(folder.Path(line.Hash, n+1)); ok {
				s.Hours += got.Hours
				r.Progress, r.Moved, r.Best = got, n+1 == state.Attempt, max(r.Best, got.Step)
			}
		}
		if state.Attempt > 0 {
			r.Where = state.Owner.String()
		}
		switch end := state.Ended; {
		case end == nil && state.Attempt > 0 && !state.Gone:
			r.State = Running
		case end == nil && state.Gone:
			r.Why = "its worker is gone"
		case end == nil:
		case end.Done:
			r.State, r.Why = Done, end.Why
		case end.Failed:
			r.State, r.Why = Failed, end.Why
		default:
			r.Why = end.Why
		}
		if r.Progress.Rate > 0 {
			rates[line.Method], last = r.Progress.Rate, r.Progress.Rate
		}
		s.Runs = append(s.Runs, r)
	}
	seconds := 0.0
	for _, r := range s.Runs {
		rate, ok := rates[r.Line.Method]
		if !ok {
			rate = last
		}
		if rate > 0 && (r.State == Running || r.State == Waiting) {
			seconds += float64(max(0, r.Line.Steps-r.Progress.Step)) / rate
		}
	}
	if n := s.Count(Running); n > 0 {
		s.Left = time.Duration(seconds / float64(n) * float64(time.Second))
	}
	return s, nil
}

// ReadProgress reads what an attempt has noted, in its claim's folder.
func ReadProgress(dir string) (p Progress, ok bool) {
	text, err := os.ReadFile(filepath.Join(dir, ProgressFile))
	return p, err == nil && json.Unmarshal(text, &p) == nil
}

// Retry lets what failed be tried again, as if nobody had. It returns how many there are.
func Retry(dir string) (n int, err error) {
	p, err := Read(dir)
	if err != nil {
		return 0, err
	}
	folder := p.Claims("")
	for _, line := range p.Runs {
		state, err := folder.Look(line.Hash)
		if err != nil {
			return n, err
		}
		if state.Ended == nil || !state.Ended.Failed {
			continue
		}
		if err := folder.Forget(line.Hash, state.Attempt); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
