package record

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Schema is the version of the run folder. A folder of a newer one is refused. Since ProvedSchema its files have
// checksums. A run's manifest is raised to Schema last, when all else in the folder is of that kind.
const (
	Schema       = 2
	ProvedSchema = 2
)

// What is in a run's folder. The manifest makes it a run; the three files of lines are journals; the folders are for
// snapshots and for pictures. The file of the lock is empty and stays.
const (
	ManifestFile = "manifest.json"
	MetricsFile  = "metrics.jsonl" // a line for each step
	ProbesFile   = "probes.jsonl"  // a line for each measurement
	EventsFile   = "events.jsonl"  // a line for each event
	SnapshotsDir = "snapshots"
	FiguresDir   = "figures"
	LockFile     = ".lock" // empty; locked as long as a process has the run open, and never removed
)

// Manifest is what a run is, apart from what it measured.
type Manifest struct {
	Schema        int            `json:"schema"` // of the folder, when it was last opened
	ID            string         `json:"id"`     // drawn when the run is made: its files are known by it
	Name          string         `json:"name"`
	Settings      setting.Values `json:"settings"`      // at step 0; later changes are events
	SettingsHash  string         `json:"settings_hash"` // of Settings: what was edited by hand is known by it
	Seed          int            `json:"seed"`
	StepsPerEpoch int            `json:"steps_per_epoch"` // whole batches of the training split
	// whether traces that windows are read from keep every sample's part: not in runs that older versions began
	Each    bool             `json:"each,omitempty"`
	Parent  *Parent          `json:"parent,omitempty"` // nil of a run that is no fork
	Data    data.Description `json:"data"`
	Backend string           `json:"backend"` // that made the run; another may go on with it
	// Machines are the kinds of machines on which steps and measurements were computed, in their order; an empty one
	// stands for what older versions did not note. See [Manifest.ComputedOn].
	Machines []string `json:"machines,omitempty"`
	// of the process that made the run: Go, modules, program and backend; by wire.Definition the hashes of what a cell
	// defines, as of the first step
	Versions map[string]string `json:"versions"`
	Created  time.Time         `json:"created"`
	Notes    []string          `json:"notes,omitempty"` // what differs from the usual because the set is small
}

// Parent says where a forked run begins.
type Parent struct {
	Run string `json:"run"` // name, as it was when the fork was made
	// of that run and of those that it was forked from: their snapshots are this run's too
	IDs     []string       `json:"ids,omitempty"`
	Step    int            `json:"step"`              // steps done, up to which the records are the other run's
	Changed map[string]any `json:"changed,omitempty"` // settings that differ from there on
}

// ComputedOn notes a machine on which something of the run is computed, and reports whether it was not noted yet. A
// manifest without any is an older version's, whose machine nobody knows.
func (m *Manifest) ComputedOn(machine string) (changed bool) {
	if slices.Contains(m.Machines, machine) {
		return false
	}
	if len(m.Machines) == 0 {
		m.Machines = []string{""}
	}
	m.Machines = append(slices.Clip(m.Machines), machine)
	return true
}

// ReadManifest reads and checks the manifest of a run's folder. Settings that an older version did not have get their
// defaults. A folder without one is an error of the file system. What can be read is looked at even where the checksum
// is wrong: of a newer version it is said that it is newer, and not that it is damaged.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	var m Manifest
	err := ReadJSON(path, &m)
	if errors.Is(err, unix.ENOTDIR) {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s is not a folder", dir), Hint: "name a run's folder, or one that is not there yet",
		}
	}
	if _, system := errors.AsType[*fs.PathError](err); system {
		return nil, err
	}
	// a manifest without a checksum is an older version's, and its settings are still proved by their hash
	old := m.Schema < ProvedSchema && errors.Is(err, ErrUnsealed)
	if old || err == nil {
		err = m.check()
	}
	switch {
	case m.Schema > Schema: // whatever else it holds
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s has schema %d, this program knows up to %d", dir, m.Schema, Schema),
			Hint:    "it was made by a newer version: update, or use another run name",
		}
	case errors.Is(err, seal.ErrChanged) || errors.Is(err, ErrUnsealed):
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s: %s", path, wire.OneLine(err.Error())),
			Hint: "bring back the file that was written; settings are changed with Set (primewindow run: -change " +
				"NAME=VALUE), not in this file",
		}
	case err != nil:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s: %s", path, wire.OneLine(err.Error())),
			Hint: "the file is damaged: bring back the one that was written; the records beside it can still " +
				"be read",
		}
	}
	m.complete()
	if err := m.checkTypes(); err != nil {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s: %s", path, wire.OneLine(err.Error())),
			Hint:    "the file was changed by hand: bring back the one that was written",
		}
	}
	return &m, nil
}

