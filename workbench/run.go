package workbench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// These types are the protocol's own; what each field means stands beside them.
type (
	// Status says where a run is.
	Status = wire.Status
	// Record is one measured number and what it is.
	Record = wire.Record
	// History is all that a run has on record.
	History = wire.History
	// Event is one sign of life of a run that trains.
	Event = wire.Event
	// Problem is an error with what to do about it.
	Problem = wire.Problem
)

// Run is a handle on a run. Its zero value names none; make one with [Open] or [Run.Fork]. A handle holds no
// state of the run and may be used from several goroutines.
type Run struct {
	name string
	decl declaration
	from *Run // of a fork
	at   At
}

// Open declares a run. It does no work: see the package comment.
func Open(name string, options ...Option) *Run {
	return &Run{name: name, decl: collect(options)}
}

// Fork declares a run that is bit for bit r up to a point that r has reached, and goes on from there with what
// options change; only settings that may change in the middle of a run can be named. It does no work, like
// [Open].
func (r *Run) Fork(name string, at At, options ...Option) *Run {
	return &Run{name: name, decl: collect(options), from: r, at: at}
}

// Name is the name under which the run was declared.
func (r *Run) Name() string { return r.name }

// check reports what is wrong with the declaration, as far as that shows without the host.
func (r *Run) check() error {
	if r == nil {
		return &Problem{Message: "the run is nil", Hint: "declare it above, with wb.Open"}
	}
	if r.name == "" {
		return &Problem{Message: "a run without a name", Hint: `name a run with wb.Open, for example wb.Open("first")`}
	}
	if err := wire.CheckRunName(r.name); err != nil {
		return err
	}
	if r.decl.err != nil {
		return r.told(r.decl.err)
	}
	if r.from == nil && r.at == (At{}) {
		return nil
	}
	if err := r.at.check(); err != nil {
		return r.told(err)
	}
	switch {
	case r.from == nil:
		return r.told(&Problem{Message: "fork of a run that is nil", Hint: "declare it above, with wb.Open"})
	case r.decl.like != nil:
		return r.told(&Problem{Message: "a fork has its parent's settings already", Hint: "leave Like out"})
	case r.from.name == r.name:
		return r.told(&Problem{Message: "a fork of itself", Hint: "give it a name of its own"})
	}
	return nil
}

// told puts the run's name before a problem.
func (r *Run) told(err error) error {
	if p, ok := errors.AsType[*Problem](err); ok {
		return &Problem{Message: r.name + ": " + p.Message, Hint: p.Hint}
	}
	return fmt.Errorf("%s: %w", r.name, err)
}

// declaration is what the host is asked for.
func (r *Run) declaration() wire.Declaration {
	d := wire.Declaration{Settings: map[string]any{}}
	maps.Copy(d.Settings, r.decl.settings)
	switch {
	case r.from != nil:
		d.Fork = &wire.Fork{Run: r.from.name, Step: r.at.step, Epoch: r.at.epoch}
	case r.decl.like != nil:
		d.Like = r.decl.like.name
	case os.Getenv("PRIMEWINDOW_SMOKE") == "1":
		shrink(d.Settings)
	}
	return d
}

// shrink makes a run on made data as small as every figure allows, in all that was not asked for.
func shrink(settings map[string]any) {
	if name, ok := settings["data"]; ok && name != "synth" {
		return
	}
	for name, value := range map[string]any{
		"data.train": 128, "data.val": 48, "data.test": 48, "batch": 16, "probe_samples": 32, "linear_samples": 64,
	} {
		if _, ok := settings[name]; !ok {
			settings[name] = value
		}
	}
}

// attach creates the run or attaches to it, after the runs that it is declared by.
func (r *Run) attach(ctx context.Context) (*client, Status, error) {
	if err := r.check(); err != nil {
		return nil, Status{}, err
	}
	c, err := connect(ctx)
	if err != nil {
		return nil, Status{}, err
	}
	s, err := r.declare(ctx, c, 0)
	if err == nil {
		tell(ctx, &s)
	}
	return c, s, err
}

// maxLineage bounds how many runs may be declared by each other in turn.
const maxLineage = 100

func (r *Run) declare(ctx context.Context, c *client, depth int) (Status, error) {
	if err := r.check(); err != nil {
		return Status{}, err
	}
	if depth > maxLineage {
		return Status{}, r.told(
			&Problem{Message: "declared by itself", Hint: "look at the Like and Fork of these runs"},
		)
	}
	for _, other := range []*Run{r.from, r.decl.like} {
		if other == nil {
			continue
		}
		if _, err := other.declare(ctx, c, depth+1); err != nil {
			return Status{}, err
		}
	}
	var s Status
	err := c.call(ctx, "PUT", r.path(""), r.declaration(), &s)
	return s, err
}

func (r *Run) path(call string) string {
	if call == "" {
		return "/runs/" + r.name
	}
	return "/runs/" + r.name + "/" + call
}

// String says where the run is, in one line. It starts no host and creates no run: without a host that knows
// the run it shows the declaration.
func (r *Run) String() string {
	if err := r.check(); err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c, err := reach(ctx); err == nil {
		var s Status
		if c.call(ctx, "GET", r.path(""), nil, &s) == nil {
			return where(s)
		}
	}
	d := r.declaration()
	parts := make([]string, 0, len(d.Settings)+1)
	if d.Fork != nil {
		parts = append(parts, fmt.Sprintf("fork of %s at %v", d.Fork.Run, r.at))
	}
	if d.Like != "" {
		parts = append(parts, "like "+d.Like)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Settings)) {
		parts = append(parts, fmt.Sprintf("%s %v", name, d.Settings[name]))
	}
	return strings.TrimSuffix(r.name+": "+strings.Join(parts, ", "), ": ") + " (no host knows it yet)"
}

// where is a status in one line.
func where(s Status) string {
	line := fmt.Sprintf("%s: data %s, method %s, seed %d, epoch %d of %d, step %d, %s",
		s.Name, s.Data, s.Method, s.Seed, s.Epoch, s.Epochs, s.Step, s.State)
	if s.Stepper != "" {
		line += " by " + s.Stepper
	}
	return line
}
