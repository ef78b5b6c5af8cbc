package workbench

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// recordTable shows records of one measurement: a line for each, and once what they share.
func recordTable(name string, list []Record) string {
	if len(list) == 0 {
		return name + ": nothing was measured"
	}
	mixed := slices.ContainsFunc(list, func(r Record) bool { return r.Kind != list[0].Kind })
	var b strings.Builder
	fmt.Fprintf(&b, "%s at step %d", name, list[0].Step)
	if !mixed {
		b.WriteString(": " + list[0].Kind)
	}
	b.WriteString("\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range list {
		what := r.Encoder
		if mixed {
			what = r.Kind + " " + what
		}
		if r.Readout != "" {
			what += " (" + r.Readout + ")"
		}
		value := fmt.Sprintf("%.4g", r.Value)
		if r.SE != nil {
			value += fmt.Sprintf(" ± %.2g", *r.SE)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", what, value, remark(r))
	}
	_ = t.Flush() // a strings.Builder takes everything
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// remark says what a record's number rests on.
func remark(r Record) string {
	var parts []string
	if r.Split != "" {
		parts = append(parts, r.Split)
	}
	for _, part := range []struct{ name, value string }{
		{"loss", r.Loss}, {"labels", r.Labels}, {"batch norm", r.BN}, {"variables", r.Params},
	} {
		if part.value != "" && part.value != "none" {
			parts = append(parts, part.name+" "+part.value)
		}
	}
	if r.Way != "" {
		parts = append(parts, r.Way)
	}
	if r.N > 0 {
		parts = append(parts, fmt.Sprintf("n %d", r.N))
	}
	return strings.Join(parts, ", ")
}
