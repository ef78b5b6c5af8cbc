package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// formats of a comparison's table, the default first.
var formats = []string{"text", "md", "csv", "json"}

// printComparison writes what a comparison came to. Accuracies are in percent, differences in percentage points; json
// is the comparison's own file, where they are shares of 1.
func printComparison(w io.Writer, format string, c wire.Compared) error {
	switch format {
	case "json":
		return sweep.WriteCompared(w, c)
	case "csv":
		return writeComparisonCSV(w, c)
	}
	var text strings.Builder
	put := func(g grid) {
		if format == "md" {
			g.markdown(&text)
		} else {
			g.text(&text)
		}
	}
	fmt.Fprintf(&text, "%s\n\n", heading(c))
	put(accuracyGrid(c))
	if g := differenceGrid(c); len(g) > 1 {
		fmt.Fprintf(&text, "\nDifference to %s in percentage points, paired by seed, with its 95 %% interval by Student's t. %s\n\n", c.Baseline, report.Families(report.Differences(&c)))
		put(g)
	}
	gap := "\n"
	for _, line := range remarks(c) {
		fmt.Fprint(&text, gap, line, "\n")
		if format != "md" { // where lines without an empty one between them are one paragraph
			gap = ""
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// heading says what the accuracies are.
func heading(c wire.Compared) string {
	seeds := "seed 0"
	if c.Seeds > 1 {
		seeds = fmt.Sprintf("seeds 0 to %d", c.Seeds-1)
	}
	split := c.Split + " split"
	if c.Split == "val" {
		split = "validation split, for want of a test split,"
	}
	return fmt.Sprintf("Accuracy in percent on the %s of %s (%d samples), mean ± standard deviation over %s; %s.", split, c.Data, c.Samples, seeds, report.Epoch(c.Select, c.Split, c.Unfit))
}

// columns are all accuracies that any of the methods has.
func columns(c wire.Compared) []wire.Quantity {
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

// accuracyGrid has a row for each method.
func accuracyGrid(c wire.Compared) grid {
	names := columns(c)
	head := []string{"method", "seeds", "epoch"}
	for _, q := range names {
		head = append(head, q.String())
	}
	g := grid{head}
	for _, m := range c.Methods {
		done, first, last := 0, 0, 0
		for _, r := range c.Runs {
			if r.Method == m.Method && r.Missing == "" {
				if done++; done == 1 {
					first, last = r.Epoch, r.Epoch
				}
				first, last = min(first, r.Epoch), max(last, r.Epoch)
			}
		}
		row := []string{m.Method, fmt.Sprint(done), "-"}
		if done < c.Seeds {
			row[1] = fmt.Sprintf("%d of %d", done, c.Seeds)
		}
		switch {
		case done > 0 && first == last:
			row[2] = fmt.Sprint(first)
		case done > 0:
			row[2] = fmt.Sprintf("%d to %d", first, last)
		}
		for _, q := range names {
			row = append(row, meanCell(m.Accuracies, q))
		}
		g = append(g, row)
	}
	return g
}

func meanCell(list []wire.Summary, q wire.Quantity) string {
	i := slices.IndexFunc(list, func(s wire.Summary) bool { return s.Quantity == q })
	switch {
	case i < 0:
		return "-"
	case list[i].SD == nil:
		return fmt.Sprintf("%.1f", 100*list[i].Mean)
	}
	return fmt.Sprintf("%.1f ± %.1f", 100*list[i].Mean, 100**list[i].SD)
}

// differenceGrid has a row for each comparison.
func differenceGrid(c wire.Compared) grid {
	g := grid{{"method", "accuracy", "difference", "interval", "p", "p (Holm)", "excludes 0", "seeds", "family"}}
	for _, m := range c.Methods {
		for _, d := range m.Differences {
			row := []string{m.Method, d.String(), fmt.Sprintf("%+.2f", 100*d.Mean), "-", "-", "-", "-", fmt.Sprint(d.Seeds), fmt.Sprintf("%s, of %d", d.Family, d.FamilySize)}
			if d.P != nil {
				row[3] = fmt.Sprintf("%+.2f to %+.2f", 100**d.Low, 100**d.High)
				row[4], row[5] = probability(*d.P), probability(*d.Holm)
				row[6] = map[bool]string{true: "yes", false: "no"}[d.Excludes0]
			}
			g = append(g, row)
		}
	}
	return g
}

func probability(p float64) string {
	if p < 0.001 {
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// grid is a table, its head first.
type grid [][]string

func (g grid) text(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range g {
		last := len(row) - 1
		for _, cell := range row[:last] {
			fmt.Fprint(t, cell, "\t")
		}
		fmt.Fprintln(t, row[last]) // no spaces at the end of a line
	}
	_ = t.Flush() // to memory
}

func (g grid) markdown(w io.Writer) {
	for i, row := range g {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintln(w, "|"+strings.Repeat("---|", len(row)))
		}
	}
}
