package xla

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // GOMLX_BACKEND=go
	"github.com/gomlx/go-xla/compute/xla"

	"github.com/primewindow/primewindow/internal/programs"
	"github.com/primewindow/primewindow/internal/wire"
)

// Variables of the environment that choose the backend.
const (
	PluginPathVariable = "PJRT_PLUGIN_LIBRARY_PATH" // folders of plugins; read by go-xla before main begins
	BackendVariable    = "GOMLX_BACKEND"            // xla:cpu, xla:cuda, go
)

// pluginSymbol is the function that every PJRT plugin exports.
const pluginSymbol = "GetPjrtApi"

// PluginFolder is where `make lab` links the PJRT plugins of a project.
func PluginFolder(project string) string { return filepath.Join(project, ".venv", "lib", "pjrt") }

// pluginFolders lists where plugins are looked for when the user names no folder: the project's, and the one
// beside the executable, so that the binary of a set-up works in any folder.
func pluginFolders(project string) []string {
	list := []string{PluginFolder(project)}
	if exe, err := os.Executable(); err == nil {
		list = append(list, filepath.Join(filepath.Dir(exe), "..", "lib", "pjrt"))
	}
	return slices.Compact(list)
}

// Environ completes an environment with what must stand in it before a process that trains begins: where the
// plugins are, no installing from the network, and memory settings of the C library under which blocks of a
// step are kept instead of being returned and mapped again at each step. What the user has set stays.
func Environ(project string, env []string) []string {
	has := func(name string) bool {
		for _, e := range env {
			if strings.HasPrefix(e, name+"=") {
				return true
			}
		}
		return false
	}
	for _, def := range []string{
		PluginPathVariable + "=" + strings.Join(pluginFolders(project), string(filepath.ListSeparator)),
		xla.NoAutoInstallEnv + "=1",
		"MALLOC_MMAP_MAX_=0",
		"MALLOC_TRIM_THRESHOLD_=34359738368",
		"MALLOC_ARENA_MAX=1",
	} {
		if name, _, _ := strings.Cut(def, "="); !has(name) {
			env = append(env, def)
		}
	}
	return env
}

// reexecuted marks a process that was started again by [Reexec].
const reexecuted = "PRIMEWINDOW_ENVIRON"

// Reexec replaces the process by itself with the environment of [Environ], unless it has it already. It
// returns only when there is nothing to do or the system refuses.
func Reexec(project string) error {
	if os.Getenv(reexecuted) == project {
		return nil
	}
	env := append(Environ(project, os.Environ()), reexecuted+"="+project)
	return syscall.Exec("/proc/self/exe", os.Args, env)
}

// Backend is an opened backend and what it says of itself.
type Backend struct {
	compute.Backend
	Name   string // as recorded in manifests, for example "xla:cpu", with its kernels, see [Backend.As]
	Plugin string // path of the plugin; empty when the backend has none

	seam *seam // nil where go-xla calls the plugin itself

	kernels string // those that the graphs of NewExec ask for; empty for none
}

// preloaded is what go-xla says in place of a path, of a plugin that was given to it.
const preloaded = "_preloaded_"

// Description is what go-xla says of the backend, with the plugin's path.
func (b *Backend) Description() string {
	text := b.Backend.Description()
	if b.seam == nil {
		return text
	}
	text = strings.Replace(
		text, fmt.Sprintf("PJRT %q plugin (%s)", b.Plugin, preloaded), fmt.Sprintf("PJRT plugin (%s)", b.Plugin), 1,
	)
	return strings.Replace(text, "("+preloaded+")", "("+b.Plugin+")", 1)
}

// FlagsVariable names the options of XLA, which a plugin reads when its first client is made.
const FlagsVariable = "XLA_FLAGS"

// DepthFirst is the option that [OpenBackend] sets for the CPU. By default XLA's CPU backend orders a graph so that as
// much as possible could run at once, and holds the memory for it. Depth first, the step of two ResNet-18 with its
// Fisher traces needs 1.5 GiB in place of 2.1 in the same time; that of the small nets takes up to 6 % longer.
const DepthFirst = "--xla_cpu_enable_concurrency_optimized_scheduler=false"

