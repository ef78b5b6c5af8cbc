package workbench

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// Table shows the record as a table: of each method mean ± standard deviation over its seeds, under it the paired difference
// to the baseline with its 95 % interval, and under that the paper's number.
func (r *Reproduction) Table() {
	cell(func(_ context.Context, out *screen) error {
		out.table(r.grid())
		return nil
	})
}

// grid is the table: of arms that lie in rows and columns one of two ways, else a row for each arm.
func (r *Reproduction) grid() grid {
	g := grid{caption: r.caption()}
	if slices.ContainsFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Column != "" }) {
		r.twoWays(&g)
	} else {
		r.oneWay(&g)
	}
	g.notes = append(g.notes, r.sentences()...)
	return g
}

// oneWay has a row for each arm and a column for each accuracy.
func (r *Reproduction) oneWay(g *grid) {
	shown := r.shown()
	g.head = []string{"method", "seeds", "epoch", "lr"}
	for _, q := range shown {
		g.head = append(g.head, report.Column(q, quantityName(q), r.Comparisons))
	}
	for _, a := range r.Arms {
		row := []entry{{text: armName(a)}, {text: r.counted(a)}, {text: epochsOf(a)}, {text: strconv.FormatFloat(a.LR, 'g', 3, 64)}}
		if a.LR == 0 && a.Settings["lr"] == nil {
			row[3].text = "-"
		}
		for _, q := range shown {
			row = append(row, r.entryOf(a, q))
		}
		g.rows = append(g.rows, row)
	}
}

// twoWays has a row for each group and a column for each of its ways, of the fused accuracy. Arms of no group, such as the
// baseline, have rows of their own.
func (r *Reproduction) twoWays(g *grid) {
	fused := wire.Quantity{Encoder: "fused", Readout: "head"}
	var groups, columns []string
	for _, a := range r.Arms {
		if a.Group != "" && !slices.Contains(groups, a.Group) {
			groups = append(groups, a.Group)
		}
		if a.Column != "" && !slices.Contains(columns, a.Column) {
			columns = append(columns, a.Column)
		}
	}
	g.head = append([]string{"method"}, columns...)
	for _, a := range r.Arms {
		if a.Group == "" {
			row := make([]entry, 1+len(columns))
			row[0], row[1] = entry{text: armName(a)}, r.entryOf(a, fused)
			g.rows = append(g.rows, row)
		}
	}
	for _, name := range groups {
		row := []entry{{text: name}}
		for _, column := range columns {
			i := slices.IndexFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Group == name && a.Column == column })
			if i < 0 {
				row = append(row, entry{})
				continue
			}
			row = append(row, r.entryOf(r.Arms[i], fused))
		}
		g.rows = append(g.rows, row)
	}
}

func armName(a wire.ReproducedArm) string {
	if a.Control {
		return a.Name + " †"
	}
	return a.Name
}

// shown are the accuracies that the table has: the fused one, each modality's by the head, by a linear probe, and the rest.
func (r *Reproduction) shown() []wire.Quantity {
	var list []wire.Quantity
	for _, a := range r.Arms {
		for _, s := range a.Accuracies {
			if !slices.Contains(list, s.Quantity) && s.Readout != "separate" {
				list = append(list, s.Quantity)
			}
		}
	}
	if len(list) == 0 {
		list = []wire.Quantity{{Encoder: "fused", Readout: "head"}}
	}
	return list
}

func quantityName(q wire.Quantity) string {
	switch q.Readout {
	case wire.MacroF1:
		return "macro F1"
	case "linear":
		return q.Encoder + ", linear probe"
	}
	return q.Encoder
}

// entryOf is an accuracy of an arm, or why there is none.
func (r *Reproduction) entryOf(a wire.ReproducedArm, q wire.Quantity) entry {
	e := resultEntry(wire.MethodResult{Accuracies: a.Accuracies, Differences: a.Differences}, q)
	if e.text == "-" {
		if reason := hole(a); reason != "" && q.Encoder == "fused" && q.Readout == "head" {
			e.small = []string{reason}
		}
	}
	for _, p := range a.Paper {
		if r.paperQuantity(p) == q {
			e.small = append(e.small, fmt.Sprintf("paper, %s: %.2f", p.Set, p.Value))
		}
	}
	return e
}

// hole is why an arm has no number.
func hole(a wire.ReproducedArm) string {
	if a.Missing != "" {
		return a.Missing
	}
	for _, run := range a.Runs {
		if run.Missing != "" {
			return oneLine(run.Missing)
		}
	}
	return ""
}

// paperQuantity is the accuracy beside which a number of the paper stands: its first modality is audio, its last video.
func (r *Reproduction) paperQuantity(p wire.PaperNumber) wire.Quantity {
	switch p.Quantity {
	case "audio":
		return wire.Quantity{Encoder: r.Modalities[0], Readout: "split"}
	case "video":
		return wire.Quantity{Encoder: r.Modalities[len(r.Modalities)-1], Readout: "split"}
	case "macro F1":
		return wire.Quantity{Encoder: "fused", Readout: wire.MacroF1}
	}
	return wire.Quantity{Encoder: "fused", Readout: "head"}
}

// done are the runs of an arm that have a result.
func done(a wire.ReproducedArm) []wire.ReproducedRun {
	var list []wire.ReproducedRun
	for _, run := range a.Runs {
		if run.Missing == "" {
			list = append(list, run)
		}
	}
	return list
}

// seed is the seed of a record of one.
func (r *Reproduction) seed() int {
	for _, a := range r.Arms {
		for _, run := range a.Runs {
			return run.Seed
		}
	}
	return 0
}

