package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// Sheet draws n training samples, evenly spread, as a contact sheet: a row for each modality, and under each picture
// identity, class, and position in the split. They are spread because the first samples of a split are often of one
// class or one source. The pictures of a row share one grey scale, so that samples can be compared.
func Sheet(d data.Dataset, n int) (*viz.Figure, error) {
	desc := d.Describe()
	f := viz.SamplesFigure{
		Title: fmt.Sprintf("%s: %d of %d training samples", desc.Name, min(n, d.Len(data.Train)), d.Len(data.Train)),
		Value: "position in the training split",
	}
	for _, m := range desc.Modalities {
		f.Rows = append(
			f.Rows, viz.SampleRow{Name: m.Name, Sequence: m.Kind == data.Sequence, Flip: m.Kind == data.Spectrogram},
		)
	}
	text := []string{f.Title + ":"}
	for _, at := range spaced(d.Len(data.Train), n) {
		s, err := data.One(d, data.Train, at)
		if err != nil {
			return nil, err
		}
		for k, m := range desc.Modalities {
			f.Rows[k].Samples = append(
				f.Rows[k].Samples,
				viz.SampleTile{
					X: s.X[m.Name], Shape: m.Shape, ID: s.ID, Label: desc.Classes[s.Label], Value: float64(at),
				},
			)
		}
		text = append(text, fmt.Sprintf("%5d  %s  %s", at, desc.Classes[s.Label], s.ID))
	}
	drawn, err := viz.Samples(f)
	if err == nil {
		drawn.Text = strings.Join(text, "\n")
	}
	return drawn, err
}

// spaced is at most n places evenly spread below have, the first and the last among them.
func spaced(have, n int) []int {
	n = min(n, have)
	list := make([]int, n)
	for i := range list {
		list[i] = i * (have - 1) / max(1, n-1)
	}
	return list
}

// Overview is the catalogue for a client. The catalogue calls a set of the user's own present, since any folder may
// hold it; to a client it is not, until its folder is named.
func Overview(sets []catalog.Info) []wire.Set {
	var list []wire.Set
	for _, s := range sets {
		list = append(list, wire.Set{Name: s.Name, Doc: s.Doc, Present: s.Present && !s.Own, State: s.State()})
	}
	return list
}

// viewSet surveys and draws the set that a run with these settings would be trained on. The set comes from the shop,
// which opens it once for all runs with the same settings. What is wrong with its files is said as it is to a run; what
// else can go wrong is of the sheet, such as too many pictures.
func viewSet(shop *run.Shop, asked map[string]any, n int) (*wire.SetView, error) {
	if n < 1 {
		return nil, &wire.Problem{Message: fmt.Sprintf("%d samples to show", n), Hint: "want at least 1"}
	}
	set, err := shop.Dataset(asked)
	if err != nil {
		return nil, err
	}
	f, err := Sheet(set, n)
	if err != nil {
		if _, broken := errors.AsType[*data.FormatError](err); broken {
			return nil, catalog.Problem(set.Describe().Name, err)
		}
		return nil, &wire.Problem{Message: strings.TrimPrefix(err.Error(), "viz: "), Hint: "ask for fewer samples"}
	}
	return &wire.SetView{
		Name: cmp.Or(set.Describe().Name, "set"), Lines: catalog.Survey(set),
		Figure: wire.Figure{PNG: f.PNG, Spec: f.Spec, Text: f.Text, Width: f.Width, Height: f.Height},
	}, nil
}

// Draw draws a figure of what runs have on record, and keeps it in the first run's folder figures. Each run's record is
// read at its own moment: of runs that train meanwhile one may be further than another. The kept picture is the last
// that was drawn; live is not kept, since it is drawn again and again while a run trains.
func Draw(ctx context.Context, kind string, runs []*run.Run) (*wire.Figure, error) {
	// The norms are measured at the present step, and the pictures are read from the set: both need the run.
	if kind == "samples" && len(runs) == 1 {
		return DrawSamples(ctx, runs[0])
	}
	list := make([]record.Recorded, len(runs))
	for i, r := range runs {
		list[i] = r.Recorded()
	}
	f, err := draw.Recorded(kind, list)
	if err != nil {
		return nil, err
	}
	if kind != "live" {
		path := filepath.Join(list[0].Status.Dir, record.FiguresDir, kind+".png")
		if err := whole.WriteFile(path, f.PNG); err != nil {
			return nil, record.DiskProblem(err)
		}
	}
	return f, nil
}

// topSamples is how many samples of each modality a figure shows. They fit into one line of the figure.
const topSamples = 8

// DrawSamples draws the probe samples that carry most of each encoder's trace at the present step, as pictures.
// SampleNorms gives the largest first, so that the first topSamples are drawn. The share in a row's name is theirs of
// the sum over all probe samples, and shows how unevenly the trace is spread over samples.
func DrawSamples(ctx context.Context, r *run.Run) (*wire.Figure, error) {
	norms, step, err := r.SampleNorms(ctx) // the run may train on meanwhile
	if err != nil {
		return nil, err
	}
	classes := r.Dataset().Describe().Classes
	f := viz.SamplesFigure{
		Title: fmt.Sprintf("Samples that carry most of the trace, %s, step %d", r.Name, step),
		Value: "squared gradient norm (nats²)",
	}
	for _, m := range r.Modalities() {
		total, top := 0.0, 0.0
		row := viz.SampleRow{Sequence: m.Kind == data.Sequence, Flip: m.Kind == data.Spectrogram}
		for i, s := range norms[m.Name] {
			if total += s.Norm; i >= topSamples {
				continue
			}
			top += s.Norm
			one, err := data.One(r.Dataset(), data.Train, s.Index)
			if err != nil {
				return nil, err
			}
			row.Samples = append(
				row.Samples,
				viz.SampleTile{X: one.X[m.Name], Shape: m.Shape, ID: s.ID, Label: classes[s.Label], Value: s.Norm},
			)
		}
		// Where no gradient reaches an encoder all norms are 0. Then the share is 0 instead of 0/0.
		row.Name = fmt.Sprintf(
			"%s: %d of %d samples carry %.0f %% of Tr(F)", m.Name, len(row.Samples), len(norms[m.Name]),
			100*top/max(total, 1e-300),
		)
		f.Rows = append(f.Rows, row)
	}
	drawn, err := viz.Samples(f)
	if err != nil {
		return nil, err
	}
	if err := whole.WriteFile(filepath.Join(r.Dir, record.FiguresDir, "samples.png"), drawn.PNG); err != nil {
		return nil, record.DiskProblem(err)
	}
	return &wire.Figure{PNG: drawn.PNG, Spec: drawn.Spec, Text: drawn.Text, Width: drawn.Width, Height: drawn.Height},
		nil
}