// OpenBackend opens what GOMLX_BACKEND names, or else CUDA where its plugin and a device are present, or else
// the CPU. Plugins are looked for in [PluginFolder] and in PJRT_PLUGIN_LIBRARY_PATH; none is ever downloaded. XLA_FLAGS
// is set for the CPU unless the user has set it.
func OpenBackend(project string) (*Backend, error) {
	xla.EnableAutoInstall(false)
	config := os.Getenv(BackendVariable)
	if config == "" {
		config = "xla:cpu"
		if _, err := findPlugin(project, "cuda"); err == nil && HasDevice() {
			config = "xla:cuda"
		}
	}
	kind, rest, _ := strings.Cut(config, ":")
	if kind != xla.BackendName {
		b, err := opened(func() (compute.Backend, error) { return compute.NewWithConfig(config) })
		if err != nil {
			return nil, &wire.Problem{
				Message: fmt.Sprintf("backend %q: %s", config, wire.FirstLine(err)),
				Hint:    "set " + BackendVariable + " to xla:cpu or xla:cuda, or leave it unset",
			}
		}
		return &Backend{Backend: b, Name: config}, nil
	}
	name, options, _ := strings.Cut(rest, ",")
	if name == "" {
		name = "cpu"
	}
	path := name
	if !filepath.IsAbs(name) {
		var err error
		if path, err = findPlugin(project, name); err != nil {
			return nil, err
		}
	}
	if err := checkPlugin(path); err != nil {
		return nil, err
	}
	if err := checkDriver(path); err != nil {
		return nil, err
	}
	if os.Getenv(FlagsVariable) == "" && name == "cpu" {
		if err := os.Setenv(FlagsVariable, DepthFirst); err != nil {
			return nil, err
		}
	}
	target := path
	// go-xla takes a path with "cuda" in it for a CUDA plugin, so a name is safer where it can be resolved.
	if os.Getenv(reexecuted) == project && !filepath.IsAbs(name) {
		target = name
	}
	return openPlugin(path, target, options, "xla:"+rest)
}

// OpenPlugin opens the plugin at an absolute path as it is, whatever the environment names.
func OpenPlugin(path string) (*Backend, error) {
	if err := checkPlugin(path); err != nil {
		return nil, err
	}
	xla.EnableAutoInstall(false)
	return openPlugin(path, path, "", "xla:"+path)
}

// opening is held while a plugin is opened: go-xla lists its plugins without a lock.
var opening sync.Mutex

// openPlugin opens the plugin at path, which go-xla finds under the name target.
func openPlugin(path, target, options, name string) (*Backend, error) {
	opening.Lock()
	defer opening.Unlock()
	made := &Backend{Name: name, Plugin: path}
	if ofCPU(path) {
		store, err := programs.Default()
		if err != nil {
			return nil, &wire.Problem{Message: err.Error(), Hint: "correct the variable, or leave it unset"}
		}
		if made.seam, err = lead(path, target, store); err != nil {
			// Programs are compiled as they would be without the seam.
			err = fmt.Errorf("XLA plugin %s: %w", path, err)
			behind.unled.Store(&err)
		}
	}
	if options != "" {
		target += "," + options
	}
	b, err := opened(func() (compute.Backend, error) { return xla.New(target) })
	if err != nil {
		return nil, loadProblem(path, wire.FirstLine(err))
	}
	made.Backend = b
	if err := made.choose(); err != nil {
		b.Finalize()
		return nil, err
	}
	return made, nil
}

// opened makes an error of a panic, by which some backends report what they were given.
func opened(open func() (compute.Backend, error)) (b compute.Backend, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return open()
}

// checkPlugin looks for the one symbol that a PJRT plugin exports. It comes before go-xla, which logs lines of
// its own about other files.
func checkPlugin(path string) error {
	f, err := elf.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return pluginProblem(path, "no such file")
	}
	if err != nil {
		return pluginProblem(path, "not a shared library")
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil || !slices.ContainsFunc(
		symbols, func(s elf.Symbol) bool { return s.Name == pluginSymbol && s.Section != elf.SHN_UNDEF },
	) {
		return pluginProblem(path, "it does not export "+pluginSymbol)
	}
	return nil
}

func pluginProblem(path, what string) error {
	return &wire.Problem{
		Message: fmt.Sprintf("XLA plugin %s: %s", path, what),
		Hint:    "the file is not a PJRT plugin for this machine; `make lab` links the right one into .venv/lib/pjrt",
	}
}

// findPlugin returns the path of the plugin of that name.
func findPlugin(project, name string) (string, error) {
	folders := pluginFolders(project)
	if named := filepath.SplitList(os.Getenv(PluginPathVariable)); len(named) > 0 {
		folders = named
	}
	for _, dir := range folders {
		path := filepath.Join(dir, "pjrt_c_api_"+name+"_plugin.so")
		st, err := os.Stat(path)
		if err == nil && st.Mode().IsRegular() {
			return path, nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", &wire.Problem{Message: err.Error(), Hint: "`make lab` links the plugin anew"}
		}
	}
	hint := "`make lab` installs it"
	if name == "cuda" {
		hint = "`BACKEND=cuda make lab` installs it"
	}
	return "", &wire.Problem{
		Message: fmt.Sprintf(
			"no XLA plugin %q: no file pjrt_c_api_%s_plugin.so in %s", name, name, strings.Join(folders, " or "),
		),
		Hint: hint + "; or name the folder in " + PluginPathVariable,
	}
}

// HasDevice reports whether the system shows an NVIDIA device.
func HasDevice() bool {
	for _, path := range []string{"/dev/nvidiactl", "/dev/dxg"} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}