// checkTypes wants each setting to be of the type that all code takes it for. Getters of setting.Values panic for a
// wrong one, and would do so in the middle of a run.
func (m *Manifest) checkTypes() error {
	// what every run has, also where its set or method is not known here
	known := map[string]any{
		"data": "", "method": "", "epochs": 0.0, "batch": 0.0, "seed": 0.0, "probe_bn": "", "probe_params": "",
		"modalities": "",
	}
	list, err := setting.Table(m.Settings.Data(), m.Settings.Method(), &m.Data)
	if err == nil { // of a set or method that is not known here, opening the run tells
		for _, s := range list {
			known[s.Name] = s.Default
		}
	}
	for name, value := range m.Settings {
		if like, ok := known[name]; ok && !sameType(value, like) || !plain(value) {
			return fmt.Errorf("setting %s is %v", name, value)
		}
	}
	for _, name := range []string{"epochs", "batch", "seed", "probe_bn", "probe_params", "modalities"} {
		if m.Settings[name] == nil {
			return fmt.Errorf("setting %s is missing", name)
		}
	}
	if m.StepsPerEpoch < 1 {
		return fmt.Errorf("steps_per_epoch is %d", m.StepsPerEpoch)
	}
	return nil
}

func sameType(a, b any) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }

// plain reports whether a value is of a kind that a setting can have.
func plain(v any) bool { return sameType(v, "") || sameType(v, 0.0) || sameType(v, false) }

// check wants the manifest to be a run's, and its settings to be those of its hash.
func (m *Manifest) check() error {
	switch {
	case m.Schema < 1 || !sameType(m.Settings["data"], "") || !sameType(m.Settings["method"], ""):
		return errors.New("not a run's manifest")
	case m.Settings.Hash() != m.SettingsHash:
		return fmt.Errorf("settings_hash %s is not that of the settings, %s", m.SettingsHash, m.Settings.Hash())
	}
	return nil
}

// complete gives settings that an older version did not have their defaults, under which it worked. They are put into
// Settings, and so into the file and its hash when it is next written.
func (m *Manifest) complete() {
	text := func(name string) string { s, _ := m.Settings[name].(string); return s }
	list, err := setting.Table(text("data"), text("method"), &m.Data)
	if err != nil {
		return // a set or method that is not known here; opening the run says so
	}
	for _, s := range list {
		if _, ok := m.Settings[s.Name]; !ok {
			m.Settings[s.Name] = s.Default
		}
	}
}

// NewID draws what a run's files are known by. Names and folders may change and be given twice; this stays, and the
// files of two runs are not taken for each other's.
func NewID() string { return fmt.Sprintf("%016x", rand.Uint64()) }

// IDs are those of the run and of those that it was forked from.
func (m *Manifest) IDs() []string {
	list := []string{m.ID}
	if m.Parent != nil {
		list = append(list, m.Parent.IDs...)
	}
	return list
}

// Floor is that of window tests by the set's recipe; 0 where it does not say.
func (m *Manifest) Floor() float64 {
	v, _ := m.Data.Recipe["floor"].(float64)
	return v
}

// Write puts the manifest on disk. Its settings may have been completed since it was read. The file is replaced as a
// whole: a kill leaves the old one or the new one.
func (m *Manifest) Write(dir string) error {
	m.SettingsHash = m.Settings.Hash()
	return WriteJSON(filepath.Join(dir, ManifestFile), m)
}

// LockDir takes the run's folder for this process alone until the file is closed. The system takes the lock away when
// the process ends, however it ends, so that the file is never in the way. It is no wait: a run that is in use is an
// error at once. On a file system without locks it is [whole.ErrNoLocks].
func LockDir(dir string) (*os.File, error) {
	f, err := OpenLock(dir)
	if err != nil {
		return nil, err
	}
	if err := whole.LockAlone(f); err != nil {
		f.Close()
		if errors.Is(err, whole.ErrNoLocks) {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s is in use by another process", dir),
			Hint:    "`primewindow ps` shows the host; `primewindow stop` ends it",
		}
	}
	return f, nil
}

// OpenLock opens the lock's file without taking it.
func OpenLock(dir string) (*os.File, error) {
	return whole.OpenPlain(filepath.Join(dir, LockFile), os.O_RDWR|os.O_CREATE, 0o666)
}

// Exists reports whether a path is there. What cannot be looked at is taken to be. An error in looking must not make a
// run that is there be made again.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) // nothing is below a file
}

// CheckFree refuses a folder that holds anything else than leftovers.
func CheckFree(dir string, leftover func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // it is not there; what else may be wrong shows when it is made
	}
	for _, e := range entries {
		if !leftover(e.Name()) {
			return &wire.Problem{
				Message: fmt.Sprintf("folder %s is not a run: it holds %s", dir, e.Name()),
				Hint:    "name an empty folder, or one that is not there yet",
			}
		}
	}
	return nil
}
