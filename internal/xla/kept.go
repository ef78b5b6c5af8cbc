package xla

import (
	"errors"
	"fmt"
	"time"

	"github.com/gomlx/compute"
)

// Programs counts what became of the programs that this process wanted.
type Programs struct {
	Compiled    int           // by the compiler
	CompileTime time.Duration // all together
	Loaded      int           // from disk, compiled by this process or another before
	LoadTime    time.Duration
	Spoiled     int // on disk, and of no use: they were compiled again
}

// Programs counts the programs of this process so far. It is zero for a backend that keeps none.
func (b *Backend) Programs() Programs {
	s := b.seam
	if s == nil {
		return Programs{}
	}
	return Programs{
		Compiled: int(s.compiled.Load()), CompileTime: time.Duration(s.compiling.Load()),
		Loaded: int(s.loaded.Load()), LoadTime: time.Duration(s.loading.Load()),
		Spoiled: s.store.Damaged(),
	}
}

// notCompiled is what the compiler is given for a program that [Backend.Show] took: whoever wanted it gets its error.
const notCompiled = "shown, not compiled"

// Show gives each program's text to see from now on, as it would be compiled, and compiles none: it is for tests of
// what graphs are built. Calls end with an error. Nil compiles again. It reports false for a backend whose programs
// cannot be seen.
func (b *Backend) Show(see func(program []byte)) bool {
	switch {
	case b.seam == nil:
		return false
	case see == nil:
		b.seam.shown.Store(nil)
	default:
		b.seam.shown.Store(&see)
	}
	return true
}

// elsewhere is a backend under no plugin's name.
type elsewhere struct{ compute.Backend }

func (elsewhere) PluginName() string { return "" }

// Elsewhere is the backend as if it were none of the CPU's: graphs take the forms that they take on a GPU, and no
// kernels. It is for [Backend.Show] alone: what its graphs are given and give is the CPU's still.
func (b *Backend) Elsewhere() *Backend {
	other := *b
	other.use("")
	other.Backend = elsewhere{b.Backend}
	return &other
}

// NotKept says why compiled programs are not kept on disk, where that is no wish of the user's, or why one of them was
// not; nil where all is well. It speaks of the plugin that this process has opened. It costs time and nothing else.
func NotKept() error {
	if unled := behind.unled.Load(); unled != nil {
		return *unled
	}
	s := behind.one.Load()
	switch {
	case s == nil:
		return nil
	case s.off != "":
		return fmt.Errorf("XLA plugin %s: %s", s.path, s.off)
	case s.trouble.Load() != nil:
		return errors.New(*s.trouble.Load())
	default:
		return s.store.Trouble()
	}
}
