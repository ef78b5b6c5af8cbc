package folder

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestValidate counts what is taken of each class where the table names no validation samples.
func TestValidate(t *testing.T) {
	list := func(classes map[string]int, val bool) (rows []row) {
		for class, n := range classes {
			for i := range n {
				rows = append(rows, row{id: fmt.Sprint(class, i), label: class, split: data.Train})
			}
		}
		if val {
			rows = append(rows, row{id: "v", label: "a", split: data.Validation})
		}
		return append(rows, row{id: "t", label: "a", split: data.Test})
	}
	for _, tt := range []struct {
		name    string
		classes map[string]int
		val     bool
		share   float64
		want    map[string]int // validation samples of each class
		reason  string
	}{
		{
			"share", map[string]int{"a": 20, "b": 10}, false, 0.2, map[string]int{"a": 4, "b": 2},
			"of each class, rounded",
		},
		{
			"few", map[string]int{"a": 1, "b": 3}, false, 0.5, map[string]int{"b": 2},
			"one of each class is left to train on",
		},
		{"named", map[string]int{"a": 20}, true, 0.2, map[string]int{"a": 1}, "the table's own come first"},
		{
			"none of a class", map[string]int{"a": 2, "b": 2, "c": 2, "d": 1}, false, 0.24,
			map[string]int{"a": 1, "c": 1},
			"of all together: 2 of 7, by the SHA-256 of their ids, and never the last of a class",
		},
		{"not half a sample", map[string]int{"a": 2, "b": 1}, false, 0.1, map[string]int{"a": 1}, "one at least"},
		{
			"nobody to spare", map[string]int{"a": 1, "b": 1}, false, 0.5, map[string]int{},
			"one of each class is left to train on",
		},
		{"none", map[string]int{"a": 20}, false, 0, map[string]int{}, "a share of nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := list(tt.classes, tt.val)
			taken, _ := validate(rows, tt.share)
			got, total := map[string]int{}, 0
			var ids []string
			for _, r := range rows {
				if r.split == data.Validation {
					got[r.label]++
					total++
					ids = append(ids, r.id)
				}
			}
			if tt.val {
				total--
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || taken != total {
				t.Errorf("validate took %d, (-want +got)\n%s\nreason: %s", taken, diff, tt.reason)
			}
			again := list(tt.classes, tt.val)
			slices.Reverse(again)
			validate(again, tt.share)
			for _, r := range again {
				if (r.split == data.Validation) != slices.Contains(ids, r.id) {
					t.Errorf("in another order of rows sample %s is in split %s", r.id, r.split)
				}
			}
		})
	}
}

