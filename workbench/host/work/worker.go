package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/primewindow/primewindow/internal/claims"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// mostDeaths is how many workers may die of a run before it is a hole.
const mostDeaths = 3

// noted is how often a worker notes how far a run is.
const noted = time.Second

// Worker trains runs of a plan that others may work on as well.
type Worker struct {
	Plan *Plan
	Out  io.Writer // is told what begins and ends, a line each

	sweep  *sweep.Sweep
	claims claims.Folder
}

// Join opens a sweep for a worker. The plan is made again from what it asks for, and has to come out the same: a node
// with other files, another program or another plugin is refused. job is the scheduler's name of this process, empty
// without one.
func Join(shop *run.Shop, dir, job string, out io.Writer) (*Worker, error) {
	p, err := Read(dir)
	if err != nil {
		return nil, err
	}
	s, err := sweep.Share(shop, p.comparison())
	if err != nil {
		return nil, err
	}
	here, err := planOf(s)
	if err != nil {
		return nil, err
	}
	if err := p.same(here); err != nil {
		return nil, err
	}
	if err := p.alike(here); err != nil {
		return nil, err
	}
	return &Worker{Plan: p, Out: out, sweep: s, claims: p.claims(job)}, nil
}

// Limits say which of a plan's runs a worker trains.
type Limits struct {
	Shard, Shards int // of every Shards runs the Shard-th alone, from 0; 0 shards: any
	Most          int // runs; 0: as long as there are some
}

// Work trains runs that nobody has, one after the other, until none is left that it may take. When ctx ends, the step
// under way is finished, the run is given back, and ctx's error is returned. A run that fails is noted with its reason,
// and is no error.
func (w *Worker) Work(ctx context.Context, l Limits) (trained int, err error) {
	for taken := true; taken; {
		taken = false
		for i, line := range w.Plan.Runs {
			if l.Shards > 0 && i%l.Shards != l.Shard || l.Most > 0 && trained >= l.Most {
				continue
			}
			c, err := w.take(line)
			if err != nil {
				return trained, err
			}
			if c == nil {
				continue
			}
			taken = true
			if err := w.train(ctx, w.sweep.Runs[i], line, c); err != nil {
				return trained, err
			}
			trained++
		}
	}
	return trained, nil
}

// take takes a run that is there to be trained. One of which workers die again and again becomes a hole.
func (w *Worker) take(line Line) (*claims.Claim, error) {
	state, err := w.claims.Look(line.Hash)
	if err != nil || !state.Open() {
		return nil, err
	}
	c, err := w.claims.Take(line.Hash)
	if err != nil || c == nil {
		return nil, err
	}
	if state.Died >= mostDeaths {
		why := fmt.Sprintf("%d workers died of it, the last on %s", state.Died, state.Owner)
		fmt.Fprintf(w.Out, "%s: given up: %s\n", line.Run, why)
		return nil, c.Finish(claims.End{Failed: true, Why: why})
	}
	return c, nil
}

