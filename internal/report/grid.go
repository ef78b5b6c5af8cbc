package report

import (
	"fmt"
	"html"
	"strings"
	"text/tabwriter"
)

// Grid is a table: what it shows, its head, its rows, and what is to be said below it.
type Grid struct {
	Caption string
	Head    []string
	Rows    [][]Entry
	Notes   []string
	Words   bool // all columns are words, and stand to the left
}

// Entry is what stands in a place of a table: a line, a second and third one in smaller letters, all of it bold or not.
type Entry struct {
	Text  string
	Small []string
	Bold  bool
}

// HTML writes a table without styles of its own but those that an untrusted notebook keeps.
func (g Grid) HTML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<p>%s</p><table><thead><tr>", html.EscapeString(g.Caption))
	side := func(i int) string {
		if i == 0 || g.Words {
			return "left"
		}
		return "right"
	}
	for i, h := range g.Head {
		fmt.Fprintf(&b, `<th style="text-align:%s">%s</th>`, side(i), html.EscapeString(h))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, row := range g.Rows {
		b.WriteString("<tr>")
		for i, e := range row {
			text := html.EscapeString(e.Text)
			for _, line := range e.Small {
				text += "<br><small>" + html.EscapeString(line) + "</small>"
			}
			if e.Bold {
				text = "<b>" + text + "</b>"
			}
			fmt.Fprintf(&b, `<td style="text-align:%s;white-space:nowrap">%s</td>`, side(i), text)
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	for _, n := range g.Notes {
		fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(n))
	}
	return b.String()
}

// Text writes a table in lines; a star marks what is bold.
func (g Grid) Text() string {
	var b strings.Builder
	b.WriteString(g.Caption + "\n\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(fields []string) { fmt.Fprintln(t, strings.Join(fields, "\t")) }
	line(g.Head)
	for _, row := range g.Rows {
		deep := 1
		for _, e := range row {
			deep = max(deep, 1+len(e.Small))
		}
		for i := range deep {
			var fields []string
			for _, e := range row {
				mark := ""
				if e.Bold {
					mark = "*"
				}
				switch {
				case i == 0:
					fields = append(fields, e.Text+mark)
				case i <= len(e.Small):
					fields = append(fields, e.Small[i-1])
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
	if len(g.Notes) > 0 {
		text += "\n" + strings.Join(g.Notes, "\n") + "\n"
	}
	return text
}

// Markdown is the table for a README: what stands in smaller letters is on lines of its own within the cell.
func (g Grid) Markdown() string {
	var b strings.Builder
	clean := func(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	fmt.Fprintf(&b, "%s\n\n", g.Caption)
	line(g.Head)
	fmt.Fprintln(&b, "|"+strings.Repeat("---|", len(g.Head)))
	for _, row := range g.Rows {
		var cells []string
		for _, e := range row {
			text := clean(e.Text)
			if e.Bold {
				text = "**" + text + "**"
			}
			for _, s := range e.Small {
				text += "<br><sub>" + clean(s) + "</sub>"
			}
			cells = append(cells, text)
		}
		line(cells)
	}
	for _, n := range g.Notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	return b.String()
}

// latex escapes a text.
var latex = strings.NewReplacer(`\`, `\textbackslash{}`, "&", `\&`, "%", `\%`, "$", `\$`, "#", `\#`, "_", `\_`, "{",
	`\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`,
	"±", `$\pm$`, "−", `$-$`, "<", `$<$`, ">", `$>$`, "†", `\dag{}`, "β", `$\beta$`)

// LaTeX is the table as a float that is referred to by a label, for the packages booktabs and makecell.
func (g Grid) LaTeX(label string) string {
	var b strings.Builder
	fmt.Fprintf(
		&b, "\\begin{table}\n\\caption{%s}\n\\label{%s}\n\\begin{tabular}{l%s}\n\\toprule\n", latex.Replace(g.Caption),
		label, strings.Repeat("r", len(g.Head)-1),
	)
	row := func(cells []string) { fmt.Fprintf(&b, "%s \\\\\n", strings.Join(cells, " & ")) }
	var head []string
	for _, h := range g.Head {
		head = append(head, latex.Replace(h))
	}
	row(head)
	fmt.Fprintln(&b, "\\midrule")
	for _, list := range g.Rows {
		var cells []string
		for _, e := range list {
			text := latex.Replace(e.Text)
			if e.Bold {
				text = "\\textbf{" + text + "}"
			}
			if len(e.Small) > 0 {
				lines := []string{text}
				for _, s := range e.Small {
					lines = append(lines, "\\scriptsize "+latex.Replace(s))
				}
				text = "\\makecell[r]{" + strings.Join(lines, " \\\\ ") + "}"
			}
			cells = append(cells, text)
		}
		row(cells)
	}
	fmt.Fprintln(&b, "\\bottomrule\n\\end{tabular}")
	for _, n := range g.Notes {
		fmt.Fprintf(&b, "\\par\\footnotesize %s\n", latex.Replace(n))
	}
	fmt.Fprintln(&b, "\\end{table}")
	return b.String()
}
