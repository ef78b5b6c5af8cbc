package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// reproduction is a record whose tables and words are made.
type reproduction struct{ *wire.Reproduction }

// Reproduction is the table of a record: of each arm mean ± standard deviation over its seeds, under it the paired
// difference to the baseline with its interval and p, and under that the paper's number.
func Reproduction(r *wire.Reproduction) Grid { return reproduction{r}.grid() }

// ReproductionCSV has a row for each arm and accuracy; an arm without any has one, with the reason.
func ReproductionCSV(r *wire.Reproduction) string { return reproduction{r}.csv() }

// grid is the table: of arms that lie in rows and columns one of two ways, else a row for each arm.
func (r reproduction) grid() Grid {
	g := Grid{Caption: r.caption()}
	if slices.ContainsFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Column != "" }) {
		r.twoWays(&g)
	} else {
		r.oneWay(&g)
	}
	g.Notes = append(g.Notes, r.sentences()...)
	return g
}

// oneWay has a row for each arm and a column for each accuracy.
func (r reproduction) oneWay(g *Grid) {
	shown := r.shown()
	g.Head = []string{"method", "seeds", "epoch", "lr"}
	for _, q := range shown {
		g.Head = append(g.Head, Column(q, QuantityName(q), r.Comparisons))
	}
	for _, a := range r.Arms {
		row := []Entry{
			{Text: armName(a)}, {Text: r.counted(a)}, {Text: epochsOf(a)},
			{Text: strconv.FormatFloat(a.LR, 'g', 3, 64)},
		}
		if a.LR == 0 && a.Settings["lr"] == nil {
			row[3].Text = "-"
		}
		for _, q := range shown {
			row = append(row, r.entryOf(a, q))
		}
		g.Rows = append(g.Rows, row)
	}
}

// twoWays has a row for each group and a column for each of its ways, of the fused accuracy. Arms of no group, such as
// the baseline, have rows of their own.
func (r reproduction) twoWays(g *Grid) {
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
	g.Head = append([]string{"method"}, columns...)
	for _, a := range r.Arms {
		if a.Group == "" {
			row := make([]Entry, 1+len(columns))
			row[0], row[1] = Entry{Text: armName(a)}, r.entryOf(a, fused)
			g.Rows = append(g.Rows, row)
		}
	}
	for _, name := range groups {
		row := []Entry{{Text: name}}
		for _, column := range columns {
			i := slices.IndexFunc(
				r.Arms, func(a wire.ReproducedArm) bool { return a.Group == name && a.Column == column },
			)
			if i < 0 {
				row = append(row, Entry{})
				continue
			}
			row = append(row, r.entryOf(r.Arms[i], fused))
		}
		g.Rows = append(g.Rows, row)
	}
}

func armName(a wire.ReproducedArm) string {
	if a.Control {
		return a.Name + " †"
	}
	return a.Name
}

// shown are the accuracies that the table has: the fused one, each modality's by the head, by a linear probe, and the
// rest.
func (r reproduction) shown() []wire.Quantity {
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

// QuantityName is an accuracy as tables head it.
func QuantityName(q wire.Quantity) string {
	switch q.Readout {
	case wire.MacroF1:
		return "macro F1"
	case "linear":
		return q.Encoder + ", linear probe"
	}
	return q.Encoder
}

// entryOf is an accuracy of an arm, or why there is none.
func (r reproduction) entryOf(a wire.ReproducedArm, q wire.Quantity) Entry {
	e := resultEntry(wire.MethodResult{Accuracies: a.Accuracies, Differences: a.Differences}, q)
	if e.Text == "-" {
		if reason := hole(a); reason != "" && q.Encoder == "fused" && q.Readout == "head" {
			e.Small = []string{reason}
		}
	}
	for _, p := range a.Paper {
		if r.paperQuantity(p) == q {
			e.Small = append(e.Small, fmt.Sprintf("paper, %s: %.2f", p.Set, p.Value))
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
			return wire.JoinLines(run.Missing)
		}
	}
	return ""
}

// paperQuantity is the accuracy beside which a number of the paper stands: its first modality is audio, its last video.
func (r reproduction) paperQuantity(p wire.PaperNumber) wire.Quantity {
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
func (r reproduction) seed() int {
	for _, a := range r.Arms {
		for _, run := range a.Runs {
			return run.Seed
		}
	}
	return 0
}

func (r reproduction) counted(a wire.ReproducedArm) string { return ofSeeds(len(done(a)), r.Seeds) }

// epochsOf are those at which an arm's runs count, and how many there were.
func epochsOf(a wire.ReproducedArm) string {
	var list []int
	for _, run := range done(a) {
		list = append(list, run.Epoch)
	}
	if len(list) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s of %d", span(list), a.Epochs)
}

// csv has a row for each arm and accuracy; an arm without any has one, with the reason.
func (r reproduction) csv() string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{
		"target", "data", "scale", "split", "select", "arm", "group", "column", "method", "lr", "epochs", "encoder",
		"readout", "seeds", "mean_percent", "sd_percent",
		"difference_points", "low_points", "high_points", "p", "p_holm", "family", "family_size", "paper", "missing",
	}}
	for _, a := range r.Arms {
		var missing []string
		if a.Missing != "" {
			missing = append(missing, a.Missing)
		}
		for _, run := range a.Runs {
			if run.Missing != "" {
				missing = append(missing, fmt.Sprintf("seed %d: %s", run.Seed, wire.JoinLines(run.Missing)))
			}
		}
		head := []string{
			r.Target, r.Data, r.Scale, r.Split, r.Select, a.Name, a.Group, a.Column, a.Method,
			strconv.FormatFloat(a.LR, 'g', -1, 64), strconv.Itoa(a.Epochs),
		}
		if len(a.Accuracies) == 0 {
			rows = append(
				rows, append(head, "", "", "0", "", "", "", "", "", "", "", "", "", "", strings.Join(missing, "; ")),
			)
		}
		for _, s := range a.Accuracies {
			row := append(
				slices.Clone(head), s.Encoder, s.Readout, strconv.Itoa(s.Seeds), percent(&s.Mean), percent(s.SD), "",
				"", "", "", "", "", "", "", strings.Join(missing, "; "),
			)
			for _, d := range a.Differences {
				if d.Quantity == s.Quantity {
					copy(
						row[16:],
						[]string{
							percent(&d.Mean), percent(d.Low), percent(d.High), share(d.P), share(d.Holm), d.Family,
							strconv.Itoa(d.FamilySize),
						},
					)
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
