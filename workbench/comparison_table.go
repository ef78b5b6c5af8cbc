package workbench

import (
	"context"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// Table shows the accuracies of the comparison: of each method mean ± standard deviation over its seeds, and under it
// the paired difference to the baseline with its 95 % interval and Holm's p.
func (c *Comparison) Table() {
	cell(func(_ context.Context, out *screen) error {
		out.table(c.grid())
		return nil
	})
}

// Pairs shows the accuracies of a method less those of another, seed by seed: with few seeds that is all there is to know.
func (c *Comparison) Pairs(method, other string) {
	cell(func(_ context.Context, out *screen) error {
		g, err := c.pairs(method, other)
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

// grid is a table: what it shows, its head, its rows, and what is to be said below it.
type grid struct {
	caption string
	head    []string
	rows    [][]entry
	notes   []string
}

// entry is what stands in a place of a table: a line, a second and third one in smaller letters, all of it bold or not.
type entry struct {
	text  string
	small []string
	bold  bool
}

// table shows a table: in a notebook as one, elsewhere as text.
func (s *screen) table(g grid) {
	if s.way == cells {
		err := s.send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
			protocol.MIMETextHTML: g.html(), protocol.MIMETextPlain: strings.TrimRight(g.text(), "\n"),
		}})
		if err == nil {
			return
		}
	}
	fmt.Fprint(s.w, g.text())
}

// html writes a table without styles of its own but those that an untrusted notebook keeps.
func (g grid) html() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<p>%s</p><table><thead><tr>", html.EscapeString(g.caption))
	side := func(i int) string {
		if i == 0 {
			return "left"
		}
		return "right"
	}
	for i, h := range g.head {
		fmt.Fprintf(&b, `<th style="text-align:%s">%s</th>`, side(i), html.EscapeString(h))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, row := range g.rows {
		b.WriteString("<tr>")
		for i, e := range row {
			text := html.EscapeString(e.text)
			for _, line := range e.small {
				text += "<br><small>" + html.EscapeString(line) + "</small>"
			}
			if e.bold {
				text = "<b>" + text + "</b>"
			}
			fmt.Fprintf(&b, `<td style="text-align:%s;white-space:nowrap">%s</td>`, side(i), text)
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	for _, n := range g.notes {
		fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(n))
	}
	return b.String()
}

// text writes a table in lines; a star marks what is bold.
func (g grid) text() string {
	var b strings.Builder
	b.WriteString(g.caption + "\n\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(fields []string) { fmt.Fprintln(t, strings.Join(fields, "\t")) }
	line(g.head)
	for _, row := range g.rows {
		deep := 1
		for _, e := range row {
			deep = max(deep, 1+len(e.small))
		}
		for i := range deep {
			var fields []string
			for _, e := range row {
				mark := ""
				if e.bold {
					mark = "*"
				}
				switch {
				case i == 0:
					fields = append(fields, e.text+mark)
				case i <= len(e.small):
					fields = append(fields, e.small[i-1])
				default:
					fields = append(fields, "")
				}
			}
			line(fields)
		}
	}
	_ = t.Flush() // to memory
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	text := strings.Join(lines, "\n")
	if len(g.notes) > 0 {
		text += "\n" + strings.Join(g.notes, "\n") + "\n"
	}
	return text
}

// grid is the table of accuracies.
func (c *Comparison) grid() grid {
	quantities := c.accuracies()
	g := grid{caption: c.heading(), head: []string{"method", "seeds", "epoch"}}
	for _, q := range quantities {
		g.head = append(g.head, report.Column(q, q.String(), c.Comparisons))
	}
	for _, m := range c.Methods {
		row := []entry{{text: m.Method}, {text: c.counted(m.Method)}, {text: c.epochs(m.Method)}}
		for _, q := range quantities {
			row = append(row, resultEntry(m, q))
		}
		g.rows = append(g.rows, row)
	}
	if len(c.Methods) > 1 {
		g.notes = append(g.notes, report.Legend(c.Baseline, report.Differences(&c.Compared)))
	}
	g.notes = append(g.notes, report.Claims(&c.Compared)...)
	g.notes = append(g.notes, report.Choices(&c.Compared)...)
	for _, r := range c.Runs {
		if r.Missing != "" {
			g.notes = append(g.notes, fmt.Sprintf("%s has no result: %s.", r.Run, strings.TrimSuffix(oneLine(r.Missing), ".")))
		}
		if r.Warning != "" {
			g.notes = append(g.notes, r.Run+": "+oneLine(r.Warning)+".")
		}
	}
	return g
}

// accuracies are all that any method has, those of every model first.
func (c *Comparison) accuracies() []wire.Quantity {
	var list []wire.Quantity
	for _, m := range c.Methods {
		for _, a := range m.Accuracies {
			if !slices.Contains(list, a.Quantity) {
				list = append(list, a.Quantity)
			}
		}
	}
	return list
}

func (c *Comparison) heading() string {
	seeds := "seed 0"
	if c.Seeds > 1 {
		seeds = fmt.Sprintf("mean ± standard deviation over seeds 0 to %d", c.Seeds-1)
	}
	return fmt.Sprintf("%s: accuracy in percent on the %s split of %s (%d samples), %s; %s.", c.name(), c.Split, c.Data, c.Samples, seeds, report.Epoch(c.Select, c.Split, c.Unfit))
}

// name is the folder's, without those above it.
func (c *Comparison) name() string { return c.dir[strings.LastIndexByte(c.dir, '/')+1:] }

// counted is how many seeds of a method have a result.
func (c *Comparison) counted(method string) string {
	n := len(c.seedsOf(method))
	if n < c.Seeds {
		return fmt.Sprintf("%d of %d", n, c.Seeds)
	}
	return fmt.Sprint(n)
}

// epochs are those at which the runs of a method count.
func (c *Comparison) epochs(method string) string {
	first, last := 0, 0
	for _, r := range c.Runs {
		if r.Method != method || r.Missing != "" {
			continue
		}
		if first == 0 {
			first = r.Epoch
		}
		first, last = min(first, r.Epoch), max(last, r.Epoch)
	}
	switch {
	case last == 0:
		return "-"
	case first == last:
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d to %d", first, last)
}

func resultEntry(m wire.MethodResult, q wire.Quantity) entry {
	i := slices.IndexFunc(m.Accuracies, func(s wire.Summary) bool { return s.Quantity == q })
	if i < 0 {
		return entry{text: "-"}
	}
	a := m.Accuracies[i]
	e := entry{text: fmt.Sprintf("%.1f", 100*a.Mean)}
	if a.SD != nil {
		e.text += fmt.Sprintf(" ± %.1f", 100**a.SD)
	}
	i = slices.IndexFunc(m.Differences, func(d wire.Difference) bool { return d.Quantity == q })
	if i < 0 {
		return e
	}
	d := m.Differences[i]
	e.bold = d.Excludes0
	if d.P == nil {
		e.small = []string{signed(d.Mean, 1)}
		if d.Seeds > 1 {
			e.small[0] += " with each seed"
		}
		return e
	}
	e.small = []string{
		fmt.Sprintf("%s (%s to %s)", signed(d.Mean, 1), signed(*d.Low, 1), signed(*d.High, 1)),
		"p " + probability(*d.Holm),
	}
	return e
}

// signed is a share of 1 in percentage points.
func signed(v float64, decimals int) string {
	text := fmt.Sprintf("%+.*f", decimals, 100*v)
	if strings.Trim(text, "+-0.") == "" {
		return strings.TrimLeft(text, "+-")
	}
	return strings.Replace(text, "-", "−", 1)
}

func probability(p float64) string {
	switch {
	case p < 0.001:
		return "<0.001"
	case p > 0.995:
		return "1"
	}
	return fmt.Sprintf("%.2g", p)
}

// pairs has a row for each accuracy that both methods have.
func (c *Comparison) pairs(method, other string) (grid, error) {
	g := grid{caption: fmt.Sprintf("%s: %s less %s, in percentage points on the %s split, seed by seed.", c.name(), method, other, c.Split)}
	of := func(method string, seed int, q wire.Quantity) (float64, bool) {
		for _, r := range c.Runs {
			for _, a := range r.Accuracies {
				if r.Method == method && r.Seed == seed && a.Quantity == q {
					return a.Value, true
				}
			}
		}
		return 0, false
	}
	g.head = []string{"accuracy"}
	for seed := range c.Seeds {
		g.head = append(g.head, fmt.Sprintf("seed %d", seed))
	}
	g.head = append(g.head, "mean")
	for _, q := range c.accuracies() {
		row, sum, n := []entry{{text: q.String()}}, 0.0, 0
		for seed := range c.Seeds {
			a, known := of(method, seed, q)
			b, too := of(other, seed, q)
			if !known || !too {
				row = append(row, entry{text: "-"})
				continue
			}
			row = append(row, entry{text: signed(a-b, 1)})
			sum, n = sum+a-b, n+1
		}
		if n > 0 {
			g.rows = append(g.rows, append(row, entry{text: signed(sum/float64(n), 1)}))
		}
	}
	if len(g.rows) == 0 {
		return g, &Problem{Message: fmt.Sprintf("%s: no seed has a result of both %s and %s", c.dir, method, other), Hint: "wb.ReadComparison(...).Table() shows what there is"}
	}
	return g, nil
}

// beside compares what a run has measured with the record.
func (c *Comparison) beside(s Status, h History) (grid, error) {
	g := grid{caption: fmt.Sprintf("%s: validation accuracy in percent and trace in nats², now / on record", s.Name), head: []string{"epoch"}}
	now := map[string]map[int]float64{}
	var names []string
	for _, p := range h.Probes {
		if s.StepsPerEpoch == 0 || p.Step%s.StepsPerEpoch != 0 || p.Kind != FisherEmp && (p.Kind != Accuracy || p.Split != "val") {
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
		g.head = append(g.head, strings.TrimPrefix(name, Accuracy+" "))
	}
	for epoch := 1; epoch <= s.Epoch; epoch++ {
		row := []entry{{text: fmt.Sprint(epoch)}}
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
			row = append(row, entry{text: show(a, okNow) + " / " + show(b, okThen)})
			switch {
			case !okNow || !okThen:
			case kind == Accuracy:
				worst[kind] = max(worst[kind], math.Abs(a-b))
			default:
				worst[kind] = max(worst[kind], math.Abs(a-b)/b)
			}
		}
		g.rows = append(g.rows, row)
	}
	switch {
	case then == nil && smoke():
		g.notes = []string{"Smoke size, on other samples: there is nothing on record to compare with."}
	case then == nil:
		return g, &Problem{Message: fmt.Sprintf("%s: no record of %s with seed %d on %s", c.dir, s.Method, s.Seed, s.Data), Hint: "declare the run with Comparison.Run"}
	default:
		g.notes = []string{fmt.Sprintf("Largest difference: %.2f percentage points in accuracy, %.2g %% in trace.", 100*worst[Accuracy], 100*worst[FisherEmp])}
	}
	return g, nil
}
