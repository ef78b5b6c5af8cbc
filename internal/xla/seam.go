package xla

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "seam.h"
*/
import "C"

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"

	"github.com/primewindow/primewindow/internal/kernels"
	"github.com/primewindow/primewindow/internal/programs"
)

// seam stands between go-xla and a plugin, at the one border of go-xla that is public and not its own: the table of
// functions by which PJRT, the interface of XLA's plugins, is called. go-xla is given a copy of the plugin's table, by
// the function that it has for plugins that a program was linked with, and in the copy the function that compiles is
// ours. So the seam sees each program's text and may change it ([rewriting]), and takes a compiled program from disk in
// place of compiling it again. Everything else (buffers, donated or shared, executing, other devices) stays what go-xla
// and the plugin make of it, at the same cost, and no private part of go-xla is read.
//
// It stands before the CPU's plugin alone. A program for a GPU is tuned on the device that is there, which the keys
// here do not name.
type seam struct {
	path  string      // of the plugin
	own   *C.seam_api // the plugin's table
	copy  *C.seam_api // go-xla's
	flags string      // XLA_FLAGS before the plugin's first client was made, which reads them once
	write rewriting

	store *programs.Store                           // nil where nothing is kept
	off   string                                    // why nothing is kept, where that is no wish of the user's
	base  func() (sum [sha256.Size]byte, err error) // hash of all that a program's meaning depends on beside its text

	compiled, loaded   atomic.Int64
	compiling, loading atomic.Int64 // in nanoseconds
	trouble            atomic.Pointer[string]
	shown              atomic.Pointer[func(program []byte)] // who sees programs in place of the compiler
}

// rewriting changes a program's text before it is compiled. Its version is a part of the key under which the result is
// kept, so it must differ wherever the results may.
type rewriting struct {
	version string
	rewrite func(program []byte) []byte // nil where programs stay as they are
	kernels *kernels.Library            // what rewrite has programs call; nil where there are none
	without string                      // why there are none
}

// behind is the seam that compiling leads to. There is one for the process, because the interface's functions learn no
// more than their arguments, and because go-xla keeps its plugins to the end of the process as well.
var behind struct {
	sync.Mutex
	one   atomic.Pointer[seam]  // each compile reads it, without the lock
	names map[string]bool       // under which go-xla knows the plugin
	unled atomic.Pointer[error] // why the last plugin that was opened has no seam, and should have one
}

// lead makes go-xla call the plugin at path through the seam when it opens the plugin of that name. After an error
// go-xla loads the plugin itself, as it does without a seam.
func lead(path, name string, store *programs.Store) (*seam, error) {
	behind.Lock()
	defer behind.Unlock()
	text := C.CString(path)
	defer C.free(unsafe.Pointer(text))
	var own *C.seam_api
	if wrong := C.seam_open(text, &own); wrong != nil {
		return nil, errors.New(C.GoString(wrong))
	}
	s := behind.one.Load()
	switch {
	case s == nil:
		var err error
		if s, err = newSeam(path, own, store); err != nil {
			return nil, err
		}
		behind.names = map[string]bool{}
		behind.one.Store(s)
	case s.own != own:
		return nil, fmt.Errorf("this process has loaded another, %s", s.path)
	}
	if !behind.names[name] {
		// The table is memory of C that lives as long as the process, so its address may be kept as a number.
		if err := pjrt.RegisterPreloadedPlugin(name, uintptr(unsafe.Pointer(s.copy))); err != nil {
			return nil, err
		}
		behind.names[name] = true
	}
	return s, nil
}

func newSeam(path string, own *C.seam_api, store *programs.Store) (*seam, error) {
	s := &seam{path: path, own: own, copy: C.seam_copy(own), flags: os.Getenv(FlagsVariable)}
	if s.copy == nil {
		return nil, errors.New("no memory for its table of functions")
	}
	s.write = rewritingOf(path, unsafe.Pointer(s.own))
	s.base = sync.OnceValues(s.surroundings)
	switch {
	case store == nil:
	case !bool(C.seam_keeps(s.own)):
		s.off = "the plugin cannot write what it has compiled"
	case strings.Contains(s.flags, "xla_dump"):
		s.off = FlagsVariable + " asks the compiler to write what it does, which it can not where it has nothing to do"
	default:
		s.store = store
		// The first time on a machine this reads the whole plugin, which takes a second: beside the building of the
		// first graph it costs nothing.
		go func() { _, _ = s.base() }()
	}
	return s, nil
}

