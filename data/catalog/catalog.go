package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cremad"
	"github.com/primewindow/primewindow/data/digits"
	"github.com/primewindow/primewindow/data/folder"
	"github.com/primewindow/primewindow/data/hatefulmemes"
	"github.com/primewindow/primewindow/data/kineticssounds"
	"github.com/primewindow/primewindow/data/mosi"
	"github.com/primewindow/primewindow/data/nlvr"
	"github.com/primewindow/primewindow/data/synth"
	"github.com/primewindow/primewindow/data/utdmhad"
	"github.com/primewindow/primewindow/data/video"
	"github.com/primewindow/primewindow/data/violentflows"
	"github.com/primewindow/primewindow/internal/registry"
	"github.com/primewindow/primewindow/internal/wire"
)

const (
	// DataVariable names the folder in which the sets' own folders lie.
	DataVariable = "PRIMEWINDOW_DATA"
	// Prefix begins the names of a set's own settings among those of a run.
	Prefix = "data."
	// Default is the set of runs that name none. It is made, and so it is always there.
	Default = synth.Name
)

// sets are those that come with the program, and those of [Register].
var sets = registry.New(func(s data.Source) string { return s.Name },
	cremad.Source, digits.Source, folder.Source, hatefulmemes.Source, kineticssounds.Source, mosi.Source, nlvr.Source,
	synth.Source, utdmhad.Source, violentflows.Source,
)

// Register adds a set to the catalogue, from where everything that lists sets has it; remove takes it out again. A name
// that is taken is an error, and so is a set that lacks a name, Settings or Open.
func Register(s data.Source) (remove func(), err error) {
	if s.Name == "" || s.Settings == nil || s.Open == nil {
		return nil, fmt.Errorf("catalog: set %q, want a name, Settings and Open", s.Name)
	}
	if remove, err = sets.Add(s); err != nil {
		return nil, fmt.Errorf("catalog: set %w", err)
	}
	return remove, nil
}

