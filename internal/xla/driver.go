package xla

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// driverLibraries are the beginnings of the names of what NVIDIA's driver brings, which no plugin comes with.
var driverLibraries = []string{"libcuda.so", "libnvidia-"}

// notFound is how the loader names a library that is not there, in its own words and in those of ldd.
var notFound = regexp.MustCompile(`([\w.+-]+\.so[\w.]*)(?:: cannot open shared object file| => not found)`)

// ofCUDA reports whether a plugin is NVIDIA's.
func ofCUDA(path string) bool { return strings.Contains(filepath.Base(path), "cuda") }

// ofCPU reports whether a plugin is XLA's for the CPU.
func ofCPU(path string) bool { return !ofCUDA(path) && strings.Contains(filepath.Base(path), "cpu") }

// ofDriver reports whether a library is a part of NVIDIA's driver.
func ofDriver(library string) bool {
	return slices.ContainsFunc(driverLibraries, func(name string) bool { return strings.HasPrefix(library, name) })
}

// checkDriver wants what a plugin needs of NVIDIA's driver to be there. It comes before go-xla, which logs lines of its
// own.
func checkDriver(path string) error {
	if !ofCUDA(path) {
		return nil
	}
	if lib := missingLibrary(path, ""); ofDriver(lib) {
		return driverProblem(path, lib+" is not there")
	}
	return nil
}

// loadProblem says why a plugin that is one could not be loaded: by what is missing on the machine, where that is
// known.
func loadProblem(path, what string) error {
	cuda := ofCUDA(path)
	lib := missingLibrary(path, what)
	switch {
	case ofDriver(lib):
		return driverProblem(path, lib+" is not there")
	case lib != "":
		p := &wire.Problem{
			Message: fmt.Sprintf("XLA plugin %s: the library %s, which it needs, is not on this machine", path, lib),
			Hint: fmt.Sprintf(
				"install it, or name its folder in LD_LIBRARY_PATH; `ldd %s` lists what is missing", path,
			),
		}
		if cuda {
			p.Hint = "`BACKEND=cuda make lab` installs NVIDIA's libraries; " + p.Hint
		}
		return p
	case cuda && !HasDevice():
		return driverProblem(path, "it shows no device: "+what)
	}
	return pluginProblem(path, what)
}

func driverProblem(path, what string) error {
	return &wire.Problem{
		Message: fmt.Sprintf("XLA plugin %s: NVIDIA's driver is missing on this machine: %s", path, what),
		Hint: "install the driver, until `nvidia-smi` lists a device, or train on the CPU: leave " +
			BackendVariable + " unset or set it to xla:cpu",
	}
}

// missingLibrary is a library that a plugin needs and that is not there, by the loader's words or else by those of ldd;
// empty where neither names one.
func missingLibrary(path, what string) string {
	if m := notFound.FindStringSubmatch(what); m != nil {
		return m[1]
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, "ldd", path).Output()
	if err != nil {
		return ""
	}
	missing := notFound.FindAllStringSubmatch(string(text), -1)
	for _, m := range missing { // the driver first: nothing else helps without it
		if ofDriver(m[1]) {
			return m[1]
		}
	}
	if len(missing) > 0 {
		return missing[0][1]
	}
	return ""
}