// train trains a claimed run and publishes it.
func (w *Worker) train(ctx context.Context, r *sweep.Run, line Line, c *claims.Claim) (err error) {
	how := claims.End{Why: "the worker was told to stop"}
	defer func() { err = errors.Join(err, c.Finish(how)) }()
	final := filepath.Join(w.Plan.Dir, line.Run)
	// What this attempt does is its own, until it is published.
	r.Dir = filepath.Join(w.Plan.Dir, workDir, fmt.Sprintf("%s.%d", line.Hash, c.Attempt), line.Run)
	if err := w.inherit(line, c.Attempt, final, r.Dir); err != nil {
		return err
	}
	if err := w.sweep.Reopen(r); err != nil {
		how = claims.End{Failed: true, Why: wire.FirstLine(err)}
		return nil
	}
	fmt.Fprintf(w.Out, "%s: from step %d of %d, attempt %d\n", line.Run, r.Done, r.Steps, c.Attempt)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() {})
	defer stop()
	go func() {
		select {
		case <-c.Lost():
			cancel(errLost)
		case <-ctx.Done():
		}
	}()
	began := time.Now()
	trainErr := w.sweep.Train(ctx, r, func(r *run.Run) (stop func()) { return follow(r, c.Dir(), began) })
	o, ok := r.Outcome()
	switch {
	case errors.Is(context.Cause(ctx), errLost):
		fmt.Fprintf(w.Out, "%s: another worker has taken it over\n", line.Run)
		return nil
	case trainErr != nil:
		return trainErr
	case !ok:
		return fmt.Errorf("work: %s has come to nothing", line.Run)
	case o.Missing != "":
		fmt.Fprintf(w.Out, "%s has no result: %s\n", line.Run, wire.OneLine(o.Missing))
		how = claims.End{Failed: true, Why: o.Missing}
	default:
		how = claims.End{Done: true}
	}
	note, err := publish(r.Dir, final)
	if err != nil {
		how = claims.End{Why: "not published: " + wire.FirstLine(err)}
		return err
	}
	if note != "" {
		how.Why = note
	}
	if how.Done {
		fmt.Fprintf(w.Out, "%s: epoch %d, fused %.1f %%\n", line.Run, o.Epoch, 100*o.Accuracies[0].Value)
	}
	r.Dir = final
	return os.RemoveAll(
		filepath.Dir(filepath.Join(w.Plan.Dir, workDir, fmt.Sprintf("%s.%d", line.Hash, c.Attempt), line.Run)),
	)
}

var errLost = errors.New("work: the claim was taken over")

// inherit gives an attempt what is there of its run: what stands where the comparison has it, from before it was
// shared, or a copy of what the attempt before this one left. It is a copy because that one may only be asleep.
func (w *Worker) inherit(line Line, attempt int, final, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	if err := os.Rename(final, dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for n := attempt - 1; n > 0; n-- {
		from := filepath.Join(w.Plan.Dir, workDir, fmt.Sprintf("%s.%d", line.Hash, n), line.Run)
		if _, err := os.Stat(from); err != nil {
			continue
		}
		if err := copyTree(from, dir); err != nil {
			return err
		}
		// Only what its owner gave back is surely nobody's any more.
		if s, err := w.claims.Ended(line.Hash, n); err == nil && s != nil {
			return os.RemoveAll(filepath.Dir(from))
		}
		return nil
	}
	return nil
}

// copyTree copies a run's folder as it is now. Its last lines may be cut off where another process writes to it, which
// is what a kill leaves as well: the run computes them again.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch target := filepath.Join(to, rel); {
		case e.IsDir():
			return os.MkdirAll(target, 0o777)
		case !e.Type().IsRegular():
			return nil
		default:
			text, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) { // a snapshot that was dropped meanwhile
				return nil
			}
			if err != nil {
				return err
			}
			return os.WriteFile(target, text, 0o666)
		}
	})
}

// Progress is how far a run is, as its worker notes it in its claim.
type Progress struct {
	Step  int     `json:"step"`
	Steps int     `json:"steps"`
	Rate  float64 `json:"rate,omitempty"` // steps a second
	Hours float64 `json:"hours"`          // that this attempt has taken
	MiB   int     `json:"mib,omitempty"`  // of memory that the worker has needed at most
}

const progressFile = "progress.json"

// follow notes how far a run is, once a second at most, in its claim's folder. What cannot be written is left out: it
// is for looking at alone.
func follow(r *run.Run, dir string, began time.Time) (stop func()) {
	var mu sync.Mutex
	last := time.Time{}
	write := func(s wire.Status, now bool) {
		mu.Lock()
		defer mu.Unlock()
		if !now && time.Since(last) < noted {
			return
		}
		last = time.Now()
		text, err := json.Marshal(Progress{
			Step: s.Step, Steps: s.Epochs * s.StepsPerEpoch, Rate: s.Rate, Hours: time.Since(began).Hours(),
			MiB: peakMiB(),
		})
		if err == nil {
			_ = whole.WriteFile(filepath.Join(dir, progressFile), text)
		}
	}
	events, unwatch := r.Watch()
	var done sync.WaitGroup
	done.Go(func() {
		for e := range events {
			write(e.Status, false)
		}
	})
	return func() {
		unwatch()
		done.Wait()
		write(r.Status(), true)
	}
}
