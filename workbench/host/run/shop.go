package run

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Shop is all that the runs of a project share: the backend, the sets and the compiled graphs. Its lock guards the list
// of runs, and is held while a run is opened or made, so that two clients that name the same run get the same one. That
// may take as long as opening the set does.
type Shop struct {
	Project string // folder of the project

	// Claimed says that somebody sees to it that no other process has the runs that are opened here, so that they are
	// opened on a file system without locks too. Set before the first run is opened.
	Claimed bool

	defines map[string]string // hashes of what the cell defines whose binary this is, by wire.Definition

	library setting.Library // sets that are open; with a lock of its own
	engines engine.Engines  // compiled graphs, likewise

	// backendMu is a lock of its own: Backend is called while a run is opened, with mu held.
	backendMu sync.Mutex
	backend   *xla.Backend // nil until a run needs it

	mu   sync.Mutex
	runs map[string]*Run // opened, by folder
	like string          // while a run is made: the backend of the record whose kernels it takes; else empty
}

// NewShop makes the shop of a project. The backend is opened when the first run needs it.
func NewShop(project string) *Shop {
	return &Shop{Project: project, library: setting.Library{Project: project}, runs: map[string]*Run{}}
}

// Define tells the shop what the cell defines whose binary this is: hashes by wire.Definition. It is called before runs
// are opened.
func (shop *Shop) Define(hashes map[string]string) { shop.defines = hashes }

// KeepTime keeps account of where the time of this shop's runs goes from now on: reading, compiling by graph, steps,
// probes, records. It is called before the first run is opened.
func (shop *Shop) KeepTime() *timing.Account {
	shop.engines.Timing = &timing.Account{}
	return shop.engines.Timing
}

// NoteTime puts on record, as an event at the present step, where time has gone so far, see [Shop.KeepTime].
func (r *Run) NoteTime() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var parts []string
	for _, p := range r.shop.engines.Timing.Parts() {
		parts = append(parts, fmt.Sprintf("%s %.3f s", p.Name, p.Wall.Seconds()))
	}
	return r.change(wire.Change{Step: r.recorded(), Event: wire.EventTiming, Text: strings.Join(parts, ", ")})
}

// UseBackend has the shop's runs computed by a backend that is open already. It is called before runs are opened.
func (shop *Shop) UseBackend(b *xla.Backend) {
	shop.backendMu.Lock()
	defer shop.backendMu.Unlock()
	shop.backend = b
}

// BackendInUse is the backend, nil as long as no run has needed one.
func (shop *Shop) BackendInUse() *xla.Backend {
	shop.backendMu.Lock()
	defer shop.backendMu.Unlock()
	return shop.backend
}

// Sets lists the catalogue as it is seen from the project.
func (shop *Shop) Sets() []catalog.Info { return catalog.Sets(shop.library.Project) }

// Dataset opens the set that settings describe, which may be incomplete. A set is opened once for all runs.
func (shop *Shop) Dataset(asked map[string]any) (data.Dataset, error) {
	return shop.library.Open(asked)
}

// Settings describes the settings of a run that is declared with these, see [setting.Library.List].
func (shop *Shop) Settings(asked map[string]any, text string) (*wire.SettingList, error) {
	return shop.library.List(asked, text)
}

// Locate is the folder that a set is read from, see [catalog.Locate].
func (shop *Shop) Locate(set, dir string) (string, error) {
	return catalog.Locate(shop.library.Project, set, dir)
}

// Backend opens the backend, once. A second caller waits for the first; after an error the next one tries again.
func (shop *Shop) Backend() (*xla.Backend, error) {
	shop.backendMu.Lock()
	defer shop.backendMu.Unlock()
	if shop.backend == nil {
		b, err := xla.OpenBackend(shop.Project)
		if err != nil {
			return nil, err
		}
		shop.backend = b
	}
	return shop.backend, nil
}

// RunsFolder is where a project's named runs live.
func RunsFolder(project string) string { return filepath.Join(project, "runs") }

func (shop *Shop) dir(name string) string { return filepath.Join(RunsFolder(shop.Project), name) }

// Open attaches to the named run, or creates it. A run that is there must have been declared with the same
// settings.
func (shop *Shop) Open(name string, d wire.Declaration) (*Run, error) {
	if err := wire.CheckRunName(name); err != nil {
		return nil, err
	}
	shop.mu.Lock()
	defer shop.mu.Unlock()
	return shop.open(name, shop.dir(name), d)
}

