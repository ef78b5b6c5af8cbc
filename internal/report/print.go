package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// Formats of a comparison that [WriteComparison] knows, the default first.
var Formats = []string{"text", "md", "csv"}

// WriteComparison writes what a comparison came to. Accuracies are in percent, differences in percentage points.
func WriteComparison(w io.Writer, format string, c *wire.Compared) error {
	if format == "csv" {
		return writeComparisonCSV(w, c)
	}
	var text strings.Builder
	put := func(g Rows) {
		if format == "md" {
			g.Markdown(&text)
		} else {
			g.Text(&text)
		}
	}
	fmt.Fprintf(&text, "Accuracy %s\n\n", comparison{Compared: c}.what())
	put(accuracyRows(c))
	if g := differenceRows(c); len(g) > 1 {
		fmt.Fprintf(
			&text,
			"\nDifference to %s in percentage points, paired by seed, with its 95 %% interval by Student's t. %s\n\n",
			c.Baseline, Families(Differences(c)),
		)
		put(g)
	}
	gap := "\n"
	for _, line := range slices.Concat(comparison{Compared: c}.notes(), settingsOf(c)) {
		fmt.Fprint(&text, gap, line, "\n")
		if format != "md" { // where lines without an empty one between them are one paragraph
			gap = ""
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// accuracyRows has a row for each method.
func accuracyRows(c *wire.Compared) Rows {
	of := comparison{Compared: c}
	names := of.accuracies()
	head := []string{"method", "seeds", "epoch"}
	for _, q := range names {
		head = append(head, q.String())
	}
	g := Rows{head}
	for _, m := range c.Methods {
		row := []string{m.Method, of.counted(m.Method), of.epochs(m.Method)}
		for _, q := range names {
			row = append(row, meanText(m.Accuracies, q))
		}
		g = append(g, row)
	}
	return g
}

// differenceRows has a row for each comparison.
func differenceRows(c *wire.Compared) Rows {
	g := Rows{{"method", "accuracy", "difference", "interval", "p", "p (Holm)", "excludes 0", "seeds", "family"}}
	for _, m := range c.Methods {
		for _, d := range m.Differences {
			row := []string{
				m.Method, d.String(), fmt.Sprintf("%+.2f", 100*d.Mean), "-", "-", "-", "-", fmt.Sprint(d.Seeds),
				fmt.Sprintf("%s, of %d", d.Family, d.FamilySize),
			}
			if d.P != nil {
				row[3] = fmt.Sprintf("%+.2f to %+.2f", 100**d.Low, 100**d.High)
				row[4], row[5] = Probability(*d.P), Probability(*d.Holm)
				row[6] = map[bool]string{true: "yes", false: "no"}[d.Excludes0]
			}
			g = append(g, row)
		}
	}
	return g
}

// settingsOf are sentences on the settings that are not the default: of all methods, and of each alone.
func settingsOf(c *wire.Compared) (list []string) {
	shared := maps.Clone(c.Methods[0].Settings)
	for _, m := range c.Methods {
		maps.DeleteFunc(shared, func(name string, v any) bool { return m.Settings[name] != v })
	}
	if len(shared) > 0 {
		list = append(list, "Settings that are not the default: "+listed(shared)+".")
	}
	for _, m := range c.Methods {
		own := maps.Clone(m.Settings)
		maps.DeleteFunc(own, func(name string, _ any) bool { _, ok := shared[name]; return ok })
		if len(own) > 0 {
			list = append(list, fmt.Sprintf("Settings of %s alone: %s.", m.Method, listed(own)))
		}
	}
	return list
}

func listed(settings map[string]any) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		list = append(list, fmt.Sprintf("%s=%v", name, settings[name]))
	}
	return strings.Join(list, ", ")
}

// writeComparisonCSV writes a row for each method and accuracy. A method without any has one row, with the reasons.
func writeComparisonCSV(w io.Writer, c *wire.Compared) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"data", "split", "select", "method", "encoder", "readout", "seeds", "mean_percent", "sd_percent",
		"baseline", "difference_points", "low_points", "high_points", "p", "p_holm", "excludes_0", "family",
		"family_size", "missing",
	}}
	for _, m := range c.Methods {
		var missing []string
		for _, r := range c.Runs {
			if r.Method == m.Method && r.Missing != "" {
				missing = append(missing, r.Run+": "+wire.JoinLines(r.Missing))
			}
		}
		summaries := m.Accuracies
		if len(summaries) == 0 {
			rows = append(
				rows,
				[]string{
					c.Data, c.Split, c.Select, m.Method, "", "", "0", "", "", c.Baseline, "", "", "", "", "", "", "",
					"", strings.Join(missing, "; "),
				},
			)
		}
		for _, s := range summaries {
			row := []string{
				c.Data, c.Split, c.Select, m.Method, s.Encoder, s.Readout, strconv.Itoa(s.Seeds), percent(&s.Mean),
				percent(s.SD), c.Baseline, "", "", "", "", "", "", "", "", strings.Join(missing, "; "),
			}
			if i := slices.IndexFunc(
				m.Differences, func(d wire.Difference) bool { return d.Quantity == s.Quantity },
			); i >= 0 {
				d := m.Differences[i]
				copy(row[10:], []string{percent(&d.Mean), percent(d.Low), percent(d.High), share(d.P), share(d.Holm)})
				row[16], row[17] = d.Family, strconv.Itoa(d.FamilySize)
				if d.P != nil {
					row[15] = strconv.FormatBool(d.Excludes0)
				}
			}
			rows = append(rows, row)
		}
	}
	return out.WriteAll(rows)
}
