package folder

import (
	"fmt"
	"maps"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/npy"
)

// loadTable reads a table of vectors by identity.
func (l *loader) loadTable(name string) (column, []fault) {
	b, err := l.read(name)
	if err != nil {
		return column{}, []fault{{wholeSet, err}}
	}
	ids := map[string]int{}
	for i, r := range l.rows {
		ids[r.id] = i
	}
	columns, values, faults := decodeTable(l.full(name), b, ids)
	for i := range faults {
		if faults[i].place != wholeSet {
			faults[i].place = l.rows[faults[i].place].place
		}
	}
	return column{mod: data.Modality{Kind: data.Vector, Shape: []int{columns}}, values: values, features: columns},
		faults
}

// decodeTable decodes a table with the header id and names of features; name is the file's, for errors. ids gives the
// places of the samples that are wanted, in which order their values come back and faults are named; other rows are
// passed over.
func decodeTable(name string, b []byte, ids map[string]int) (columns int, values [][]float32, faults []fault) {
	whole := func(err error) (int, [][]float32, []fault) { return 0, nil, []fault{{wholeSet, err}} }
	rows, err := data.DecodeCSV(name, b)
	if err != nil {
		return whole(err)
	}
	names := rows[0]
	if names[0] != "id" || len(names) < 2 {
		return whole(
			&data.FormatError{
				File: name,
				Reason: fmt.Sprintf(
					"header of %d columns that begins %q, want id and then features", len(names), names[0],
				),
			},
		)
	}
	if err := data.CheckHeader(name, names); err != nil {
		return whole(err)
	}
	values = make([][]float32, len(ids))
	byName, s := map[string][]int{}, newSpelt()
	for i, row := range rows[1:] {
		if byName[row[0]] = append(byName[row[0]], i+1); len(byName[row[0]]) == 1 {
			s.add(row[0], row[0])
		}
	}
	owner := map[string]string{} // of rows, by their names
	for _, id := range slices.SortedFunc(maps.Keys(ids), func(a, b string) int { return ids[a] - ids[b] }) {
		place, list, reason := ids[id], s.find(id), ""
		switch {
		case len(list) == 0 && s.near(id) != "":
			reason = fmt.Sprintf("no row for id %s, but one for %s: want ids as labels.csv has them", id, s.near(id))
		case len(list) == 0:
			reason = fmt.Sprintf("no row for id %s", id)
		case len(list) > 1:
			reason = fmt.Sprintf("rows %s and %s are both of id %s, want one", list[0], list[1], id)
		case owner[list[0]] != "":
			reason = fmt.Sprintf("row %s is of id %s and of id %s, want one", list[0], owner[list[0]], id)
		case len(byName[list[0]]) > 1:
			reason = fmt.Sprintf("id %s stands twice", list[0])
		}
		if reason != "" {
			faults = append(faults, fault{place, &data.FormatError{File: name, Reason: reason}})
			continue
		}
		owner[list[0]] = id
		row, x, bad := rows[byName[list[0]][0]], make([]float32, len(names)-1), error(nil)
		for k, text := range row[1:] {
			if x[k], bad = data.ParseFinite(
				name, text, func() string { return fmt.Sprintf("id %s, column %s", row[0], names[k+1]) },
			); bad != nil {
				break
			}
		}
		if bad != nil {
			faults = append(faults, fault{place, bad})
			continue
		}
		values[place] = x
	}
	return len(names) - 1, values, faults
}

// loadArray reads the arrays of all samples from one file, in the order of labels.csv.
func (l *loader) loadArray(name string) (column, []fault) {
	whole := func(err error) (column, []fault) { return column{}, []fault{{wholeSet, err}} }
	b, err := l.read(name)
	if err != nil {
		return whole(err)
	}
	all, err := npy.Decode(l.full(name), b)
	if err != nil {
		return whole(err)
	}
	if len(all.Shape) == 0 || all.Shape[0] != l.total {
		return whole(
			&data.FormatError{
				File: l.full(name),
				Reason: fmt.Sprintf(
					"an array of shape %v, want %d along the first axis, as labels.csv has rows", all.Shape, l.total,
				),
			},
		)
	}
	size := all.Size() / l.total
	if size == 0 {
		return whole(
			&data.FormatError{
				File: l.full(name), Reason: fmt.Sprintf("an array of shape %v, which holds no value", all.Shape),
			},
		)
	}
	if len(all.Shape) == 1 { // one number a sample
		all.Shape = append(all.Shape, 1)
	}
	arrays := make([]npy.Array, len(l.rows))
	for i, r := range l.rows {
		arrays[i].Shape = all.Shape[1:]
		if all.Bytes != nil {
			arrays[i].Bytes = all.Bytes[r.place*size : (r.place+1)*size]
		} else {
			arrays[i].Values = all.Values[r.place*size : (r.place+1)*size]
		}
	}
	c, err := l.arrange(arrays)
	if err != nil {
		return whole(err)
	}
	return c, nil
}
