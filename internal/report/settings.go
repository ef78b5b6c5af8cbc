package report

import (
	"fmt"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// docWidth is how many letters of a sentence stand in a line of a table.
const docWidth = 72

// Settings is the table of a run's settings, with a note where its set cannot be read.
func Settings(list *wire.SettingList) Grid {
	g := Grid{
		Caption: Counted(len(list.Settings), "setting", "settings") + ".",
		Head:    []string{"setting", "default", "may be", "mid-run", "what"}, Words: true,
	}
	if p := list.Problem; p != nil {
		g.Notes = append(
			g.Notes,
			fmt.Sprintf(
				"The set cannot be read: %s. Defaults are without its recipe, and its encoders are left out.",
				strings.TrimSuffix(wire.JoinLines(p.Message), "."),
			),
		)
		if p.Hint != "" {
			g.Notes = append(g.Notes, "Hint: "+wire.JoinLines(p.Hint))
		}
	}
	for _, s := range list.Settings {
		changes := "-"
		if s.Mutable {
			changes = "yes"
		}
		what, may := wrapped(s.Doc, docWidth), wrapped(s.Range, docWidth/2)
		g.Rows = append(g.Rows, []Entry{
			{Text: s.Name}, {Text: defaultOf(s.Default)}, {Text: may[0], Small: may[1:]}, {Text: changes},
			{Text: what[0], Small: what[1:]},
		})
	}
	return g
}

func defaultOf(v any) string {
	if v == "" {
		return "-"
	}
	return fmt.Sprint(v)
}

// wrapped is a text in lines of so many letters at most, where its words allow.
func wrapped(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len([]rune(*last))+1+len([]rune(word)) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
