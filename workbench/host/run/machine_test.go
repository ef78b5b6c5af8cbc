package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestMachines: a manifest names every machine that a run was computed on, and says so where an older version has not
// noted it. To open a run computes nothing.
func TestMachines(t *testing.T) {
	shop := newTestShop(t)
	settings, here := hosttest.Small("joint"), xla.Machine()
	r := trained(t, shop, "r", settings, 1)
	dir := r.Dir
	for i, tt := range []struct{ before, opened, after []string }{
		{[]string{here}, []string{here}, []string{here}},
		{[]string{"another"}, []string{"another"}, []string{"another", here}},
		{nil, nil, []string{"", here}},
	} {
		if err := shop.Leave(r); err != nil {
			t.Fatal(err)
		}
		man, err := record.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if diff := cmp.Diff(tt.before, man.Machines); diff != "" {
				t.Errorf("of a new run (-want +got)\n%s", diff)
			}
		}
		man.Machines = tt.before
		if err := man.Write(dir); err != nil {
			t.Fatal(err)
		}
		machines := func(when string, want []string) {
			t.Helper()
			if man, err = record.ReadManifest(dir); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, man.Machines); diff != "" {
				t.Errorf("%v, %s (-want +got)\n%s", tt.before, when, diff)
			}
		}
		r = trained(t, shop, "r", settings, 1+i)
		machines("opened", tt.opened)
		if err := r.To(t.Context(), 2+i, "test"); err != nil {
			t.Fatal(err)
		}
		machines("a step later", tt.after)
	}
	if err := shop.Leave(r); err != nil {
		t.Fatal(err)
	}
	fork, err := shop.ForkDir(dir+"-fork", dir, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"", here}, fork.man.Machines); diff != "" {
		t.Errorf("of a fork (-want +got)\n%s", diff)
	}
}
