package setting

import (
	"strings"
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/wire"
)

// Library opens the sets of a project that settings describe, each once for all runs. A set stays open as long as the
// library. The lock is held while one is opened, which may mean reading all of it: two runs that want the same set get
// it once, and others wait.
type Library struct {
	Project string

	mu     sync.Mutex
	opened map[string]data.Dataset // by name, folder and the set's own settings
}

// List describes the settings of a run that is declared with these, see the function [List]. Where the set cannot be
// read, it says why: defaults are then those of any set, and there are no encoders.
func (l *Library) List(asked map[string]any, text string) (*wire.SettingList, error) {
	var list wire.SettingList
	var desc *data.Description
	if set, err := l.Open(asked); err != nil {
		list.Problem = wire.AsProblem(err)
	} else {
		d := set.Describe()
		desc = &d
	}
	var err error
	if list.Settings, err = List(asked, desc, text); err != nil {
		return nil, err
	}
	return &list, nil
}

// Open returns the set that the settings describe; they may be incomplete. Only what the set itself is asked with is in
// the key, so that runs of all methods share it. Without an open set there is no recipe, which does not matter here: a
// recipe says nothing of a set's own settings.
func (l *Library) Open(asked map[string]any) (data.Dataset, error) {
	settings, err := Resolve(asked, nil)
	if err != nil {
		return nil, err
	}
	name, dir := settings.Data(), settings.Text("dir")
	if dir, err = catalog.Locate(l.Project, name, dir); err != nil {
		return nil, err
	}
	own := Values{}
	for full, value := range settings {
		if short, ok := strings.CutPrefix(full, catalog.Prefix); ok {
			own[short] = value
		}
	}
	// a zero byte is in no name and no path
	key := name + "\x00" + dir + "\x00" + own.Hash()
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, ok := l.opened[key]; ok {
		return d, nil
	}
	d, err := catalog.Open(l.Project, name, dir, own)
	if err != nil {
		return nil, err
	}
	if l.opened == nil {
		l.opened = map[string]data.Dataset{}
	}
	l.opened[key] = d
	return d, nil
}
