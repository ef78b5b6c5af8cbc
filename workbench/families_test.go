package workbench

import (
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
)

// TestOldRecords: what was recorded before comparisons were in families is read with families, so that the fused
// accuracy is compared by itself. No p grows by that, and what is on disk is not changed.
func TestOldRecords(t *testing.T) {
	check := func(path string, on, read []wire.Difference) (primary int) {
		t.Helper()
		sizes := map[string]int{}
		for _, d := range read {
			if sizes[d.Family]++; d.Family != wire.FamilyOf(d.Quantity) {
				t.Errorf("%s: %s in family %q", path, d.Quantity, d.Family)
			}
		}
		for i, d := range read {
			if d.FamilySize != sizes[d.Family] {
				t.Errorf("%s: family %s of %d, want %d", path, d.Family, d.FamilySize, sizes[d.Family])
			}
			// rounding of a product
			if (d.Holm == nil) != (on[i].Holm == nil) || d.Holm != nil && *d.Holm > *on[i].Holm+1e-12 {
				t.Errorf("%s: %s has p %v, over all together %v", path, d.Quantity, d.Holm, on[i].Holm)
			}
		}
		return sizes[wire.FamilyPrimary]
	}
	all := func(arms []wire.ReproducedArm) (list []wire.Difference) {
		for _, a := range arms {
			list = append(list, a.Differences...)
		}
		return list
	}
	paths, err := filepath.Glob("../notebooks/results/reproduce/*/*.json")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d records, error %v", len(paths), err)
	}
	primary := 0
	for _, path := range paths {
		on, err := wire.ReadReproduction(path)
		if err != nil {
			t.Fatal(err)
		}
		if on.Schema >= wire.FamilySchema {
			continue
		}
		primary += check(path, all(on.Arms), all(Reproduced(on).Arms))
		for _, d := range all(on.Arms) {
			if d.Family != "" {
				t.Fatalf("%s: reading changed what was read", path)
			}
		}
	}
	if primary == 0 {
		t.Error("no comparison of the fused accuracy was found")
	}
	paths, err = filepath.Glob("../notebooks/results/*/compare.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d comparisons, error %v", len(paths), err)
	}
	for _, path := range paths {
		c, err := ReadComparisonContext(t.Context(), filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range c.Methods {
			for _, d := range m.Differences {
				if d.Family == "" || d.FamilySize == 0 {
					t.Errorf("%s: %s of %s is in no family", path, d.Quantity, m.Method)
				}
			}
		}
	}
}
