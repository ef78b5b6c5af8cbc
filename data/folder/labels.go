package folder

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/primewindow/primewindow/data"
)

const labelsFile = "labels.csv"

// row is a sample as labels.csv names it.
type row struct {
	place int // in labels.csv, from 0
	id    string
	label string
	split data.Split
	group string // who or what it shows; empty where the table does not say
}

// headers of labels.csv: the column group may be left out.
var headers = [][]string{{"id", "label", "split"}, {"id", "label", "split", "group"}}

// longestID bounds an id, in bytes: no path is longer.
const longestID = 4096

// decodeLabels decodes labels.csv; name is the file's, for errors. Rows that are broken come back as faults, not as
// rows: an identity that is missing, stands twice or leaves the folder, a missing label, one that an earlier row spells
// in another way, an unknown split. err is for a table that cannot be read at all. total counts all rows.
func decodeLabels(name string, b []byte) (rows []row, total int, faults []fault, err error) {
	table, err := data.DecodeCSV(name, b)
	if err != nil {
		return nil, 0, nil, err
	}
	if !slices.ContainsFunc(headers, func(h []string) bool { return slices.Equal(table[0], h) }) {
		return nil, 0, nil, &data.FormatError{
			File: name,
			Reason: fmt.Sprintf(
				"header %q, want %q or %q", strings.Join(table[0], ","), strings.Join(headers[0], ","),
				strings.Join(headers[1], ","),
			),
		}
	}
	if len(table) == 1 {
		return nil, 0, nil, &data.FormatError{File: name, Reason: "no samples below the header"}
	}
	first := map[string]row{}
	spelt := map[string]row{} // the first row of each class, by its spelling
	for i, fields := range table[1:] {
		r := row{place: i, id: fields[0], label: fields[1]}
		if len(fields) > 3 {
			r.group = fields[3]
		}
		r.split, err = data.ParseSplit(fields[2])
		reason := ""
		before, twice := first[r.id]
		like, known := spelt[spelling(r.label)]
		switch {
		case r.id == "":
			reason = "no id"
		case len(r.id) > longestID:
			reason = fmt.Sprintf("id of %d bytes, want at most %d", len(r.id), longestID)
		case !contained(r.id):
			reason = fmt.Sprintf("id %q, want a name without path", r.id)
		case twice && err == nil && before.split != r.split:
			reason = fmt.Sprintf("id %s stands twice, in split %s and in split %s", r.id, before.split, r.split)
		case twice:
			reason = fmt.Sprintf("id %s stands twice", r.id)
		case r.label == "":
			reason = fmt.Sprintf("id %s: no label", r.id)
		case known && like.label != r.label:
			reason = fmt.Sprintf(
				"id %s: label %+q, which row %d spells %+q: want one spelling of a class", r.id, r.label, like.place+1,
				like.label,
			)
		case err != nil:
			reason = fmt.Sprintf("id %s: split %q, want train, val or test", r.id, fields[2])
		}
		if reason != "" {
			faults = append(
				faults,
				fault{place: i, err: &data.FormatError{File: name, Reason: fmt.Sprintf("row %d: %s", i+1, reason)}},
			)
			continue
		}
		first[r.id] = r
		if !known {
			spelt[spelling(r.label)] = r
		}
		rows = append(rows, r)
	}
	return rows, len(table) - 1, faults, nil
}

// spelling is what labels share that differ in spelling alone: a number's value, a truth value in small letters, a
// word's composed form. Numbers of more digits than a float64 keeps are words.
func spelling(label string) string {
	if n, err := strconv.ParseFloat(label, 64); err == nil && len(label) <= 15 && !math.IsNaN(n) &&
		!strings.ContainsAny(label, "xX_") {
		return strconv.FormatFloat(n+0, 'g', -1, 64)
	}
	if word := strings.ToLower(label); word == "true" || word == "false" {
		return word
	}
	return norm.NFC.String(label)
}

// contained reports whether a name stays in its folder, and is not hidden.
func contained(name string) bool {
	return name != "" && name[0] != '.' && !strings.ContainsAny(name, "/\\:\x00")
}

// classesOf lists the labels of the training split, in order.
func classesOf(rows []row) []string {
	var list []string
	numbers := true
	for _, r := range rows {
		if r.split == data.Train {
			list = append(list, r.label)
			_, err := strconv.Atoi(r.label)
			numbers = numbers && err == nil
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if numbers {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(list)
}