// OpenDir attaches to the run in a folder outside the project's runs, or creates it there.
func (shop *Shop) OpenDir(dir string, settings map[string]any) (*Run, error) {
	return shop.OpenDirLike(dir, settings, "")
}

// OpenDirLike is [Shop.OpenDir] of a run that, where it is not there yet, is computed with the kernels of a record, of
// whose backend this is the name, see [xla.Backend.As]; with those of the shop's backend where the name is empty.
func (shop *Shop) OpenDirLike(dir string, settings map[string]any, backend string) (*Run, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	shop.mu.Lock()
	defer shop.mu.Unlock()
	shop.like = backend
	defer func() { shop.like = "" }()
	return shop.open(filepath.Base(dir), dir, wire.Declaration{Settings: settings})
}

// Attach opens the run in a folder, with the settings that it has, or gives the one that is open there.
func (shop *Shop) Attach(dir string) (*Run, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	shop.mu.Lock()
	defer shop.mu.Unlock()
	if r, ok := shop.runs[dir]; ok {
		return r, nil
	}
	man, err := record.ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, record.NoRun(dir)
	}
	if err != nil {
		return nil, err
	}
	return shop.add(filepath.Base(dir), dir, man)
}

// Find returns a run that is open or has a folder.
func (shop *Shop) Find(name string) (*Run, error) {
	if err := wire.CheckRunName(name); err != nil {
		return nil, err
	}
	shop.mu.Lock()
	defer shop.mu.Unlock()
	return shop.find(name)
}