// All lists the sets in alphabetical order.
func All() []data.Source {
	list := sets.All()
	slices.SortFunc(list, func(a, b data.Source) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// Find looks a set up by its name.
func Find(name string) (data.Source, bool) { return sets.Find(name) }

// Names lists the names of all sets in alphabetical order.
func Names() []string {
	names := sets.Names()
	slices.Sort(names)
	return names
}

// OfPaper is the set that the paper calls so; ok is false where none of the catalogue is.
func OfPaper(name string) (s data.Source, ok bool) {
	list := All()
	if i := slices.IndexFunc(list, func(s data.Source) bool { return s.Paper == name && name != "" }); i >= 0 {
		return list[i], true
	}
	return data.Source{}, false
}

// StandIns names the sets that stand in the place of one of the paper's on a small machine, the best first.
func StandIns(paper string) []string {
	list := slices.DeleteFunc(All(), func(s data.Source) bool { return s.StandsFor[paper] == 0 })
	slices.SortStableFunc(
		list, func(a, b data.Source) int { return cmp.Compare(a.StandsFor[paper], b.StandsFor[paper]) },
	)
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	return names
}

// Unknown reports a set that is not in the catalogue, and offers the nearest.
func Unknown(name string) error {
	return wire.Unknown("data", name, Names(), "`primewindow data list` shows the sets")
}

// Info is a set and where it is.
type Info struct {
	data.Source
	Dir     string // where it was found; empty for a made set and for one that is not there
	Present bool   // the user's own is, wherever a run's setting dir says
}

// State says where the set is, or how to come by it.
func (s Info) State() string {
	switch {
	case s.Present && s.Dir != "":
		return "in " + s.Dir
	case s.Own:
		return "name it: -dir DIR"
	case s.Present:
		return "made, needs no files"
	case s.Fetch != nil:
		return "not here: `primewindow data fetch " + s.Name + "`"
	}
	return fmt.Sprintf("not here: name the folder that holds it in %s", DataVariable)
}

// Sets lists the sets in alphabetical order, and where they are.
func Sets(project string) []Info {
	var list []Info
	for _, s := range All() {
		info := Info{Source: s, Present: len(s.Folders) == 0}
		if !info.Present {
			info.Dir, info.Present = findSet(project, s)
		}
		list = append(list, info)
	}
	return list
}

// DataFolders lists where sets are looked for: what PRIMEWINDOW_DATA names, or else the project's folder data
// of fetched sets and a folder shared/data beside the checkout.
func DataFolders(project string) []string {
	if dir := os.Getenv(DataVariable); dir != "" {
		return []string{dir}
	}
	return []string{FetchFolder(project), filepath.Join(filepath.Dir(project), "shared", "data")}
}

// FetchFolder is where fetched sets are put: what PRIMEWINDOW_DATA names, or else a folder of the project's own.
func FetchFolder(project string) string {
	return cmp.Or(os.Getenv(DataVariable), filepath.Join(project, ".data"))
}

func findSet(project string, s data.Source) (string, bool) {
	for _, dir := range DataFolders(project) {
		found := true
		for _, f := range s.Folders {
			if st, err := os.Stat(data.Subfolder(dir, f)); err != nil || !st.IsDir() {
				found = false
			}
		}
		if found {
			return dir, true
		}
	}
	return "", false
}

// Problem says what to do about a set that cannot be read.
func Problem(name string, err error) error {
	err = data.Gather([]error{err})[0]
	p := &wire.Problem{
		Message: wire.FirstLine(err),
		Hint:    "`primewindow data list` shows the sets; settings that begin with " + Prefix + " are the set's own",
	}
	broken, damaged := errors.AsType[*data.FormatError](err)
	kind, other := errors.AsType[*data.UnsupportedError](err)
	s, there := Find(name)
	skips := there && slices.ContainsFunc(s.Settings(), func(s data.Setting) bool { return s.Name == "skip_broken" })
	again := ""
	if s.Fetch != nil {
		again = fmt.Sprintf("; `primewindow data fetch %s` brings what is missing", name)
	}
	switch {
	case errors.Is(err, video.ErrNoFFmpeg):
		p.Hint = "install it, for example: apt-get install ffmpeg"
	case damaged && broken.Hint != "":
		p.Hint = broken.Hint
		if skips && !broken.Whole {
			p.Hint += ", or leave such samples out with -skip-broken"
		}
	case other && kind.Hint != "":
		p.Hint = kind.Hint
	case damaged:
		p.Hint = "the file is damaged: remove it and bring it again" + again
		if skips {
			p.Hint = "mend the file, or leave such samples out with -skip-broken; `primewindow data check` lists " +
				"them all"
		}
	case other:
		p.Hint = "convert the file to the kind that is wanted"
	case errors.Is(err, syscall.ELOOP):
		p.Hint = "a link leads back to itself: remove it, or let it lead to the file"
	case errors.Is(err, os.ErrPermission):
		p.Hint = "its owner can let you read it, with chmod -R u+rX where that is you"
	case errors.Is(err, os.ErrNotExist):
		p.Hint = fmt.Sprintf("-dir or %s names the folder that the set is in%s", DataVariable, again)
	}
	return p
}

// Locate is the folder that a set is read from: dir where it is given, else where the set was found.
func Locate(project, name, dir string) (string, error) {
	s, there := Find(name)
	switch {
	case !there:
		return "", Unknown(name)
	case dir != "":
		return dir, nil
	case s.Own:
		return "", &wire.Problem{
			Message: fmt.Sprintf("data %s: no folder", name),
			Hint:    "name it with the setting dir, on a command line -dir DIR",
		}
	case s.Made():
		return "", nil
	}
	dir, ok := findSet(project, s)
	if ok {
		return dir, nil
	}
	hint := fmt.Sprintf("name the folder that holds them in %s, or in the setting dir", DataVariable)
	if s.Ask != "" {
		hint += "; to have them: " + s.Ask
	}
	if s.Fetch != nil {
		hint = fmt.Sprintf("`primewindow data fetch %s` downloads it, or name its folder in %s", name, DataVariable)
	}
	return "", &wire.Problem{
		Message: fmt.Sprintf("data %s: no folders %v in %v", name, s.Folders, DataFolders(project)), Hint: hint,
	}
}

// Open opens a set with these settings of its own; an empty dir looks for it.
func Open(project, name, dir string, settings map[string]any) (data.Dataset, error) {
	s, dir, err := find(project, name, dir)
	if err != nil {
		return nil, err
	}
	d, err := s.Open(dir, settings)
	if err != nil {
		return nil, Problem(name, err)
	}
	return d, nil
}

// Check opens a set and lists what is wrong with its files: all of it where the set's loader can, else what it meets
// first. A set that reads its files when they are wanted reads all of them here, and progress is told how many.
func Check(
	ctx context.Context, project, name, dir string, settings map[string]any, progress func(done, total int),
) (data.Dataset, []error) {
	s, dir, err := find(project, name, dir)
	if err != nil {
		return nil, []error{err}
	}
	if s.Check != nil {
		switch faults := s.Check(dir, settings); len(faults) {
		case 0:
		case 1:
			return nil, []error{Problem(name, faults[0])}
		default:
			return nil, gathered(name, faults)
		}
	}
	d, err := s.Open(dir, settings)
	if err != nil {
		return nil, []error{Problem(name, err)}
	}
	if c, ok := d.(data.Checked); ok {
		return d, gathered(name, c.Check(ctx, progress))
	}
	return d, nil
}

// gathered are faults of which those with one cause are one, and if that is all there is, what to do about it.
func gathered(name string, faults []error) []error {
	faults = data.Gather(faults)
	if len(faults) == 1 {
		faults[0] = Problem(name, faults[0])
	}
	return faults
}

func find(project, name, dir string) (data.Source, string, error) {
	dir, err := Locate(project, name, dir)
	s, _ := Find(name)
	return s, dir, err
}
