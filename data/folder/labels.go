package folder

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

const labelsFile = "labels.csv"

// row is a sample as labels.csv names it.
type row struct {
	place int // in labels.csv, from 0
	id    string
	label string
	split data.Split
}

// decodeLabels decodes labels.csv; name is the file's, for errors. Rows that are broken come back as faults, not as
// rows: an identity that is missing, stands twice or leaves the folder, a missing label, an unknown split. err is for
// a table that cannot be read at all. total counts all rows.
func decodeLabels(name string, b []byte) (rows []row, total int, faults []fault, err error) {
	table, err := data.DecodeCSV(name, b)
	if err != nil {
		return nil, 0, nil, err
	}
	if !slices.Equal(table[0], []string{"id", "label", "split"}) {
		return nil, 0, nil, &data.FormatError{File: name, Reason: fmt.Sprintf("header %q, want %q", strings.Join(table[0], ","), "id,label,split")}
	}
	if len(table) == 1 {
		return nil, 0, nil, &data.FormatError{File: name, Reason: "no samples below the header"}
	}
	first := map[string]row{}
	for i, fields := range table[1:] {
		r := row{place: i, id: fields[0], label: fields[1]}
		r.split, err = data.ParseSplit(fields[2])
		reason := ""
		switch before, twice := first[r.id]; {
		case r.id == "":
			reason = "no id"
		case !contained(r.id):
			reason = fmt.Sprintf("id %q, want a name without path", r.id)
		case twice && err == nil && before.split != r.split:
			reason = fmt.Sprintf("id %s stands twice, in split %s and in split %s", r.id, before.split, r.split)
		case twice:
			reason = fmt.Sprintf("id %s stands twice", r.id)
		case r.label == "":
			reason = fmt.Sprintf("id %s: no label", r.id)
		case err != nil:
			reason = fmt.Sprintf("id %s: split %q, want train, val or test", r.id, fields[2])
		}
		if reason != "" {
			faults = append(faults, fault{place: i, err: &data.FormatError{File: name, Reason: fmt.Sprintf("row %d: %s", i+1, reason)}})
			continue
		}
		first[r.id] = r
		rows = append(rows, r)
	}
	return rows, len(table) - 1, faults, nil
}

// validate makes validation samples of a share of each class's training samples, drawn by their identities, where the
// table names none. It leaves at least one of each class to train on, and reports how many it took.
func validate(rows []row, share float64) (taken int) {
	classes := map[string][]int{}
	for i, r := range rows {
		switch r.split {
		case data.Validation:
			return 0
		case data.Train:
			classes[r.label] = append(classes[r.label], i)
		}
	}
	for _, places := range classes {
		slices.SortFunc(places, func(a, b int) int {
			x, y := sha256.Sum256([]byte(rows[a].id)), sha256.Sum256([]byte(rows[b].id))
			return bytes.Compare(x[:], y[:])
		})
		n := min(int(math.Round(share*float64(len(places)))), len(places)-1)
		for _, i := range places[:n] {
			rows[i].split = data.Validation
		}
		taken += n
	}
	return taken
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
