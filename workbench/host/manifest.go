package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
)

// schema is the version of the run folder. A folder of a newer one is refused.
const schema = 1

const (
	manifestFile = "manifest.json"
	metricsFile  = "metrics.jsonl"
	probesFile   = "probes.jsonl"
	eventsFile   = "events.jsonl"
	snapshotsDir = "snapshots"
	figuresDir   = "figures"
)

// manifest is what a run is, apart from what it measured.
type manifest struct {
	Schema        int               `json:"schema"`
	Name          string            `json:"name"`
	Settings      Settings          `json:"settings"` // at step 0; later changes are events
	SettingsHash  string            `json:"settings_hash"`
	Seed          int               `json:"seed"`
	StepsPerEpoch int               `json:"steps_per_epoch"`
	Parent        *parent           `json:"parent,omitempty"`
	Data          data.Description  `json:"data"`
	Backend       string            `json:"backend"`
	Versions      map[string]string `json:"versions"`
	Created       time.Time         `json:"created"`
}

// parent says where a forked run begins.
type parent struct {
	Run     string         `json:"run"`
	Step    int            `json:"step"`
	Changed map[string]any `json:"changed,omitempty"` // settings that differ from there on
}

// versions says what computed a run.
func versions(b *Backend) map[string]string {
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

func readManifest(dir string) (*manifest, error) {
	path := filepath.Join(dir, manifestFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, unix.ENOTDIR) {
		return nil, &wire.Problem{Message: fmt.Sprintf("%s is not a folder", dir), Hint: "name a run's folder, or one that is not there yet"}
	}
	if err != nil {
		return nil, err
	}
	var m manifest
	err = json.Unmarshal(text, &m)
	if err == nil && (m.Schema < 1 || m.Settings["data"] == nil || m.Settings["method"] == nil) {
		err = errors.New("not a run's manifest")
	}
	switch {
	case m.Schema > schema: // whatever else it holds
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s has schema %d, this program knows up to %d", dir, m.Schema, schema),
			Hint:    "it was made by a newer version: update, or use another run name",
		}
	case err != nil:
		return nil, &wire.Problem{Message: fmt.Sprintf("%s: %v", path, err), Hint: "the file is damaged; the records beside it can still be read"}
	}
	m.complete()
	return &m, nil
}

// complete gives settings that an older version did not have their defaults, under which it worked.
func (m *manifest) complete() {
	text := func(name string) string { s, _ := m.Settings[name].(string); return s }
	list, err := table(text("data"), text("method"), &m.Data)
	if err != nil {
		return // a set or method that is not known here; opening the run says so
	}
	for _, s := range list {
		if _, ok := m.Settings[s.Name]; !ok {
			m.Settings[s.Name] = s.Default
		}
	}
}

func (m *manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomic(filepath.Join(dir, manifestFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// lockDir takes the run's folder for this process alone until the file is closed.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s is in use by another process", dir),
			Hint:    "`primewindow ps` shows the host; `primewindow stop` ends it",
		}
	}
	return f, nil
}

// exists reports whether a path is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
