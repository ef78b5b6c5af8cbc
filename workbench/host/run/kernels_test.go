package run

import (
	"errors"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestKernels: a run goes on with the kernels that it was begun with, or with none, whatever is usual meanwhile.
func TestKernels(t *testing.T) {
	shop := newTestShop(t)
	plain, err := shop.backend.As("", "")
	if err != nil {
		t.Fatal(err)
	}
	with, err := shop.backend.WithKernels()
	if err != nil {
		t.Skip(err)
	}
	settings := wire.Declaration{Settings: hosttest.Tiny("joint", nil)}
	to := func(r *Run, step int) []string {
		t.Helper()
		if err := r.To(t.Context(), step, "test"); err != nil {
			t.Fatal(err)
		}
		return hosttest.Lines(t, r.Dir, record.MetricsFile)
	}
	open := func(name string) *Run {
		t.Helper()
		r, err := shop.Open(name, settings)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	leave := func() {
		t.Helper()
		for _, r := range shop.runs {
			if err := shop.Leave(r); err != nil {
				t.Fatal(err)
			}
		}
	}

	shop.backend = with
	whole := to(open("whole"), 4)
	calls := with.KernelCalls()
	if calls == 0 {
		t.Fatal("no convolution was computed by kernels")
	}
	to(open("begun-with"), 2)
	leave()
	man, err := record.ReadManifest(shop.dir("begun-with"))
	if err != nil || man.Backend != with.Name || !strings.Contains(man.Backend, with.Kernels()) {
		t.Fatalf("backend %q on record, %v; want %q", man.Backend, err, with.Name)
	}

	// Kernels are no more what is usual.
	shop.backend = plain
	calls = with.KernelCalls()
	r := open("begun-with")
	if got := strings.Join(to(r, 4), ""); got != strings.Join(whole, "") {
		t.Errorf("a run that went on with its kernels has\n%s\nand one that went through\n%s", got, whole)
	}
	if with.KernelCalls() == calls {
		t.Error("it went on without its kernels")
	}
	at := 3
	fork, err := shop.Open("fork", wire.Declaration{Fork: &wire.Fork{Run: "begun-with", Step: &at}})
	if err != nil {
		t.Fatal(err)
	}
	if fork.man.Backend != with.Name || fork.eng.Backend.Kernels() != with.Kernels() {
		t.Errorf("a fork of it is of backend %q, kernels %q", fork.man.Backend, fork.eng.Backend.Kernels())
	}
	calls = with.KernelCalls()
	old := to(open("old"), 2)
	if with.KernelCalls() != calls || r.eng == shop.runs[shop.dir("old")].eng {
		t.Error("a run without kernels was computed with some")
	}
	leave()

	// They are usual again; a run of before has none.
	shop.backend = with
	r = open("old")
	if r.eng.Backend.Kernels() != "" {
		t.Errorf("a run of before goes on with kernels %s", r.eng.Backend.Kernels())
	}
	if got := to(r, 3); strings.Join(got[:2], "") != strings.Join(old, "") || with.KernelCalls() != calls {
		t.Error("it went on with kernels")
	}
	like, err := shop.OpenDirLike(shop.dir("like"), settings.Settings, plain.Name)
	if err != nil || like.man.Backend != plain.Name {
		t.Errorf("a run like one without kernels: %v, backend %q", err, like.man.Backend)
	}
	leave()

	// Those of the record are not here.
	if man, err = record.ReadManifest(shop.dir("begun-with")); err != nil {
		t.Fatal(err)
	}
	man.Backend = strings.Replace(man.Backend, "kernels ", "kernels 0", 1)
	if err := man.Write(shop.dir("begun-with")); err != nil {
		t.Fatal(err)
	}
	_, err = shop.Open("begun-with", settings)
	p, ok := errors.AsType[*wire.Problem](err)
	if !ok || !strings.Contains(p.Message, "run begun-with was computed with kernels 0") ||
		!strings.Contains(p.Message, "and here are "+with.Kernels()) || p.Hint == "" {
		t.Errorf("a run with other kernels: %v, want one line that says so", err)
	}
}