// find is Find for those who hold the lock.
func (shop *Shop) find(name string) (*Run, error) {
	if r, ok := shop.runs[shop.dir(name)]; ok {
		return r, nil
	}
	man, err := record.ReadManifest(shop.dir(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wire.Unknown("run", name, shop.names(), "a run is made by workbench.Open or `primewindow run`")
	}
	if err != nil {
		return nil, err
	}
	return shop.add(name, shop.dir(name), man)
}

// names lists the runs that have a folder. Names that begin with a full stop are this package's own: archived runs, and
// those that are being made, started over or measured.
func (shop *Shop) names() []string {
	var names []string
	entries, err := os.ReadDir(RunsFolder(shop.Project))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if record.Exists(filepath.Join(shop.dir(e.Name()), record.ManifestFile)) && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// add opens a run and keeps it. Called with the lock held, and only for a folder that has no open run.
func (shop *Shop) add(name, dir string, man *record.Manifest) (*Run, error) {
	r, err := shop.newRun(name, dir, man)
	if err != nil {
		return nil, err
	}
	shop.runs[dir] = r
	return r, nil
}

// open attaches to the run in a folder, or creates it. What is asked for is completed as for a new run, and compared
// with what the run was declared with: a cell that is run again attaches, and one that says something else is told
// what. Settings that were changed since do not count, as Set asked for them. Called with the lock held.
func (shop *Shop) open(name, dir string, d wire.Declaration) (*Run, error) {
	if d.Fork != nil {
		from, err := shop.find(d.Fork.Run)
		if err != nil {
			return nil, err
		}
		return shop.openFork(name, dir, from, d)
	}
	man, err := record.ReadManifest(dir)
	there := err == nil
	switch {
	case there:
		if err := lacking(name, man); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	// the declaration is the caller's, and is completed below
	asked := maps.Clone(d.Settings)
	if d.Like != "" {
		other, err := shop.find(d.Like)
		if err != nil {
			return nil, err
		}
		asked = maps.Clone(map[string]any(other.base))
		maps.Copy(asked, d.Settings)
		if m, ok := d.Settings["method"]; ok && m != other.base["method"] {
			dropForeign(asked, d.Settings, fmt.Sprint(m))
		}
	}
	m, err := knownMethod(asked)
	if err != nil {
		return nil, err
	}
	set, err := shop.library.Open(asked)
	if err != nil {
		return nil, err
	}
	settings, notes, err := setting.Complete(asked, set)
	if err != nil {
		return nil, err
	}
	if !there {
		return shop.create(name, dir, settings, notes, set)
	}
	if man.Parent != nil {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s is a fork of %s at step %d", name, man.Parent.Run, man.Parent.Step),
			Hint:    "declare it with Fork, or use another name",
		}
	}
	// both sides have all settings of the method as it is now, whatever it had when the run was made
	have := completed(man.Settings, m)
	if len(shop.codeOf(have)) > 0 { // what a cell defines may have lost settings since
		maps.DeleteFunc(have, func(name string, _ any) bool { _, ok := settings[name]; return !ok })
	}
	if diff := setting.Differences(have, settings); len(diff) > 0 {
		return nil, settingsDiffer(name, diff)
	}
	if r, ok := shop.runs[dir]; ok {
		return r, nil
	}
	return shop.add(name, dir, man)
}

// dropForeign takes out what another method's settings left behind, unless it was asked for. Like takes all settings of
// another run, and with another method its own ones would be unknown.
func dropForeign(asked, own map[string]any, methodName string) {
	list, err := setting.Table(fmt.Sprint(cmp.Or(asked["data"], any(catalog.Default))), methodName, nil)
	if err != nil {
		return // resolve reports it
	}
	for name := range asked {
		known := strings.HasPrefix(name, setting.EncoderPrefix) || slices.ContainsFunc(
			list, func(s data.Setting) bool { return s.Name == name },
		)
		if _, set := own[name]; !known && !set {
			delete(asked, name)
		}
	}
}

func settingsDiffer(name string, diff []string) error {
	return &wire.Problem{
		Message: fmt.Sprintf("run %s has other settings: %s", name, strings.Join(diff, "; ")),
		Hint: "change it with Set (primewindow run: -change NAME=VALUE), branch off with Fork, start it over with " +
			"Fresh, or use another name",
	}
}

// create makes a run's folder. All that can be wrong with the declaration is found before there is one. A kill before
// the manifest is written leaves an empty folder, which is no run and may become one; after it there is a run at step
// 0, whose journals are made when it is opened.
func (shop *Shop) create(name, dir string, settings setting.Values, notes []string, set data.Dataset) (*Run, error) {
	if err := record.CheckFree(dir, func(name string) bool {
		return strings.HasPrefix(name, ".") || name == record.SnapshotsDir || name == record.FiguresDir
	}); err != nil {
		return nil, err
	}
	man, err := shop.manifest(name, settings, set, nil)
	if err != nil {
		return nil, err
	}
	man.Notes = notes
	if _, err := setting.BuildModel(settings, set.Describe()); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, &wire.Problem{Message: err.Error(), Hint: "the run's folder cannot be made there", Cause: err}
	}
	if err := man.Write(dir); err != nil {
		return nil, record.DiskProblem(err)
	}
	return shop.add(name, dir, man)
}

// manifest is that of a new run, or of a fork, whose parent is p.
func (shop *Shop) manifest(
	name string, settings setting.Values, set data.Dataset, p *record.Parent,
) (*record.Manifest, error) {
	perEpoch, err := setting.StepsPerEpoch(settings, set)
	if err != nil {
		return nil, err
	}
	backend, err := shop.Backend()
	if err == nil && shop.like != "" {
		backend, err = backend.As(shop.like, "what is on record")
	}
	if err != nil {
		return nil, err
	}
	computedBy := versions(backend)
	maps.Copy(computedBy, shop.codeOf(settings))
	return &record.Manifest{
		Schema: record.Schema, ID: record.NewID(), Name: name, Settings: settings, SettingsHash: settings.Hash(),
		Seed:          settings.Seed(),
		StepsPerEpoch: perEpoch, Each: true, Parent: p,
		Data: set.Describe(), Backend: backend.Name, Machines: []string{xla.Machine()}, Versions: computedBy,
		Created: time.Now().UTC().Truncate(time.Second),
	}, nil
}

// Fresh archives a run under another folder name and starts it over: as declared, or with the settings that it had when
// d is nil. A run that is not there yet is created. The declaration is checked before anything moves. The new run is
// made twice, first under a passing name beside the old one. Nothing is lost at any point: a kill leaves the old run,
// or the archived one and no new one yet.
func (shop *Shop) Fresh(name string, d *wire.Declaration) (*Run, error) {
	if err := wire.CheckRunName(name); err != nil {
		return nil, err
	}
	shop.mu.Lock()
	defer shop.mu.Unlock()
	dir := shop.dir(name)
	if d != nil && !record.Exists(filepath.Join(dir, record.ManifestFile)) {
		return shop.open(name, dir, *d)
	}
	r, err := shop.find(name)
	if err != nil {
		return nil, err
	}
	if d == nil {
		d = &wire.Declaration{Settings: r.base}
		// a fork starts over as the same fork, from the same step of its parent
		if p := r.man.Parent; p != nil {
			d = &wire.Declaration{Settings: p.Changed, Fork: &wire.Fork{Run: p.Run, Step: &p.Step}}
		}
	}
	// Made beside the old one, the new run shows whether it can be made.
	trial := filepath.Join(RunsFolder(shop.Project), ".fresh-"+name)
	if err := os.RemoveAll(trial); err != nil {
		return nil, err
	}
	made, err := shop.open(name, trial, *d)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(trial))
	}
	// it has shown that it can be made, and is not wanted any more
	delete(shop.runs, trial)
	if err := errors.Join(made.Close(), os.RemoveAll(trial)); err != nil {
		return nil, err
	}
	select {
	case r.turn <- struct{}{}: // kept: nobody trains the archived run
	default:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s is being trained by %s", name, r.Status().Stepper), Hint: "pause it first",
		}
	}
	// Closed with an error it is closed as well. Its turn stays taken, so that nobody trains it who still has it; named
	// again, the run is opened anew from its folder.
	delete(shop.runs, dir)
	if err := r.Close(); err != nil {
		return nil, err
	}
	archive := filepath.Join(
		RunsFolder(shop.Project), ".archive", name+"-"+time.Now().UTC().Format("20060102T150405.000"),
	)
	if err := os.MkdirAll(filepath.Dir(archive), 0o777); err != nil {
		return nil, err
	}
	if err := os.Rename(dir, archive); err != nil {
		return nil, err
	}
	return shop.open(name, dir, *d)
}

