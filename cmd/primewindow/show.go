package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// folder finds a run's folder: the operand itself, or the named run of the project. A path comes before a name:
// runs/first and first are the same only where no folder first lies here.
func folder(env *environ, operand string) string {
	named := filepath.Join(run.RunsFolder(env.project), operand)
	if _, err := os.Stat(operand); errors.Is(err, os.ErrNotExist) && wire.CheckRunName(operand) == nil {
		if _, err := os.Stat(named); err == nil {
			return named
		}
	}
	return operand
}

// showCommand reads a run's files as they are, without opening the run: it may be in training, and needs no backend.
func showCommand(_ context.Context, env *environ, args []string) error {
	f := newFlags("show")
	asJSON := f.Bool("json", false, "everything on record as one JSON object")
	asCSV := f.Bool("csv", false, "one row for each step")
	figure := f.String("figure", "", "`kind` of figure: "+strings.Join(draw.Figures(), ", "))
	out := f.String("out", "", "`file` to write the figure to, as PNG")
	operands, err := parse(env, f, args, 1, math.MaxInt)
	if err != nil {
		return err
	}
	var runs []record.Recorded
	for _, operand := range operands {
		rec, err := record.ReadRecorded(folder(env, operand))
		if err != nil {
			return err
		}
		warn(env, rec)
		runs = append(runs, rec)
	}
	// Tables are of one run; only figures set runs beside each other.
	if *figure == "" && len(runs) > 1 {
		return &wire.Problem{
			Message: "show: several runs", Hint: "they can be drawn together with -figure, else name one",
		}
	}
	switch {
	case *figure != "":
		if *out == "" {
			return &wire.Problem{
				Message: "show: no file for the figure",
				Hint:    "say where to with -out, for example -out " + *figure + ".png",
			}
		}
		drawn, err := draw.Recorded(*figure, runs)
		if err != nil {
			return err
		}
		if err := whole.WriteFile(*out, drawn.PNG); err != nil {
			return &wire.Problem{Message: err.Error(), Hint: "name a file in a folder that is there and writable"}
		}
		fmt.Fprintln(env.out, drawn.Text)
		return nil
	case *asJSON:
		enc := json.NewEncoder(env.out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"status": runs[0].Status, "history": runs[0].History})
	case *asCSV:
		return runs[0].WriteCSV(env.out)
	}
	return summary(env.out, runs[0])
}

// warn says what of a run's record cannot be trusted: it is left out.
func warn(env *environ, rec record.Recorded) {
	if rec.Lost != "" {
		fmt.Fprintf(env.errOut, "primewindow: warning: %s: %s\n", rec.Status.Name, rec.Lost)
	}
}

// exportCommand writes a run for other programs. Records are exported from the files; weights need the run itself,
// which must not be in use.
func exportCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("export")
	format := f.String("format", "safetensors", "`format`: "+strings.Join(record.ExportFormats, ", "))
	out := f.String("out", "", "`file` to write; for tensorboard a folder")
	operands, err := parse(env, f, args, 1, 1)
	if err != nil {
		return err
	}
	if *out == "" {
		return &wire.Problem{Message: "export: no file", Hint: "say where to with -out"}
	}
	if !slices.Contains(record.ExportFormats, *format) {
		return &wire.Problem{
			Message: fmt.Sprintf("unknown format %q", *format),
			Hint:    "the formats are " + strings.Join(record.ExportFormats, ", "),
		}
	}
	dir := folder(env, operands[0])
	rec, err := record.ReadRecorded(dir)
	if err != nil {
		return err
	}
	warn(env, rec)
	if *format == "safetensors" { // weights are not on record: they are computed from the last snapshot
		if err := xla.Reexec(env.project); err != nil {
			return err
		}
		shop := run.NewShop(env.project)
		r, err := shop.Attach(dir)
		if err == nil {
			err = r.Export(ctx, *format, *out)
		}
		return errors.Join(err, shop.Close())
	}
	return rec.Export(*format, *out)
}

