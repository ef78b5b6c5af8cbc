package kernels

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

static int version(void *f) { return ((int (*)(void))f)(); }
static int64_t count(void *f) { return ((int64_t (*)(void))f)(); }
static const char *text(void *f) { return ((const char *(*)(void))f)(); }
static void prepare(void *f, const int64_t *list, int64_t n) { ((void (*)(const int64_t *, int64_t))f)(list, n); }
static const char *enroll(void *f, const void *api) { return ((const char *(*)(const void *))f)(api); }
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"
)

// Version is that of native/library.cc which this program works with: what it computes, and how a call is written.
const Version = 2

// File is the library's name, in a folder beside the one of the plugins.
const File = "libprimewindow_kernels.so"

// Library is a library of kernels whose handlers a plugin knows.
type Library struct {
	Path string
	Name string // what a run records, for example "1, oneDNN 3.2.0": under the same name the same code computes
	ISA  string // the instructions that it uses on this processor

	calls, prepare unsafe.Pointer
}

// Rewrite is [Rewrite], and has the library compile what the program will call. If it did so while a step runs, what it
// compiled would lie in the heap behind the step's memory, which would find no room in its old place and grow by half.
func (l *Library) Rewrite(program []byte) []byte {
	text, list := rewrite(program)
	var numbers []C.int64_t
	for _, c := range list {
		for _, n := range c.numbers() {
			numbers = append(numbers, C.int64_t(n))
		}
	}
	if len(list) > 0 {
		C.prepare(l.prepare, &numbers[0], C.int64_t(len(list)))
	}
	return text
}

// Calls is how many calls the library has computed in this process.
func (l *Library) Calls() int { return int(C.count(l.calls)) }

// Found is where the set-up puts the library for a plugin.
func Found(plugin string) string {
	return filepath.Join(filepath.Dir(plugin), "..", "kernels", File)
}

// ErrMissing says that no library was built.
var ErrMissing = errors.New("kernels: no library")

var loading sync.Mutex // the loader's messages belong to the last call

// Load opens the library at a path and registers its handlers with a plugin, whose table of functions (PJRT_Api) api
// is. It stays open as long as the process lives. A library that is not there is [ErrMissing]; one of another
// version, or whose needs this machine or the plugin lacks, is an error that says which.
func Load(path string, api unsafe.Pointer) (*Library, error) {
	loading.Lock()
	defer loading.Unlock()
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrMissing, path)
	}
	lib, err := open(path)
	if err != nil {
		return nil, err
	}
	symbols := map[string]unsafe.Pointer{}
	for _, name := range []string{"version", "describe", "isa", "calls", "prepare", "register"} {
		if symbols[name] = symbol(lib, "primewindow_kernels_"+name); symbols[name] == nil {
			return nil, fmt.Errorf("kernels: %s: not a library of kernels", path)
		}
	}
	if v := int(C.version(symbols["version"])); v != Version {
		return nil, fmt.Errorf("kernels: %s is of version %d, want %d", path, v, Version)
	}
	if why := C.GoString(C.enroll(symbols["register"], api)); why != "" {
		return nil, fmt.Errorf("kernels: %s", why)
	}
	return &Library{
		Path: path,
		Name: fmt.Sprintf("%d, %s", Version, C.GoString(C.text(symbols["describe"]))),
		ISA:  C.GoString(C.text(symbols["isa"])),

		calls: symbols["calls"], prepare: symbols["prepare"],
	}, nil
}

// open opens a shared library, whose symbols stay its own.
func open(path string) (unsafe.Pointer, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	lib := C.dlopen(name, C.RTLD_NOW|C.RTLD_LOCAL)
	if lib == nil {
		return nil, fmt.Errorf("kernels: %s", strings.TrimSpace(C.GoString(C.dlerror())))
	}
	return lib, nil
}

func symbol(lib unsafe.Pointer, name string) unsafe.Pointer {
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	return C.dlsym(lib, c)
}
