package workbench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/primewindow/primewindow/internal/report"
)

// Table shows the accuracies of the comparison: of each method mean ± standard deviation over its seeds, and under it
// the paired difference to the baseline with its 95 % interval and Holm's p.
func (c *Comparison) Table() {
	cell(func(_ context.Context, out *screen) error {
		out.table(report.Comparison(&c.Compared, c.name()))
		return nil
	})
}

// Pairs shows the accuracies of a method less those of another, seed by seed: with few seeds that is all there is to
// know.
func (c *Comparison) Pairs(method, other string) {
	cell(func(_ context.Context, out *screen) error {
		g, err := report.Pairs(&c.Compared, c.name(), method, other)
		if err == nil {
			out.table(g)
		}
		return err
	})
}

// Beside shows what a run that [Comparison.Run] declared has measured up to now beside what is on record of the same
// method and seed, epoch by epoch.
func (c *Comparison) Beside(r *Run) {
	cell(func(ctx context.Context, out *screen) error {
		_, s, err := r.attach(ctx)
		if err != nil {
			return err
		}
		h, err := r.HistoryContext(ctx)
		if err != nil {
			return err
		}
		g, err := c.beside(s, h)
		if err == nil {
			out.table(g)
		}
		return err
	})
}

// table shows a table: in a notebook as one, elsewhere as text.
func (s *screen) table(g report.Grid) {
	if s.way == cells {
		err := s.send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
			protocol.MIMETextHTML: g.HTML(), protocol.MIMETextPlain: strings.TrimRight(g.Text(), "\n"),
		}})
		if err == nil {
			return
		}
	}
	fmt.Fprint(s.w, g.Text())
}

// beside compares what a run has measured with the record.
func (c *Comparison) beside(s Status, h History) (report.Grid, error) {
	g := report.Grid{
		Caption: fmt.Sprintf("%s: validation accuracy in percent and trace in nats², now / on record", s.Name),
		Head:    []string{"epoch"},
	}
	now := map[string]map[int]float64{}
	var names []string
	for _, p := range h.Probes {
		if s.StepsPerEpoch == 0 || p.Step%s.StepsPerEpoch != 0 ||
			p.Kind != string(FisherEmp) && (p.Kind != Accuracy || p.Split != "val") {
			continue
		}
		name := strings.TrimSpace(p.Kind + " " + p.Encoder + " " + p.Readout)
		if now[name] == nil {
			now[name] = map[int]float64{}
			names = append(names, name)
		}
		now[name][p.Step/s.StepsPerEpoch] = p.Value
	}
	var then map[string]map[int]float64
	for _, r := range c.curves {
		if r.method == s.Method && r.seed == s.Seed && s.Data == c.Data {
			then = r.values
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(a[:1], b[:1]) }) // accuracies first
	worst := map[string]float64{}
	for _, name := range names {
		g.Head = append(g.Head, strings.TrimPrefix(name, Accuracy+" "))
	}
	for epoch := 1; epoch <= s.Epoch; epoch++ {
		row := []report.Entry{{Text: fmt.Sprint(epoch)}}
		for _, name := range names {
			kind, _, _ := strings.Cut(name, " ")
			show := func(v float64, ok bool) string {
				switch {
				case !ok:
					return "-"
				case kind == Accuracy:
					return fmt.Sprintf("%.2f", 100*v)
				}
				return fmt.Sprintf("%.4g", v)
			}
			a, okNow := now[name][epoch]
			b, okThen := then[name][epoch]
			row = append(row, report.Entry{Text: show(a, okNow) + " / " + show(b, okThen)})
			switch {
			case !okNow || !okThen:
			case kind == Accuracy:
				worst[kind] = max(worst[kind], math.Abs(a-b))
			default:
				worst[kind] = max(worst[kind], math.Abs(a-b)/b)
			}
		}
		g.Rows = append(g.Rows, row)
	}
	switch {
	case then == nil && smoke():
		g.Notes = []string{"Smoke size, on other samples: there is nothing on record to compare with."}
	case then == nil:
		return g, &Problem{
			Message: fmt.Sprintf("%s: no record of %s with seed %d on %s", c.dir, s.Method, s.Seed, s.Data),
			Hint:    "declare the run with Comparison.Run",
		}
	default:
		g.Notes = []string{
			fmt.Sprintf(
				"Largest difference: %.2f percentage points in accuracy, %.2g %% in trace.", 100*worst[Accuracy],
				100*worst[string(FisherEmp)],
			),
		}
	}
	return g, nil
}

// name is the folder's, without those above it.
func (c *Comparison) name() string { return c.dir[strings.LastIndexByte(c.dir, '/')+1:] }
