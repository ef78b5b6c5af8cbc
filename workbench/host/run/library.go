package run

import (
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// library opens sets once and shares them between runs.
type library struct {
	project string
	mu      sync.Mutex
	opened  map[string]data.Dataset
}

// open returns the set that the settings describe; they may be incomplete.
func (l *library) open(asked map[string]any) (data.Dataset, error) {
	settings, err := setting.Resolve(asked, nil)
	if err != nil {
		return nil, err
	}
	name, dir := settings.Data(), settings.Text("dir")
	if dir, err = catalog.Locate(l.project, name, dir); err != nil {
		return nil, err
	}
	s, _ := catalog.Find(name)
	own := map[string]any{}
	for _, setting := range s.Settings() {
		own[setting.Name] = settings[catalog.Prefix+setting.Name]
	}
	key := name + "\x00" + dir + "\x00" + setting.Values(own).Hash()
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, ok := l.opened[key]; ok {
		return d, nil
	}
	d, err := s.Open(dir, own)
	if err != nil {
		return nil, catalog.Problem(name, err)
	}
	if l.opened == nil {
		l.opened = map[string]data.Dataset{}
	}
	l.opened[key] = d
	return d, nil
}
