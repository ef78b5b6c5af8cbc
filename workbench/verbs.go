package workbench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// Step trains n more steps: run again, it trains n more. An interrupt pauses the run.
func (r *Run) Step(n int, views ...View) { r.watched(wire.Train{Steps: &n}, views) }

// To trains until so many steps are done: run again, it does nothing. An interrupt pauses the run.
func (r *Run) To(step int, views ...View) { r.watched(wire.Train{ToStep: &step}, views) }

// ToEpoch trains until so many epochs are done: run again, it does nothing. An interrupt pauses the run.
func (r *Run) ToEpoch(epoch int, views ...View) { r.watched(wire.Train{ToEpoch: &epoch}, views) }

func (r *Run) watched(ask wire.Train, views []View) {
	cell(func(ctx context.Context, out *screen) error {
		w := newWatch(ctx, out, views)
		s, err := r.train(ctx, ask, w)
		w.end(s, err)
		return err
	})
}

// Start lets the run train on in the host, up to the planned number of epochs, while cells do other things.
func (r *Run) Start() {
	cell(func(ctx context.Context, out *screen) error {
		s, err := r.StartContext(ctx)
		if err != nil {
			return err
		}
		warn(out, s)
		goal := s.Epochs * s.StepsPerEpoch
		if s.Step >= goal {
			out.print(fmt.Sprintf("%s is at step %d of the planned %d: nothing to do", s.Name, s.Step, goal))
			return nil
		}
		out.print(
			fmt.Sprintf(
				"%s trains on in the host, from step %d to step %d (epoch %d); Follow shows it, Pause stops it", s.Name,
				s.Step, goal, s.Epochs,
			),
		)
		return nil
	})
}

// Pause pauses training, whoever asked for it, after the step under way.
func (r *Run) Pause() {
	cell(func(ctx context.Context, out *screen) error {
		s, err := r.PauseContext(ctx)
		if err == nil {
			out.print(fmt.Sprintf("%s is paused at step %d", s.Name, s.Step))
		}
		return err
	})
}

// Follow shows training that goes on in the host until it ends. An interrupt ends only the showing.
func (r *Run) Follow(views ...View) {
	cell(func(ctx context.Context, out *screen) error {
		c, s, err := r.attach(ctx)
		if err != nil {
			return err
		}
		if len(views) == 0 {
			views = []View{Live}
		}
		w := newWatch(ctx, out, views)
		w.begin(c, s)
		err = r.follow(ctx, c, w.event)
		s = w.at()
		w.end(s, nil)
		if ctx.Err() != nil {
			return &interruptedError{
				fmt.Sprintf("no longer following %s at step %d; it trains on in the host", s.Name, s.Step), ctx.Err(),
			}
		}
		return err
	})
}

// Set changes settings from the present step on, and says what changed.
func (r *Run) Set(options ...Option) {
	cell(func(ctx context.Context, out *screen) error {
		s, changes, err := r.SetContext(ctx, options...)
		if err != nil {
			return err
		}
		lines := make([]string, len(changes))
		for i, c := range changes {
			if c.Old == c.New {
				lines[i] = fmt.Sprintf("%s: %s is %v already", s.Name, c.Name, c.New)
			} else {
				lines[i] = fmt.Sprintf("%s: %s %v → %v from step %d on", s.Name, c.Name, c.Old, c.New, s.Step)
			}
		}
		out.print(strings.Join(lines, "\n"))
		return nil
	})
}

// Evaluate measures accuracies on a split at the present step, and the [MacroF1] of the fused prediction, shows them
// and puts them on record; see [Run.EvaluateContext].
func (r *Run) Evaluate(split Split) []Record {
	return r.measured(func(ctx context.Context) ([]Record, error) { return r.EvaluateContext(ctx, split) })
}

// Probe measures a kind of probe at the present step, shows it and puts it on record; see [Run.ProbeContext].
func (r *Run) Probe(kind ProbeKind, options ...ProbeOption) []Record {
	return r.measured(func(ctx context.Context) ([]Record, error) { return r.ProbeContext(ctx, kind, options...) })
}

func (r *Run) measured(measure func(context.Context) ([]Record, error)) (list []Record) {
	cell(func(ctx context.Context, out *screen) error {
		var err error
		if list, err = measure(ctx); err == nil {
			out.print(recordTable(r.name, list))
		}
		return err
	})
	return list
}

// Show says where the run is, and creates it if it is new.
func (r *Run) Show() {
	cell(func(ctx context.Context, out *screen) error {
		s, err := r.StatusContext(ctx)
		if err != nil {
			return err
		}
		out.print(statusText(s))
		return nil
	})
}

// statusText is a status in a few lines.
func statusText(s Status) string {
	lines := []string{where(s)}
	if s.Step > 0 {
		line := fmt.Sprintf("loss %.4g nats", s.Loss)
		if a := accuracies(s); a != "" {
			line += ", " + a
		}
		lines = append(lines, line)
	}
	if s.Parent != "" {
		lines = append(lines, "forked from "+s.Parent)
	}
	for _, what := range slices.Sorted(maps.Keys(s.Code)) {
		lines = append(lines, fmt.Sprintf("code of %s: %s", what, s.Code[what]))
	}
	if s.Problem != nil {
		lines = append(lines, "stopped: "+wire.JoinLines(s.Problem.Message))
	}
	for _, w := range s.Warnings {
		lines = append(lines, "warning: "+w)
	}
	return strings.Join(lines, "\n")
}

