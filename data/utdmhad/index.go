package utdmhad

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// record is a row of the index.
type record struct {
	action, subject, trial        int // from 1
	inertialSteps, skeletonFrames int
}

// id is the sample's name in the published files.
func (r record) id() string { return fmt.Sprintf("a%d_s%d_t%d", r.action, r.subject, r.trial) }

// columns of the index, as far as they are read; others may follow.
var columns = []string{"sample", "action", "subject", "trial", "inertial_steps", "skeleton_frames"}

// bounds of the columns, both included; the sample's number is checked on its own.
var bounds = [][2]int{{}, {1, 27}, {1, 8}, {1, 99}, {1, maxSteps}, {1, maxSteps}}

// maxSteps bounds a sequence; the longest published one has 326 steps.
const maxSteps = 1 << 14

// decodeIndex decodes index.csv; name is the file's, for errors. It returns a [data.FormatError] that names the line
// for another header, a number that is none or out of range, samples out of order, and a sample that stands twice.
func decodeIndex(name string, b []byte) ([]record, error) {
	rows, err := data.DecodeCSV(name, b)
	if err != nil {
		return nil, err
	}
	broken := func(reason string, args ...any) ([]record, error) {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if header := rows[0]; len(header) < len(columns) || !slices.Equal(header[:len(columns)], columns) {
		return broken("header %q, want it to begin %q", strings.Join(header, ","), strings.Join(columns, ","))
	}
	if err := data.CheckHeader(name, rows[0]); err != nil {
		return nil, err
	}
	var list []record
	seen := map[string]bool{}
	for i, row := range rows[1:] {
		var v [6]int
		for c := range columns {
			if v[c], err = strconv.Atoi(row[c]); err != nil || c > 0 && (v[c] < bounds[c][0] || v[c] > bounds[c][1]) {
				return broken(
					"sample %d: %s %q, want a number from %d to %d", i, columns[c], row[c], bounds[c][0],
					cmp.Or(bounds[c][1], i),
				)
			}
		}
		if v[0] != i {
			return broken("sample %d stands at place %d, want samples in order", v[0], i)
		}
		r := record{v[1], v[2], v[3], v[4], v[5]}
		if seen[r.id()] {
			return broken("sample %d: %s stands twice", i, r.id())
		}
		seen[r.id()] = true
		list = append(list, r)
	}
	if len(list) == 0 {
		return broken("no samples")
	}
	return list, nil
}
