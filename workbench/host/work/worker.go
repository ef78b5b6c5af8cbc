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
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/internal/claims"
	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// mostDeaths is how many workers in a row may die of a run, none of which got further than those before. After one more
// it is a hole. One that gets further each time comes to its end, however often its workers are killed.
const mostDeaths = 3

// noted is how often a worker notes how far a run is.
const noted = time.Second

// Worker trains runs of a plan that others may work on as well.
type Worker struct {
	Plan *shared.Plan
	Out  io.Writer // is told what begins and ends, a line each

	sweep  *sweep.Sweep
	claims claims.Folder
}

// Join opens a sweep for a worker. The plan is made again from what it asks for, and has to come out the same: a node
// with other files, another program or another plugin is refused. job is the scheduler's name of this process, empty
// without one.
func Join(shop *run.Shop, dir, job string, out io.Writer) (*Worker, error) {
	p, err := shared.Read(dir)
	if err != nil {
		return nil, err
	}
	shop.Claimed = true
	s, err := sweep.Share(shop, comparison(p))
	if err != nil {
		return nil, err
	}
	here, err := planOf(s)
	if err != nil {
		return nil, err
	}
	if err := same(p, here); err != nil {
		return nil, err
	}
	if err := alike(p, here); err != nil {
		return nil, err
	}
	return &Worker{Plan: p, Out: out, sweep: s, claims: p.Claims(job)}, nil
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
func (w *Worker) take(line shared.Line) (*claims.Claim, error) {
	c, err := w.claims.Take(line.Hash)
	if err != nil || c == nil {
		return nil, err
	}
	n, err := w.fruitless(line.Hash, c.Attempt)
	if err != nil {
		return nil, errors.Join(err, c.Finish(claims.End{Why: "it could not be looked at"}))
	}
	if n > mostDeaths {
		why := fmt.Sprintf("%d workers in a row died of it, the last on %s", n, c.Before.Owner)
		fmt.Fprintf(w.Out, "%s: given up: %s\n", line.Run, why)
		return nil, c.Finish(claims.End{Failed: true, Why: why})
	}
	return c, nil
}

// fruitless counts the attempts before this one, from the last backwards, whose workers died without getting further
// than others before them.
func (w *Worker) fruitless(hash string, attempt int) (n int, err error) {
	best := 0
	for i := 1; i < attempt; i++ {
		end, err := w.claims.Ended(hash, i)
		if err != nil {
			return 0, err
		}
		got, _ := shared.ReadProgress(w.claims.Path(hash, i))
		if n++; end != nil || got.Step > best {
			n = 0
		}
		best = max(best, got.Step)
	}
	return n, nil
}

// train trains a claimed run and publishes it.
func (w *Worker) train(ctx context.Context, r *sweep.Run, line shared.Line, c *claims.Claim) (err error) {
	how := claims.End{Why: "the worker was told to stop"}
	defer func() { err = errors.Join(err, c.Finish(how)) }()
	final := filepath.Join(w.Plan.Dir, line.Run)
	// What this attempt does is its own, until it is published.
	r.Dir = filepath.Join(w.attempt(line, c.Attempt), line.Run)
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
	case ofPlace(r.Err()):
		// No fault of the run's: here no run can be trained now.
		how = claims.End{Why: o.Missing}
		return r.Err()
	case o.Missing != "":
		fmt.Fprintf(w.Out, "%s has no result: %s\n", line.Run, wire.OneLine(o.Missing))
		how = claims.End{Failed: true, Why: o.Missing}
	default:
		how = claims.End{Done: true}
	}
	note, equal, err := publish(r.Dir, final)
	if err != nil {
		how = claims.End{Why: "not published: " + wire.FirstLine(err)}
		return err
	}
	if note != "" {
		fmt.Fprintf(w.Out, "%s: %s\n", line.Run, note)
		how.Why = strings.TrimPrefix(how.Why+"; "+note, "; ")
	}
	if !equal { // which of both is right nobody knows
		how.Done, how.Failed = false, true
	}
	if how.Done {
		fmt.Fprintf(w.Out, "%s: epoch %d, fused %.1f %%\n", line.Run, o.Epoch, 100*o.Accuracies[0].Value)
	}
	r.Dir = final
	return os.RemoveAll(w.attempt(line, c.Attempt))
}

// ofPlace reports an error that says something of the machine or the folder, and nothing of the run: no room, no right
// to write, a disk or a server that fails.
func ofPlace(err error) bool {
	for _, one := range []error{
		unix.ENOSPC, unix.EDQUOT, unix.EROFS, unix.EACCES, unix.EPERM, unix.EIO, unix.ESTALE, unix.ENOMEM, unix.EMFILE,
		unix.ENFILE,
	} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

var errLost = errors.New("work: the claim was taken over")

// inherit gives an attempt what is there of its run: what stands where the comparison has it, from before it was
// shared, or a copy of what the attempt before this one left. It is a copy because that one may only be asleep.
func (w *Worker) inherit(line shared.Line, attempt int, final, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	if err := os.Rename(final, dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	have := false
	for n := attempt - 1; n > 0; n-- {
		from := filepath.Join(w.attempt(line, n), line.Run)
		if _, err := os.Stat(from); err == nil && !have {
			if err := copyTree(from, dir); err != nil {
				return err
			}
			have = true
		}
		// Only what its owner gave back is surely nobody's any more.
		if end, err := w.claims.Ended(line.Hash, n); err == nil && end != nil {
			if err := os.RemoveAll(w.attempt(line, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt is where an attempt works.
func (w *Worker) attempt(line shared.Line, n int) string {
	return filepath.Join(w.Plan.Dir, workDir, fmt.Sprintf("%s.%d", line.Hash, n))
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
		text, err := json.Marshal(shared.Progress{
			Step: s.Step, Steps: s.Epochs * s.StepsPerEpoch, Rate: s.Rate, Hours: time.Since(began).Hours(),
			MiB: int(timing.PeakMiB()),
		})
		if err == nil {
			_ = whole.WriteFile(filepath.Join(dir, shared.ProgressFile), text)
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
