package xla

import (
	"errors"
	"os"
	"unsafe"

	"github.com/primewindow/primewindow/internal/kernels"
	"github.com/primewindow/primewindow/internal/wire"
)

// rewritingOf says how programs are changed before they are compiled; here alone is that decided. api is the plugin's
// table of functions (PJRT_Api), with which handlers of custom calls are registered: this is called once for a plugin,
// before anything is compiled or loaded from disk.
//
// Programs that ask for kernels call them, see [kernels.Program]. Whether any asks is a backend's choice, so the
// version says which kernels there are, not whether they are used.
func rewritingOf(plugin string, api unsafe.Pointer) rewriting {
	if os.Getenv(KernelsVariable) == off {
		return rewriting{without: KernelsVariable + " is " + off}
	}
	lib, err := kernels.Load(kernels.Found(plugin), api)
	switch {
	case errors.Is(err, kernels.ErrMissing):
		return rewriting{without: "the set-up has built none"}
	case err != nil:
		return rewriting{without: wire.OneLine(err.Error())}
	}
	return rewriting{version: "kernels " + lib.Name, rewrite: lib.Rewrite, kernels: lib}
}
