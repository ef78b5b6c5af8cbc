package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
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
	"github.com/primewindow/primewindow/internal/wire"
)

// DataVariable names the folder in which the sets' own folders lie.
const DataVariable = "PRIMEWINDOW_DATA"

// set is an entry of the catalogue of sets.
type set struct {
	doc      string
	settings func() []data.Setting
	open     func(dir string, settings map[string]any) (data.Dataset, error)
	files    []string                                          // folders that the set reads, below the data folder; none for a made set and for the user's own
	own      bool                                              // the user's own: the setting dir must name its folder
	check    func(dir string, settings map[string]any) []error // lists all faults; nil where open tells the first alone
	ask      string                                            // where its files are to be had; empty where a program may fetch them, or needs none
}

var sets = map[string]set{
	cremad.Name: {doc: cremad.Doc, settings: cremad.Settings, open: cremad.Open, files: []string{cremad.Folder}, check: cremad.Check, ask: cremad.Ask},
	digits.Name: {doc: digits.Doc, settings: digits.Settings, open: digits.Open, files: []string{"fsdd", "mnist"}},
	folder.Name: {doc: folder.Doc, settings: folder.Settings, open: folder.Open, own: true, check: folder.Check},
	hatefulmemes.Name: {
		doc: hatefulmemes.Doc, settings: hatefulmemes.Settings, open: hatefulmemes.Open, files: []string{hatefulmemes.Folder},
		check: hatefulmemes.Check, ask: hatefulmemes.Ask,
	},
	kineticssounds.Name: {
		doc: kineticssounds.Doc, settings: kineticssounds.Settings, open: kineticssounds.Open, files: []string{kineticssounds.Folder},
		check: kineticssounds.Check, ask: kineticssounds.Ask,
	},
	mosi.Name:  {doc: mosi.Doc, settings: mosi.Settings, open: mosi.Open, files: []string{mosi.Folder}, ask: mosi.Ask},
	nlvr.Name:  {doc: nlvr.Doc, settings: nlvr.Settings, open: nlvr.Open, files: []string{nlvr.Name}, ask: nlvr.Ask},
	synth.Name: {doc: synth.Doc, settings: synth.Settings, open: synth.Open},
	violentflows.Name: {
		doc: violentflows.Doc, settings: violentflows.Settings, open: violentflows.Open, files: []string{violentflows.Folder},
		check: violentflows.Check, ask: violentflows.Ask,
	},
	utdmhad.Name: {doc: utdmhad.Doc, settings: utdmhad.Settings, open: utdmhad.Open, check: utdmhad.Check, files: []string{utdmhad.Folder}, ask: utdmhad.Ask},
}

// SetInfo describes a set of the catalogue.
type SetInfo struct {
	Name, Doc string
	Dir       string // where it was found; empty for a made set and for one that is not there
	Present   bool
	Own       bool   // the user's own: present wherever a run's setting dir says
	Ask       string // where these are to be had, where no program may fetch them
}

// State says where the set is, or how to come by it.
func (s SetInfo) State() string {
	switch {
	case s.Present && s.Dir != "":
		return "in " + s.Dir
	case s.Own:
		return "name it: -dir DIR"
	case s.Present:
		return "made, needs no files"
	case s.Name == digits.Name:
		return "not here: `primewindow data fetch " + s.Name + "`"
	}
	return fmt.Sprintf("not here: name the folder that holds it in %s", DataVariable)
}