// TestValidateGroups draws whole groups where the test split is of strangers, and samples where it is not.
func TestValidateGroups(t *testing.T) {
	// of each person so many samples of each class
	people := func(n, each, classes int, tested ...string) (rows []row) {
		for p := range n {
			for i := range each * classes {
				rows = append(
					rows,
					row{
						id: fmt.Sprintf("p%d_%d", p, i), label: fmt.Sprint("c", i%classes),
						group: fmt.Sprint("person ", p), split: data.Train,
					},
				)
			}
		}
		for _, g := range tested {
			rows = append(rows, row{id: "t" + g, label: "c0", group: g, split: data.Test})
		}
		return rows
	}
	pure := func() (rows []row) { // twenty videos of four samples, each of one of two classes
		for v := range 20 {
			for i := range 4 {
				rows = append(
					rows,
					row{
						id: fmt.Sprintf("v%d_%d", v, i), label: fmt.Sprint("c", v%2), group: fmt.Sprint("video ", v),
						split: data.Train,
					},
				)
			}
		}
		return rows
	}
	for _, tt := range []struct {
		name   string
		rows   []row
		share  float64
		how    drawing
		taken  int
		counts map[string]int // validation samples of each class
		reason string
	}{
		{
			"people, a stranger tested", people(7, 2, 3, "person 9"), 0.15, byGroup, 6,
			map[string]int{"c0": 2, "c1": 2, "c2": 2}, "one of seven is nearest to 15 %",
		},
		{
			"nobody tested", people(7, 2, 3), 0.3, byGroup, 12, map[string]int{"c0": 4, "c1": 4, "c2": 4},
			"two of seven are nearest to 30 %",
		},
		{
			"a trained one tested", people(7, 2, 3, "person 9", "person 2"), 0.15, byClass, 6,
			map[string]int{"c0": 2, "c1": 2, "c2": 2}, "what is tested is known there, so it may be where it validates",
		},
		{
			"two people", people(2, 2, 3, "person 9"), 0.15, byGroup, 6, map[string]int{"c0": 2, "c1": 2, "c2": 2},
			"one at least, though it is half",
		},
		{
			"one person", people(1, 2, 3, "person 9"), 0.5, byGroup, 0, map[string]int{},
			"nobody would be left to train on",
		},
		{
			"videos of one class", pure(), 0.2, byGroup, 16, map[string]int{"c0": 8, "c1": 8},
			"a fifth of each class: two videos of ten",
		},
		{"nothing", people(7, 2, 3, "person 9"), 0, byGroup, 0, map[string]int{}, "a share of nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := slices.Clone(tt.rows)
			taken, how := validate(rows, tt.share)
			counts, validating, training := map[string]int{}, map[string]bool{}, map[string]bool{}
			for _, r := range rows {
				switch r.split {
				case data.Validation:
					counts[r.label]++
					validating[r.group] = true
				case data.Train:
					training[r.group] = true
				}
			}
			if diff := cmp.Diff(tt.counts, counts); diff != "" || taken != tt.taken || how != tt.how {
				t.Errorf(
					"took %d, drawn %v, want %d, %v; by class (-want +got)\n%s\nreason: %s", taken, how, tt.taken,
					tt.how, diff, tt.reason,
				)
			}
			for g := range validating {
				if tt.how == byGroup && training[g] {
					t.Errorf("%s is trained on and validates", g)
				}
			}
			again := slices.Clone(tt.rows)
			slices.Reverse(again)
			validate(again, tt.share)
			of := func(rows []row) map[string]data.Split {
				splits := map[string]data.Split{}
				for _, r := range rows {
					splits[r.id] = r.split
				}
				return splits
			}
			if !maps.Equal(of(rows), of(again)) {
				t.Error("in another order of rows other samples validate")
			}
		})
	}
}

// TestGroups reads the column group: it is known of each sample, the description says how validation samples were
// drawn, and an empty group is none.
func TestGroups(t *testing.T) {
	table := "id,label,split,group\n"
	f := datatest.Files{}
	values := "id,x\n"
	for i := range 12 {
		group, split := fmt.Sprint("speaker ", i/4), "train"
		if i >= 8 {
			split = "test"
		}
		if i == 0 {
			group = ""
		}
		table += fmt.Sprintf("s%02d,%d,%s,%s\n", i, i%2, split, group)
		values += fmt.Sprintf("s%02d,%d\n", i, i*i)
	}
	f["labels.csv"], f["x.csv"] = []byte(table), []byte(values)
	d := datatest.Open(t, Open, f.Write(t), nil)
	known, ok := d.(data.Detailed)
	if !ok {
		t.Fatal("the set knows no details of its samples")
	}
	groups := map[data.Split]map[string]int{}
	for _, split := range data.Splits {
		groups[split] = map[string]int{}
		for i := range d.Len(split) {
			groups[split][known.Detail(split, i).Group]++
		}
	}
	if groups[data.Test]["speaker 2"] != 4 || len(groups[data.Test]) != 1 ||
		groups[data.Validation][""]+groups[data.Train][""] != 1 {
		t.Errorf("groups %v", groups)
	}
	if err := datatest.Strangers(d); err != nil {
		t.Errorf("%v: %v", err, groups)
	}
	if p := d.Describe().Provenance.Protocol; !strings.Contains(p, "in whole groups, drawn by their names") {
		t.Errorf("protocol %q", p)
	}
}