// testRecords are the accuracies on the test split at the run's present step.
func testRecords(rec record.Recorded) []wire.Record {
	var list []wire.Record
	for _, p := range rec.History.Probes {
		if p.Kind == "accuracy" && p.Step == rec.Status.Step && p.Split == string(data.Test) {
			list = append(list, p)
		}
	}
	return list
}

// summary prints a run as a table: a row an epoch, then the accuracies on the test split. A number that was not
// measured is a dash.
func summary(w io.Writer, rec record.Recorded) error {
	var text bytes.Buffer
	s := rec.Status
	fmt.Fprintf(&text, "%s\n", where(s))
	if s.Parent != "" {
		fmt.Fprintf(&text, "forked from %s\n", s.Parent)
	}
	// What is lost has been told already, as a warning of the command.
	for _, warning := range s.Warnings {
		if warning != rec.Lost {
			fmt.Fprintln(&text, warning)
		}
	}
	for _, c := range rec.History.Events {
		switch c.Event {
		case "set":
			fmt.Fprintf(&text, "step %d: %s %v → %v\n", c.Step, c.Name, c.Old, c.New)
		case "code":
			fmt.Fprintf(
				&text, "step %d: other code of %s, %v → %v\n", c.Step, c.Name, cmp.Or(c.Old, any("the program's")),
				cmp.Or(c.New, any("the program's")),
			)
		}
	}
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := []string{"epoch", "loss", "val"}
	for _, m := range s.Modalities {
		head = append(head, m, m+" linear", "Tr(F) "+m)
	}
	fmt.Fprintln(t, strings.Join(head, "\t")+"\t")
	for epoch := 1; epoch <= s.Epoch; epoch++ {
		step := epoch * s.StepsPerEpoch
		row := []string{
			fmt.Sprint(epoch), meanLoss(rec, step-s.StepsPerEpoch, step),
			percent(rec, step, "fused", "head"),
		}
		for _, m := range s.Modalities {
			row = append(row, percent(rec, step, m, "split"), percent(rec, step, m, "linear"), trace(rec, step, m))
		}
		fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range testRecords(rec) {
		fmt.Fprintf(&text, "test accuracy of %s (%s): %.1f %% of %d\n", p.Encoder, p.Readout, 100*p.Value, p.N)
	}
	_, err := w.Write(text.Bytes())
	return err
}

// meanLoss is the mean loss of steps from one to another, the latter not included, as text.
func meanLoss(rec record.Recorded, from, to int) string {
	mean, known := rec.Mean("loss", from, to)
	if !known { // a line is lost
		return "-"
	}
	return fmt.Sprintf("%.4f", mean)
}

// find returns the last record of a step that pick chooses. Of several at one step the last that was measured counts.
func find(rec record.Recorded, step int, pick func(wire.Record) bool) (wire.Record, bool) {
	for _, p := range slices.Backward(rec.History.Probes) {
		if p.Step == step && pick(p) {
			return p, true
		}
	}
	return wire.Record{}, false
}

// percent is an accuracy on the validation split at a step, as text.
func percent(rec record.Recorded, step int, encoder, readout string) string {
	p, ok := find(rec, step, func(p wire.Record) bool {
		return p.Kind == "accuracy" && p.Split == string(data.Validation) && p.Encoder == encoder &&
			p.Readout == readout
	})
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*p.Value)
}

// trace is the exact trace at a step by the run's own definition, with its standard error, as text.
func trace(rec record.Recorded, step int, encoder string) string {
	p, ok := find(
		rec, step,
		func(p wire.Record) bool { return p.Kind == "fisher_emp" && p.Encoder == encoder && rec.Scheduled(p) },
	)
	switch {
	case !ok:
		return "-"
	case p.SE == nil:
		return fmt.Sprintf("%.3g", p.Value)
	}
	return fmt.Sprintf("%.3g ± %.1g", p.Value, *p.SE)
}
