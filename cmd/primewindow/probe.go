package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// probeCommand measures at any recorded step. The run itself is not touched: a copy is taken back to the step. The copy
// is a fork beside the run, which is removed at the end. To make it the run is opened, so it must not be in use, and
// what is damaged in it is mended. A kill leaves the folder .probe-*, which nothing reads; the next probe removes it.
func probeCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("probe")
	var ask wire.Probe
	f.StringVar(
		&ask.Kind, "kind", "fisher_emp",
		"`kind`: "+strings.Join(probe.Kinds(), ", ")+", or samples, which draws them",
	)
	f.StringVar(&ask.Loss, "loss", "", "`loss`: fused, unimodal, sum")
	f.StringVar(&ask.Labels, "labels", "", "of fisher_true: `labels` exact or sampled")
	f.StringVar(&ask.BN, "bn", "", "batch-norm `statistics`: recalibrated, eval, const, coupled, share")
	f.StringVar(&ask.Estimator, "estimator", "", "`estimator`: exact, rademacher, balanced")
	f.BoolVar(&ask.Weights, "weights", false, "convolution and linear weights alone")
	f.BoolVar(&ask.Whole, "whole", false, "the model as a whole, all encoders and the head, and the head's part")
	f.IntVar(&ask.Draws, "draws", 0, "`number` of draws of signs or labels")
	f.IntVar(&ask.Samples, "samples", 0, "`number` of training samples; 0: the run's setting")
	f.IntVar(&ask.Batches, "batches", 0, "of cosine: the last `number` of batch gradients; 0: all that are kept")
	out := f.String("out", "", "of samples: `file` for the picture, as PNG")
	at := f.Int("at", -1, "`step` to measure at; without it, the last one")
	operands, err := parse(env, f, args, 1, 1)
	if err != nil {
		return err
	}
	drawn := ask.Kind == "samples"
	switch {
	case drawn && *out == "":
		return &wire.Problem{
			Message: "probe: no file for the picture of the samples",
			Hint:    "say where to with -out, for example -out samples.png",
		}
	case !drawn && *out != "":
		return &wire.Problem{
			Message: "probe: -out belongs to -kind samples", Hint: "draw other figures with primewindow show",
		}
	// Flags that would be passed over are refused.
	case drawn && ask != wire.Probe{Kind: ask.Kind}:
		return &wire.Problem{
			Message: "probe: samples are drawn in the run's own definition",
			Hint:    "leave out all flags but -at and -out",
		}
	}
	dir := folder(env, operands[0])
	rec, err := record.ReadRecorded(dir)
	if err != nil {
		return err
	}
	// A step below -1, like one that was not taken, is refused when the fork is made.
	step := *at
	if step == -1 {
		step = rec.Status.Step
	}
	if err := xla.Reexec(env.project); err != nil {
		return err
	}
	// Beside the run: snapshots are linked, not copied.
	temp, remove, err := whole.TempDir(filepath.Dir(dir), ".probe-")
	if err != nil {
		return &wire.Problem{Message: err.Error(), Hint: "the copy to measure needs a place beside the run"}
	}
	defer remove() //nolint:errcheck // the next probe beside the run removes what is left
	shop := run.NewShop(env.project)
	r, err := shop.ForkDir(filepath.Join(temp, filepath.Base(dir)), dir, step, nil)
	var list []wire.Record
	var picture *wire.Figure
	switch {
	case err != nil:
	case drawn:
		picture, err = host.DrawSamples(ctx, r)
	default:
		list, err = r.ProbeWith(ctx, ask)
	}
	// The fork is closed before its folder is removed, and before anything is printed.
	if err = errors.Join(err, shop.Close()); err != nil {
		return err
	}
	if drawn {
		if err := whole.WriteFile(*out, picture.PNG); err != nil {
			return &wire.Problem{Message: err.Error(), Hint: "name a file in a folder that is there and writable"}
		}
		fmt.Fprintln(env.out, picture.Text)
		return nil
	}
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "STEP\tKIND\tENCODER\tVALUE\tSE\tLOSS\tLABELS\tBN\tN\t")
	for _, p := range list {
		se := "-"
		if p.SE != nil {
			se = fmt.Sprintf("%.3g", *p.SE)
		}
		name := p.Encoder
		if p.Readout != "" {
			name += " (" + p.Readout + ")"
		}
		fmt.Fprintf(
			t, "%d\t%s\t%s\t%.6g\t%s\t%s\t%s\t%s\t%d\t%s\n", p.Step, p.Kind, name, p.Value, se, p.Loss, p.Labels, p.BN,
			p.N, strings.Trim(p.Params+", "+p.Way, ", "),
		)
	}
	return t.Flush()
}
