package host

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/digits"
	"github.com/primewindow/primewindow/data/synth"
	"github.com/primewindow/primewindow/internal/wire"
)

// DataVariable names the folder in which the sets' own folders lie.
const DataVariable = "PRIMEWINDOW_DATA"

// set is an entry of the catalogue of sets.
type set struct {
	doc      string
	settings func() []data.Setting
	open     func(dir string, settings map[string]any) (data.Dataset, error)
	files    []string // folders that the set reads, below the data folder; none for a made set
}

var sets = map[string]set{
	synth.Name:  {doc: synth.Doc, settings: synth.Settings, open: synth.Open},
	digits.Name: {doc: digits.Doc, settings: digits.Settings, open: digits.Open, files: []string{"fsdd", "mnist"}},
}

// SetInfo describes a set of the catalogue.
type SetInfo struct {
	Name, Doc string
	Dir       string // where it was found; empty for a made set and for one that is not there
	Present   bool
}

// Sets lists the catalogue in alphabetical order.
func Sets(project string) []SetInfo {
	var list []SetInfo
	for _, s := range runSettings()[0].Choices {
		info := SetInfo{Name: s, Doc: sets[s].doc, Present: len(sets[s].files) == 0}
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
			if st, err := os.Stat(filepath.Join(dir, f)); err != nil || !st.IsDir() {
				found = false
			}
		}
		if found {
			return dir, true
		}
	}
	return "", false
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
	if dir == "" && len(s.files) > 0 {
		var ok bool
		if dir, ok = findSet(l.project, s); !ok {
			return nil, &wire.Problem{
				Message: fmt.Sprintf("data %s: no folders %v in %v", name, s.files, DataFolders(l.project)),
				Hint:    fmt.Sprintf("`primewindow data fetch %s` downloads it, or name its folder in %s", name, DataVariable),
			}
		}
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
		return nil, err
	}
	if l.opened == nil {
		l.opened = map[string]data.Dataset{}
	}
	l.opened[key] = d
	return d, nil
}