// History gives all that is on record.
func (r *Run) History() (h History) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		h, err = r.HistoryContext(ctx)
		return err
	})
	return h
}

// Features gives a modality's features of all samples of a split at the present step: [n, D].
func (r *Run) Features(split Split, modality string) (a Array) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		a, err = r.FeaturesContext(ctx, split, modality)
		return err
	})
	return a
}

// Var gives a variable at the present step; see [Run.VarContext].
func (r *Run) Var(name string) (a Array) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		a, err = r.VarContext(ctx, name)
		return err
	})
	return a
}

// Gradient gives a variable's gradient on the batch that the next step takes; see [Run.GradientContext].
func (r *Run) Gradient(name string) (a Array) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		a, err = r.GradientContext(ctx, name)
		return err
	})
	return a
}

// Activation gives what a layer returns for the batch that the next step takes; see [Run.ActivationContext].
func (r *Run) Activation(layer string) (a Array) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		a, err = r.ActivationContext(ctx, layer)
		return err
	})
	return a
}

// SampleNorms gives the squared gradient norms of the probe samples, the largest first; see [Run.SampleNormsContext].
func (r *Run) SampleNorms(modality string) (a Array) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		a, err = r.SampleNormsContext(ctx, modality)
		return err
	})
	return a
}

// Batch gives the batch that the next step takes, by modality, and its labels under "label".
func (r *Run) Batch() (arrays map[string]Array) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		arrays, err = r.BatchContext(ctx)
		return err
	})
	return arrays
}

// Export writes the run for other programs; see [Run.ExportContext] for the formats.
func (r *Run) Export(format, path string) {
	cell(func(ctx context.Context, out *screen) error {
		written, err := r.ExportContext(ctx, format, path)
		if err == nil {
			out.print(written)
		}
		return err
	})
}

// Fresh archives the run and starts it over. A cell that does so does it each time it is run.
func (r *Run) Fresh() {
	cell(func(ctx context.Context, out *screen) error {
		s, err := r.FreshContext(ctx)
		if err == nil {
			out.print("started over; what was there is kept in runs/.archive\n" + where(s))
		}
		return err
	})
}

// Runs lists the project's runs and shows where each is.
func Runs() (list []Status) {
	cell(func(ctx context.Context, out *screen) (err error) {
		if list, err = RunsContext(ctx); err != nil {
			return err
		}
		lines := make([]string, len(list))
		for i, s := range list {
			lines[i] = where(s)
		}
		if len(lines) == 0 {
			lines = []string{"no runs yet"}
		}
		out.print(strings.Join(lines, "\n"))
		return nil
	})
	return list
}

// Sets lists the sets of samples that there are, and where each is.
func Sets() (list []Set) {
	cell(func(ctx context.Context, out *screen) (err error) {
		if list, err = SetsContext(ctx); err != nil {
			return err
		}
		lines := make([]string, len(list))
		for i, s := range list {
			lines[i] = fmt.Sprintf("%-14s %s (%s)", s.Name, s.Doc, s.State)
		}
		out.print(strings.Join(lines, "\n"))
		return nil
	})
	return list
}

// Settings shows the settings of a run declared with these options: default, range, whether it may change in the middle
// of a run, and what it is for. With a name it shows those whose names have it in them.
//
//	wb.Settings("window", wb.InfoReg())
func Settings(name string, options ...Option) {
	cell(func(ctx context.Context, out *screen) error {
		list, err := SettingsContext(ctx, name, options...)
		if err != nil {
			return err
		}
		out.table(report.Settings(list))
		return nil
	})
}

// ShowData says what the set holds that a run declared with these options would be trained on, and shows n of its
// training samples as pictures:
//
//	wb.ShowData(8, wb.Data("digits"))
//
// Outside a notebook the picture is kept as figures/NAME.png below the working folder.
func ShowData(n int, options ...Option) {
	cell(func(ctx context.Context, out *screen) error {
		v, err := DataContext(ctx, n, options...)
		if err != nil {
			return err
		}
		out.print(strings.Join(v.Lines, "\n"))
		return out.figure(&v.Figure, ".", v.Name)
	})
}

// Draw draws a figure of what runs have on record: [Trace], [TrueTrace], [Released], [Running], [Smooth], [Layers],
// [Gap], [Motion], [Cosine], [Accuracy] or [Loss]; and [TopSamples] of one run, which are measured when they are drawn.
func Draw(kind FigureKind, runs ...*Run) {
	cell(func(ctx context.Context, out *screen) error {
		f, dir, err := drawn(ctx, kind, runs)
		if err != nil {
			return err
		}
		return out.figure(f, dir, string(kind))
	})
}