// primewindowCompile is PJRT_Client_Compile as go-xla calls it. It returns a PJRT_Error or null.
//
//export primewindowCompile
func primewindowCompile(args *C.seam_compile) unsafe.Pointer { return behind.one.Load().compile(args) }

func (s *seam) compile(args *C.seam_compile) unsafe.Pointer {
	text, key, keyed := s.read(args)
	if show := s.shown.Load(); show != nil {
		if text == nil {
			text = C.GoBytes(unsafe.Pointer(args.program.code), C.int(args.program.code_size))
		}
		(*show)(text)
		text, keyed = []byte(notCompiled), false
	}
	if keyed && s.load(args, key) {
		return nil
	}
	began := time.Now()
	var code unsafe.Pointer
	if text != nil {
		code = C.CBytes(text) // C's structures must not point to Go's memory
		defer C.free(code)
	}
	failed := C.seam_call_compile(s.own, args, (*C.char)(code), C.size_t(len(text)))
	if failed != nil {
		return failed
	}
	s.compiled.Add(1)
	s.compiling.Add(int64(time.Since(began)))
	if keyed {
		s.keep(args, key)
	}
	return nil
}

// read gives a program's new text, nil where it stays as it is, and the key under which the result is kept. Whatever
// goes wrong here costs time alone: a panic must not leave through C, where nothing catches it.
func (s *seam) read(args *C.seam_compile) (text []byte, key programs.Key, keyed bool) {
	defer func() {
		if p := recover(); p != nil {
			s.complain(fmt.Sprintf("a program is compiled as it is, and not kept: %v", p))
			text, keyed = nil, false
		}
	}()
	if C.GoStringN(args.program.format, C.int(args.program.format_size)) != "mlir" {
		return nil, key, false
	}
	given := unsafe.Slice((*byte)(unsafe.Pointer(args.program.code)), int(args.program.code_size))
	if s.write.rewrite != nil {
		text = s.write.rewrite(given)
		given = text
	}
	if s.store == nil {
		return text, key, false
	}
	base, err := s.base()
	if err != nil {
		s.complain(err.Error())
		return text, key, false
	}
	h := sha256.New()
	h.Write(base[:])
	options := unsafe.Slice((*byte)(unsafe.Pointer(args.options)), int(args.options_size))
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(options))))
	h.Write(options)
	h.Write(given)
	return text, programs.Key(h.Sum(nil)), true
}

// load takes an executable from the store. One that the plugin does not take is dropped, so that the next takes its
// place.
func (s *seam) load(args *C.seam_compile, key programs.Key) bool {
	began := time.Now()
	kept, ok := s.store.Get(key)
	if !ok {
		return false
	}
	bytes := C.CBytes(kept)
	defer C.free(bytes)
	failed := C.seam_call_load(s.own, args.client, (*C.char)(bytes), C.size_t(len(kept)), &args.executable)
	if failed != nil {
		s.forgive(failed)
	}
	if failed != nil || args.executable == nil {
		args.executable = nil
		s.store.Drop(key)
		return false
	}
	s.loaded.Add(1)
	s.loading.Add(int64(time.Since(began)))
	return true
}

// keep puts an executable into the store.
func (s *seam) keep(args *C.seam_compile, key programs.Key) {
	var bytes *C.char
	var size C.size_t
	failed := C.seam_call_serialize(s.own, args.executable, &bytes, &size)
	defer C.free(unsafe.Pointer(bytes))
	if failed != nil {
		s.complain("the plugin cannot write what it has compiled: " + s.forgive(failed))
		return
	}
	if bytes != nil && size > 0 {
		s.store.Put(key, unsafe.Slice((*byte)(unsafe.Pointer(bytes)), int(size)))
	}
}

// forgive gives the words of an error of the plugin's and frees it.
func (s *seam) forgive(failed unsafe.Pointer) string {
	words := C.seam_error(s.own, failed)
	defer C.free(unsafe.Pointer(words))
	if words == nil {
		return "no memory"
	}
	return C.GoString(words)
}

// complain keeps the first reason why programs are not kept.
func (s *seam) complain(why string) { s.trouble.CompareAndSwap(nil, &why) }
