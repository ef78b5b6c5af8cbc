package folder

import (
	"bytes"
	"crypto/sha256"
	"maps"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// drawing is how validation samples were drawn.
type drawing int

const (
	none        drawing = iota // they were not: the table names them
	byClass                    // a share of each class
	allTogether                // a share of all classes together
	byGroup                    // whole groups
)

// validate makes validation samples of a share of each class's training samples, drawn by their identities, where the
// table names none, and whole groups of them where [strangers] says so. A share that is no whole sample of any class
// is drawn of all classes together, one sample at least. It leaves at least one of each class to train on, and reports
// how many it took, none where no class has two, and how.
func validate(rows []row, share float64) (taken int, how drawing) {
	classes := map[string][]int{}
	for i, r := range rows {
		switch r.split {
		case data.Validation:
			return 0, none
		case data.Train:
			classes[r.label] = append(classes[r.label], i)
		}
	}
	if strangers(rows) {
		return validateGroups(rows, share), byGroup
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
		return taken, byClass
	}
	slices.SortFunc(spare, byLot)
	taken = min(max(1, int(math.Round(share*float64(total)))), len(spare))
	for _, i := range spare[:taken] {
		rows[i].split = data.Validation
	}
	return taken, allTogether
}

// strangers reports whether the test split shows groups that are not trained on, so that validation samples have to be
// of other groups than those, too. It is so where the table names groups of training samples and none of them is
// tested.
func strangers(rows []row) bool {
	trained := map[string]bool{}
	for _, r := range rows {
		if r.split == data.Train && r.group != "" {
			trained[r.group] = true
		}
	}
	known := func(r row) bool { return r.split == data.Test && trained[r.group] }
	return len(trained) > 0 && !slices.ContainsFunc(rows, known)
}

// validateGroups makes validation samples of whole groups, about a share of each class, drawn by their names; a sample
// of no group is one by itself. A group is taken when more of its samples than not fit into what its classes have to
// give, or when it is the first; and only when each of its classes keeps a sample to train on. It reports how many
// samples it took.
func validateGroups(rows []row, share float64) (taken int) {
	groups, counts, room := map[string][]int{}, map[string]int{}, map[string]float64{}
	for i, r := range rows {
		if r.split != data.Train {
			continue
		}
		name := "group " + r.group
		if r.group == "" {
			name = "sample " + r.id
		}
		groups[name] = append(groups[name], i)
		counts[r.label]++
		room[r.label] += share
	}
	var names []string
	for name := range groups {
		names = append(names, name)
	}
	stream.SortByLot(0, names)
	take := func(name string, fitting bool) bool {
		classes, space := map[string]int{}, 0.0
		for _, i := range groups[name] {
			classes[rows[i].label]++
		}
		for _, label := range slices.Sorted(maps.Keys(classes)) { // in one order: sums are to be the same each time
			space += room[label]
		}
		n := len(groups[name])
		if fitting && space < float64(n)/2 {
			return false
		}
		for label, k := range classes {
			if counts[label] == k {
				return false
			}
		}
		for label, k := range classes {
			counts[label] -= k
			room[label] -= float64(k)
		}
		for _, i := range groups[name] {
			rows[i].split = data.Validation
		}
		taken += n
		return true
	}
	if share == 0 {
		return 0
	}
	for _, name := range names {
		take(name, true)
	}
	for _, name := range names {
		if taken > 0 || take(name, false) {
			break
		}
	}
	return taken
}