func (r *Reproduction) counted(a wire.ReproducedArm) string {
	if n := len(done(a)); n < r.Seeds {
		return fmt.Sprintf("%d of %d", n, r.Seeds)
	}
	return fmt.Sprint(r.Seeds)
}

// epochsOf are those at which an arm's runs count, and how many there were.
func epochsOf(a wire.ReproducedArm) string {
	list := done(a)
	if len(list) == 0 {
		return "-"
	}
	first, last := list[0].Epoch, list[0].Epoch
	for _, run := range list {
		first, last = min(first, run.Epoch), max(last, run.Epoch)
	}
	if first == last {
		return fmt.Sprintf("%d of %d", first, a.Epochs)
	}
	return fmt.Sprintf("%d to %d of %d", first, last, a.Epochs)
}

// Markdown is the table for a README: what stands in smaller letters is on lines of its own within the cell.
func (r *Reproduction) Markdown() string {
	g := r.grid()
	var b strings.Builder
	clean := func(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	fmt.Fprintf(&b, "%s\n\n", g.caption)
	line(g.head)
	fmt.Fprintln(&b, "|"+strings.Repeat("---|", len(g.head)))
	for _, row := range g.rows {
		var cells []string
		for _, e := range row {
			text := clean(e.text)
			if e.bold {
				text = "**" + text + "**"
			}
			for _, s := range e.small {
				text += "<br><sub>" + clean(s) + "</sub>"
			}
			cells = append(cells, text)
		}
		line(cells)
	}
	for _, n := range g.notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	return b.String()
}

// latex escapes a text.
var latex = strings.NewReplacer(`\`, `\textbackslash{}`, "&", `\&`, "%", `\%`, "$", `\$`, "#", `\#`, "_", `\_`, "{", `\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`,
	"±", `$\pm$`, "−", `$-$`, "<", `$<$`, ">", `$>$`, "†", `\dag{}`, "β", `$\beta$`)

// LaTeX is the table as a float, for the packages booktabs and makecell.
func (r *Reproduction) LaTeX() string {
	g := r.grid()
	var b strings.Builder
	fmt.Fprintf(&b, "\\begin{table}\n\\caption{%s}\n\\label{tab:%s-%s}\n\\begin{tabular}{l%s}\n\\toprule\n", latex.Replace(g.caption), r.Target, r.Data, strings.Repeat("r", len(g.head)-1))
	row := func(cells []string) { fmt.Fprintf(&b, "%s \\\\\n", strings.Join(cells, " & ")) }
	var head []string
	for _, h := range g.head {
		head = append(head, latex.Replace(h))
	}
	row(head)
	fmt.Fprintln(&b, "\\midrule")
	for _, list := range g.rows {
		var cells []string
		for _, e := range list {
			text := latex.Replace(e.text)
			if e.bold {
				text = "\\textbf{" + text + "}"
			}
			if len(e.small) > 0 {
				lines := []string{text}
				for _, s := range e.small {
					lines = append(lines, "\\scriptsize "+latex.Replace(s))
				}
				text = "\\makecell[r]{" + strings.Join(lines, " \\\\ ") + "}"
			}
			cells = append(cells, text)
		}
		row(cells)
	}
	fmt.Fprintln(&b, "\\bottomrule\n\\end{tabular}")
	for _, n := range g.notes {
		fmt.Fprintf(&b, "\\par\\footnotesize %s\n", latex.Replace(n))
	}
	fmt.Fprintln(&b, "\\end{table}")
	return b.String()
}

// CSV has a row for each arm and accuracy; an arm without any has one, with the reason.
func (r *Reproduction) CSV() string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{
		"target", "data", "scale", "split", "select", "arm", "group", "column", "method", "lr", "epochs", "encoder", "readout", "seeds", "mean_percent", "sd_percent",
		"difference_points", "low_points", "high_points", "p", "p_holm", "family", "family_size", "paper", "missing",
	}}
	for _, a := range r.Arms {
		var missing []string
		if a.Missing != "" {
			missing = append(missing, a.Missing)
		}
		for _, run := range a.Runs {
			if run.Missing != "" {
				missing = append(missing, fmt.Sprintf("seed %d: %s", run.Seed, oneLine(run.Missing)))
			}
		}
		head := []string{r.Target, r.Data, r.Scale, r.Split, r.Select, a.Name, a.Group, a.Column, a.Method, strconv.FormatFloat(a.LR, 'g', -1, 64), strconv.Itoa(a.Epochs)}
		if len(a.Accuracies) == 0 {
			rows = append(rows, append(head, "", "", "0", "", "", "", "", "", "", "", "", "", "", strings.Join(missing, "; ")))
		}
		for _, s := range a.Accuracies {
			row := append(slices.Clone(head), s.Encoder, s.Readout, strconv.Itoa(s.Seeds), percent(&s.Mean), percent(s.SD), "", "", "", "", "", "", "", "", strings.Join(missing, "; "))
			for _, d := range a.Differences {
				if d.Quantity == s.Quantity {
					copy(row[16:], []string{percent(&d.Mean), percent(d.Low), percent(d.High), share(d.P), share(d.Holm), d.Family, strconv.Itoa(d.FamilySize)})
				}
			}
			var printed []string
			for _, p := range a.Paper {
				if r.paperQuantity(p) == s.Quantity {
					printed = append(printed, fmt.Sprintf("%s %.2f", p.Set, p.Value))
				}
			}
			row[23] = strings.Join(printed, "; ")
			rows = append(rows, row)
		}
	}
	_ = w.WriteAll(rows) // to memory
	return b.String()
}

func percent(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(100**v, 'g', 6, 64)
}

func share(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', 4, 64)
}

// Text is the table as plain text.
func (r *Reproduction) Text() string { return r.grid().text() }
