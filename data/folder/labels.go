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
}

// longestID bounds an id, in bytes: no path is longer.
const longestID = 4096

// decodeLabels decodes labels.csv; name is the file's, for errors. Rows that are broken come back as faults, not as
// rows: an identity that is missing, stands twice or leaves the folder, a missing label, one that an earlier row spells in
// another way, an unknown split. err is for
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
	spelt := map[string]row{} // the first row of each class, by its spelling
	for i, fields := range table[1:] {
		r := row{place: i, id: fields[0], label: fields[1]}
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
			reason = fmt.Sprintf("id %s: label %+q, which row %d spells %+q: want one spelling of a class", r.id, r.label, like.place+1, like.label)
		case err != nil:
			reason = fmt.Sprintf("id %s: split %q, want train, val or test", r.id, fields[2])
		}
		if reason != "" {
			faults = append(faults, fault{place: i, err: &data.FormatError{File: name, Reason: fmt.Sprintf("row %d: %s", i+1, reason)}})
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

// validate makes validation samples of a share of each class's training samples, drawn by their identities, where the
// table names none. A share that is no whole sample of any class is drawn of all classes together, one sample at least. It
// leaves at least one of each class to train on, and reports how many it took: none where no class has two.
func validate(rows []row, share float64) (taken int, together bool) {
	classes := map[string][]int{}
	for i, r := range rows {
		switch r.split {
		case data.Validation:
			return 0, false
		case data.Train:
			classes[r.label] = append(classes[r.label], i)
		}
	}
	lots := map[int][sha256.Size]byte{}
	byLot := func(a, b int) int {
		x, y := lots[a], lots[b]
		return bytes.Compare(x[:], y[:])
	}
	var spare []int // of all classes, without one of each
	total := 0
	for _, places := range classes {
		for _, i := range places {
			lots[i] = sha256.Sum256([]byte(rows[i].id))
		}
		slices.SortFunc(places, byLot)
		n := min(int(math.Round(share*float64(len(places)))), len(places)-1)
		for _, i := range places[:n] {
			rows[i].split = data.Validation
		}
		taken += n
		total += len(places)
		spare = append(spare, places[:len(places)-1]...)
	}
	if taken > 0 || share == 0 || len(spare) == 0 {
		return taken, false
	}
	slices.SortFunc(spare, byLot)
	taken = min(max(1, int(math.Round(share*float64(total)))), len(spare))
	for _, i := range spare[:taken] {
		rows[i].split = data.Validation
	}
	return taken, true
}

// spelling is what labels share that differ in spelling alone: a number's value, a truth value in small letters, a word's
// composed form. Numbers of more digits than a float64 keeps are words.
func spelling(label string) string {
	if n, err := strconv.ParseFloat(label, 64); err == nil && len(label) <= 15 && !math.IsNaN(n) && !strings.ContainsAny(label, "xX_") {
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
