package method

import (
	"slices"

	"github.com/primewindow/primewindow/inforeg"
)

// Replay says how spec.json of the replay format, in which implementations are compared, asks for a method.
type Replay struct {
	Names  []string          // of the method there
	Flags  map[string][]any  // options that choose among methods of one name, and their values for this one
	Rename map[string]string // settings by the options that stand for them, where the names differ
	Set    map[string]any    // settings that a replay fixes, unless an option sets them

	ExclusiveEnd bool // whether the option end is the first epoch in which the method no longer acts
	Traced       bool // whether the method reads the trace that the spec chooses
	Prototypes   bool // whether the method takes prototypes from the spec's samples
}

// Replayed is a method that the replay format knows.
type Replayed interface {
	inforeg.Method
	Replay() Replay
}

// replayed gives what says how each method is asked for, and its name, in the order of names.
func replayed() (names []string, list []Replay) {
	for _, name := range Names() {
		m, _ := Find(name)
		if r, ok := m.(Replayed); ok && len(r.Replay().Names) > 0 {
			names, list = append(names, name), append(list, r.Replay())
		}
	}
	return names, list
}

// ReplayNames are the names of methods that spec.json may use.
func ReplayNames() []string {
	var all []string
	_, list := replayed()
	for _, r := range list {
		all = append(all, r.Names...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ReplayFlags are the values of the options that choose among the methods of a name in spec.json: by option, in the
// order of the methods.
func ReplayFlags(name string) map[string][]any {
	all := map[string][]any{}
	_, list := replayed()
	for _, r := range list {
		if !slices.Contains(r.Names, name) {
			continue
		}
		for flag, values := range r.Flags {
			for _, v := range values {
				if !slices.Contains(all[flag], v) {
					all[flag] = append(all[flag], v)
				}
			}
		}
	}
	return all
}

// FindReplayed returns the method that a name and the values of [ReplayFlags] in spec.json ask for.
func FindReplayed(name string, flags map[string]any) (inforeg.Method, Replay, bool) {
	names, list := replayed()
	for i, r := range list {
		fits := slices.Contains(r.Names, name)
		for flag, value := range flags {
			fits = fits && slices.Contains(r.Flags[flag], value)
		}
		if fits {
			m, ok := Find(names[i])
			return m, r, ok
		}
	}
	return nil, Replay{}, false
}
