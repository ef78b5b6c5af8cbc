package data

import "context"

// Source is a set as its loader offers it to whatever lists, opens, checks or fetches sets: the one value to add for a
// new one. The loaders export theirs as Source.
type Source struct {
	Name     string           // what the setting data says
	Doc      string           // one line
	Settings func() []Setting // the set's own, without a prefix

	// Open reads the set from dir, the folder that holds Folders. The settings may be incomplete.
	Open func(dir string, settings map[string]any) (Dataset, error)
	// Check lists all that is wrong with the files; nil where Open tells the first alone.
	Check func(dir string, settings map[string]any) []error

	Folders []string // those that the set is read from, below dir; none for a made set and for the user's own
	Own     bool     // the user's own: dir must be named

	Ask   string // where the files are to be had, where no program may fetch them
	Fetch *Fetch // how a program fetches them; nil where none may, or there are none

	Paper      string         // the set's name in the paper; empty where the paper has it not
	StandsFor  map[string]int // sets of the paper in whose place it is trained on a small machine: its turn, 1 before 2
	Modalities string         // what such training takes of it, joined by commas; empty: all

	// StepMillis is the measured time of a step of joint training at demo scale, with what is measured between steps
	// and compilation shared out, on 2 virtual cores (AMD EPYC) that did other work too (load 5 to 8): for plans before
	// anything is timed. 0 where it was not measured.
	StepMillis float64
}

// Made reports whether the set is made, and so needs no files.
func (s Source) Made() bool { return len(s.Folders) == 0 && !s.Own }

// Fetch downloads the files of a set.
type Fetch struct {
	Mirrors []Mirror
	// Run downloads what is missing to dir, from the address of each mirror by its name. What is there and whole stays.
	// progress, which may be nil, is told a file and its bytes, done and in all, -1 where that is not known.
	Run func(
		ctx context.Context, dir string, from map[string]string, progress func(file string, done, total int64),
	) error
}

// Mirror is an address that files come from, which another one may replace.
type Mirror struct{ Name, Doc, Address string }
