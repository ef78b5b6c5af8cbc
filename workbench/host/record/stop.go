package record

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// stopSuffix ends the names of stops. Before the ending of snapshots it leaves no number, so that they are not listed
// as such.
const stopSuffix = ".stop.safetensors"

// StopPath is where the stop of a step is.
func StopPath(dir string, step int) string {
	return filepath.Join(dir, SnapshotsDir, fmt.Sprintf("%08d%s", step, stopSuffix))
}

// ListStops lists the steps of a folder's stops in ascending order.
func ListStops(dir string) []int {
	entries, err := os.ReadDir(filepath.Join(dir, SnapshotsDir))
	if err != nil {
		return nil
	}
	var steps []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), stopSuffix)
		if n, err := strconv.Atoi(name); ok && err == nil {
			steps = append(steps, n)
		}
	}
	slices.Sort(steps)
	return steps
}

// Start is a file from which a run can be taken up.
type Start struct {
	Step int
	Stop bool // a stop, which lacks nothing; else a snapshot, from which the last gradients are computed again
}

// Path is where the file is in a run's folder.
func (s Start) Path(dir string) string {
	if s.Stop {
		return StopPath(dir, s.Step)
	}
	return SnapshotPath(dir, s.Step)
}

// Starts lists from where a run can be brought to a step, the nearest first. A snapshot has no gradients of the steps
// before it, and has to lie so far back that the replay makes all that a cosine matrix at the step looks at; before
// step 0 there were none.
func Starts(dir string, step int) []Start {
	var list []Start
	for _, s := range ListStops(dir) {
		if s <= step {
			list = append(list, Start{s, true})
		}
	}
	for _, s := range ListSnapshots(dir) {
		if s <= max(0, step-CosineBatches) {
			list = append(list, Start{s, false})
		}
	}
	slices.SortStableFunc(list, func(a, b Start) int { return b.Step - a.Step }) // of one step the stop comes first
	return list
}

// StartsFrom lists the files of a step and of later ones. Stops come first, then snapshots, each in ascending order.
func StartsFrom(dir string, step int) []Start {
	var list []Start
	for _, s := range ListStops(dir) {
		list = append(list, Start{s, true})
	}
	for _, s := range ListSnapshots(dir) {
		list = append(list, Start{s, false})
	}
	return slices.DeleteFunc(list, func(s Start) bool { return s.Step < step })
}
