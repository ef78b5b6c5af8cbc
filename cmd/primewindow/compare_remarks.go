package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// remarks are the sentences below a comparison's tables: what may be claimed, what is missing, and under which settings.
func remarks(c wire.Compared) []string {
	list := append(report.Claims(&c), report.Choices(&c)...)
	for _, r := range c.Runs {
		if r.Missing != "" {
			list = append(list, fmt.Sprintf("%s has no result: %s.", r.Run, strings.TrimSuffix(oneLine(r.Missing), ".")))
		}
		if r.Warning != "" {
			list = append(list, r.Run+": "+oneLine(r.Warning)+".")
		}
	}
	shared := maps.Clone(c.Methods[0].Settings)
	for _, m := range c.Methods {
		maps.DeleteFunc(shared, func(name string, v any) bool { return m.Settings[name] != v })
	}
	if len(shared) > 0 {
		list = append(list, "Settings that are not the default: "+pairs(shared)+".")
	}
	for _, m := range c.Methods {
		own := maps.Clone(m.Settings)
		maps.DeleteFunc(own, func(name string, _ any) bool { _, ok := shared[name]; return ok })
		if len(own) > 0 {
			list = append(list, fmt.Sprintf("Settings of %s alone: %s.", m.Method, pairs(own)))
		}
	}
	return list
}

func pairs(settings map[string]any) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		list = append(list, fmt.Sprintf("%s=%v", name, settings[name]))
	}
	return strings.Join(list, ", ")
}

// writeComparisonCSV writes a row for each method and accuracy. A method without any has one row, with the reasons.
func writeComparisonCSV(w io.Writer, c wire.Compared) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"data", "split", "select", "method", "encoder", "readout", "seeds", "mean_percent", "sd_percent",
		"baseline", "difference_points", "low_points", "high_points", "p", "p_holm", "excludes_0", "family", "family_size", "missing",
	}}
	for _, m := range c.Methods {
		var missing []string
		for _, r := range c.Runs {
			if r.Method == m.Method && r.Missing != "" {
				missing = append(missing, r.Run+": "+oneLine(r.Missing))
			}
		}
		summaries := m.Accuracies
		if len(summaries) == 0 {
			rows = append(rows, []string{c.Data, c.Split, c.Select, m.Method, "", "", "0", "", "", c.Baseline, "", "", "", "", "", "", "", "", strings.Join(missing, "; ")})
		}
		for _, s := range summaries {
			row := []string{c.Data, c.Split, c.Select, m.Method, s.Encoder, s.Readout, strconv.Itoa(s.Seeds), number(&s.Mean, 100), number(s.SD, 100), c.Baseline, "", "", "", "", "", "", "", "", strings.Join(missing, "; ")}
			if i := slices.IndexFunc(m.Differences, func(d wire.Difference) bool { return d.Quantity == s.Quantity }); i >= 0 {
				d := m.Differences[i]
				copy(row[10:], []string{number(&d.Mean, 100), number(d.Low, 100), number(d.High, 100), number(d.P, 1), number(d.Holm, 1)})
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

// number is a number times scale; nothing where there is none.
func number(v *float64, scale float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(scale**v, 'g', 6, 64)
}