// Sets lists the catalogue in alphabetical order.
func Sets(project string) []SetInfo {
	var list []SetInfo
	for _, s := range runSettings()[0].Choices {
		info := SetInfo{Name: s, Doc: sets[s].doc, Present: len(sets[s].files) == 0, Own: sets[s].own, Ask: sets[s].ask}
		if !info.Present {
			info.Dir, info.Present = findSet(project, sets[s])
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

func findSet(project string, s set) (string, bool) {
	for _, dir := range DataFolders(project) {
		found := true
		for _, f := range s.files {
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

// setProblem says what to do about a set that cannot be read.
func setProblem(name string, err error) error {
	err = data.Gather([]error{err})[0]
	p := &wire.Problem{Message: wire.FirstLine(err), Hint: "`primewindow data list` shows the sets; settings that begin with " + dataPrefix + " are the set's own"}
	broken, damaged := errors.AsType[*data.FormatError](err)
	kind, other := errors.AsType[*data.UnsupportedError](err)
	skips := slices.ContainsFunc(sets[name].settings(), func(s data.Setting) bool { return s.Name == "skip_broken" })
	again := ""
	if name == digits.Name {
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
			p.Hint = "mend the file, or leave such samples out with -skip-broken; `primewindow data check` lists them all"
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

// locate is the folder that a set is read from: dir where it is given, else where the set was found.
func locate(project, name, dir string) (string, error) {
	s := sets[name]
	switch {
	case dir != "":
		return dir, nil
	case s.own:
		return "", &wire.Problem{Message: fmt.Sprintf("data %s: no folder", name), Hint: "name it with the setting dir, on a command line -dir DIR"}
	case len(s.files) == 0:
		return "", nil
	}
	dir, ok := findSet(project, s)
	if ok {
		return dir, nil
	}
	hint := fmt.Sprintf("name the folder that holds them in %s, or in the setting dir", DataVariable)
	if s.ask != "" {
		hint += "; to have them: " + s.ask
	}
	if name == digits.Name {
		hint = fmt.Sprintf("`primewindow data fetch %s` downloads it, or name its folder in %s", name, DataVariable)
	}
	return "", &wire.Problem{Message: fmt.Sprintf("data %s: no folders %v in %v", name, s.files, DataFolders(project)), Hint: hint}
}

// OpenSet opens a set with these settings of its own; an empty dir looks for it.
func OpenSet(project, name, dir string, settings map[string]any) (data.Dataset, error) {
	s, dir, err := pick(project, name, dir)
	if err != nil {
		return nil, err
	}
	d, err := s.open(dir, settings)
	if err != nil {
		return nil, setProblem(name, err)
	}
	return d, nil
}

// CheckSet opens a set and lists what is wrong with its files: all of it where the set's loader can, else what it meets
// first. A set that reads its files when they are wanted reads all of them here, and progress is told how many.
func CheckSet(ctx context.Context, project, name, dir string, settings map[string]any, progress func(done, total int)) (data.Dataset, []error) {
	s, dir, err := pick(project, name, dir)
	if err != nil {
		return nil, []error{err}
	}
	if s.check != nil {
		switch faults := s.check(dir, settings); len(faults) {
		case 0:
		case 1:
			return nil, []error{setProblem(name, faults[0])}
		default:
			return nil, gathered(name, faults)
		}
	}
	d, err := s.open(dir, settings)
	if err != nil {
		return nil, []error{setProblem(name, err)}
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
		faults[0] = setProblem(name, faults[0])
	}
	return faults
}

func pick(project, name, dir string) (set, string, error) {
	s, ok := sets[name]
	if !ok {
		return set{}, "", wire.Unknown("data", name, slices.Sorted(maps.Keys(sets)), "`primewindow data list` shows the sets")
	}
	dir, err := locate(project, name, dir)
	return s, dir, err
}

// library opens sets once and shares them between runs.
type library struct {
	project string
	mu      sync.Mutex
	opened  map[string]data.Dataset
}

// open returns the set that the settings describe; they may be incomplete.
func (l *library) open(asked map[string]any) (data.Dataset, error) {
	settings, err := resolve(asked, nil)
	if err != nil {
		return nil, err
	}
	name, dir := settings.text("data"), settings.text("dir")
	s := sets[name]
	if dir, err = locate(l.project, name, dir); err != nil {
		return nil, err
	}
	own := map[string]any{}
	for _, setting := range s.settings() {
		own[setting.Name] = settings[dataPrefix+setting.Name]
	}
	key := name + "\x00" + dir + "\x00" + Settings(own).hash()
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, ok := l.opened[key]; ok {
		return d, nil
	}
	d, err := s.open(dir, own)
	if err != nil {
		return nil, setProblem(name, err)
	}
	if l.opened == nil {
		l.opened = map[string]data.Dataset{}
	}
	l.opened[key] = d
	return d, nil
}