// Statuses lists the project's runs, in alphabetical order. Runs that are not open are read from their folders without
// the backend; one that cannot be read is listed with the reason. A run that trains is not waited for. Folders are read
// while the lock is held.
func (shop *Shop) Statuses() []wire.Status {
	shop.mu.Lock()
	defer shop.mu.Unlock()
	list := []wire.Status{} // never null in JSON
	for _, name := range shop.names() {
		if r, ok := shop.runs[shop.dir(name)]; ok {
			list = append(list, r.Status())
		} else if rec, err := record.ReadRecorded(shop.dir(name)); err == nil {
			list = append(list, rec.Status)
		} else {
			list = append(
				list, wire.Status{Name: name, Dir: shop.dir(name), State: wire.Stopped, Problem: wire.AsProblem(err)},
			)
		}
	}
	return list
}

// Keep leaves a stop of every run that is open, so that the next process computes no step again. One that cannot be
// kept does not keep the others from it. It waits for the step of each that is under way.
func (shop *Shop) Keep() error {
	shop.mu.Lock()
	defer shop.mu.Unlock()
	var err error
	for _, r := range shop.runs {
		err = errors.Join(err, r.keep())
	}
	return err
}

// Close ends the use of all runs. Training must have ended. The backend stays open.
func (shop *Shop) Close() error {
	shop.mu.Lock()
	defer shop.mu.Unlock()
	var err error
	for dir, r := range shop.runs {
		err = errors.Join(err, r.Close())
		delete(shop.runs, dir)
	}
	return err
}

// Computed says by what runs are computed here: the program's build, the backend with its kernels, and its plugin,
// without the folder that it lies in. It opens the backend.
func (shop *Shop) Computed() (map[string]string, error) {
	b, err := shop.Backend()
	if err != nil {
		return nil, err
	}
	v := map[string]string{"backend": b.Name}
	if all := versions(b); all["primewindow"] != "" {
		v["build"] = all["primewindow"]
	}
	if b.Plugin != "" {
		if st, err := os.Stat(b.Plugin); err == nil {
			v["plugin"] = fmt.Sprintf("%s of %d bytes", filepath.Base(b.Plugin), st.Size())
		}
	}
	return v, nil
}

// versions says what computed a run. The program is known by the build ID of its file, as two builds of one version
// may differ.
func versions(b *xla.Backend) map[string]string {
	v := map[string]string{"go": runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			switch dep.Path {
			case "github.com/gomlx/gomlx", "github.com/gomlx/go-xla", "github.com/gomlx/compute":
				v[filepath.Base(dep.Path)] = dep.Version
			}
		}
	}
	if id, err := wire.BuildID("/proc/self/exe"); err == nil {
		v["primewindow"] = id
	}
	v["backend"] = b.Description()
	return v
}
