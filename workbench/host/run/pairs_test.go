package run

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// counts are how many lines and entries a kill left of the two journals that a step writes.
type counts struct{ steps, stepSums, probes, probeSums int }

// head is the beginning of a text: so many lines, notes among checksums not counted, and half of the next where half is
// set.
func head(text []byte, lines int, half bool) []byte {
	var out []byte
	for _, line := range bytes.SplitAfter(text, []byte{'\n'}) {
		if !bytes.Contains(line, []byte(" note ")) {
			if lines--; lines < 0 {
				if half {
					out = append(out, line[:len(line)/2]...)
				}
				break
			}
		}
		out = append(out, line...)
	}
	return out
}

// left brings a copy of a run's folder into the state in which a kill left it: the journals are written in a known
// order, so that the state is a beginning of each.
func left(t *testing.T, dir string, c counts, half string) {
	t.Helper()
	for _, one := range []struct {
		file  string
		lines int
	}{
		{record.MetricsFile, c.steps}, {record.SumsPath(record.MetricsFile), c.stepSums},
		{record.ProbesFile, c.probes}, {record.SumsPath(record.ProbesFile), c.probeSums},
	} {
		path := filepath.Join(dir, one.file)
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, head(text, one.lines, half == one.file), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilledBetween goes through the pairs of writes that belong together and are two: a line and its entry in the file
// of checksums, a step and what it measured, a step and its snapshot, a rewritten journal and its entries, an event and
// what it announces, a fork's folder and its name, and what measuring at a past step leaves. After a kill between any
// of them the run goes on as if there had been none, and nothing is named as damaged.
func TestKilledBetween(t *testing.T) {
	const at, steps = 3 * hosttest.SmallEpoch, 3*hosttest.SmallEpoch + 2
	shop := newTestShop(t)
	settings := measuring()
	source := trained(t, shop, "source", settings, at)
	begun := -1 // the first line of probes that belongs to the last step
	list := onRecord(source).Probes
	for i, rec := range list {
		if rec.Step == at || rec.Step == at-1 && strings.HasSuffix(rec.Way, wire.InStep) {
			begun = i
			break
		}
	}
	if err := shop.Leave(source); err != nil {
		t.Fatal(err)
	}
	all := len(hosttest.Lines(t, source.Dir, record.ProbesFile))
	if begun < 0 || begun > all-10 || all != len(list) {
		t.Fatalf("the last step begins at line %d of %d", begun, all)
	}
	var sum, length, step, group int // group: how many lines follow the first one in its measurement
	if _, err := fmt.Sscanf(
		hosttest.Lines(t, source.Dir, record.SumsPath(record.ProbesFile))[begun+1][9:], "%x %d %d %d", &sum, &length,
		&step, &group,
	); err != nil || group == 0 {
		t.Fatalf("the last step's first measurement is of %d lines, %v", group+1, err)
	}
	group++
	whole, err := shop.Attach(copied(t, shop, source, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	cut := func(c counts, half string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			left(t, dir, c, half)
		}
	}
	type state struct {
		name string
		make func(*testing.T, string)
	}
	states := []state{
		{"half a step's line", cut(counts{at - 1, at - 1, begun, begun}, record.MetricsFile)},
		{"a step's line, nothing measured", cut(counts{at, at - 1, begun, begun}, "")},
		{"half a measurement", cut(counts{at, at - 1, begun, begun}, record.ProbesFile)},
		{
			"a measurement's lines, half an entry",
			cut(counts{at, at - 1, begun + group, begun}, record.SumsPath(record.ProbesFile)),
		},
		{"all measured, half the step's entry", cut(counts{at, at - 1, all, all}, record.SumsPath(record.MetricsFile))},
		{"the step before, and its snapshot being written", func(t *testing.T, dir string) {
			t.Helper()
			left(t, dir, counts{at - 1, at - 1, begun, begun}, "")
			if err := os.WriteFile(
				filepath.Join(dir, record.SnapshotsDir, ".00000032.safetensors.12345678.writing"), []byte("half"),
				0o644,
			); err != nil {
				t.Fatal(err)
			}
		}},
		{"a journal written anew, its entries not yet", func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, record.ProbesFile)
			old, err := os.ReadFile(record.SumsPath(path))
			if err != nil {
				t.Fatal(err)
			}
			rs, _, err := record.OpenRecords(
				dir, whole.base, hosttest.SmallEpoch, hosttest.SmallEpoch, source.man.ID, true,
			)
			if err != nil {
				t.Fatal(err)
			}
			err = errors.Join(
				rs.Probes.Fill(nil, func(i int) bool { return i == all-1 }), rs.Close(),
				os.WriteFile(record.SumsPath(path), old, 0o644),
			)
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"an event's line, not its entry", func(t *testing.T, dir string) {
			t.Helper()
			r, err := shop.Attach(dir)
			if err == nil {
				err = errors.Join(r.Set(map[string]any{"epochs": 77.0}), shop.Leave(r))
			}
			if err != nil {
				t.Fatal(err)
			}
			path := record.SumsPath(filepath.Join(dir, record.EventsFile))
			text, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, head(text, len(hosttest.Lines(t, dir, record.EventsFile))-1, false), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"a folder of what was measured at a past step", func(t *testing.T, dir string) {
			t.Helper()
			if err := os.CopyFS(
				filepath.Join(filepath.Dir(dir), ".at-"+filepath.Base(dir)), os.DirFS(dir),
			); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for k := begun; k <= all; k++ { // measurements are committed in groups: some of these states are inside one
		states = append(states,
			state{fmt.Sprintf("line %d of what the step measured", k-begun), cut(counts{at, at - 1, k, begun}, "")},
			state{fmt.Sprintf("entry %d of what the step measured", k-begun), cut(counts{at, at - 1, all, k}, "")})
	}
	for i, tt := range states {
		t.Run(tt.name, func(t *testing.T) {
			dir := copied(t, shop, source, fmt.Sprint("killed", i))
			for _, s := range record.ListStops(dir) {
				if err := os.Remove(record.StopPath(dir, s)); err != nil {
					t.Fatal(err)
				}
			}
			tt.make(t, dir)
			r, err := shop.Attach(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.To(t.Context(), at, "test"); err != nil { // what a command that is repeated asks for
				t.Fatal(err)
			}
			sameRecords(t, source.Dir, dir, at)
			if err := r.EvaluateAt(t.Context(), "test", 2*hosttest.SmallEpoch); err != nil {
				t.Fatal(err)
			}
			if err := r.To(t.Context(), steps, "test"); err != nil {
				t.Fatal(err)
			}
			if got := told(r); len(got) > 0 && tt.name != "a journal written anew, its entries not yet" {
				t.Errorf("named as damaged: %q", got)
			}
			if diff := cmp.Diff(
				hosttest.Lines(t, whole.Dir, record.MetricsFile), hosttest.Lines(t, dir, record.MetricsFile),
			); diff != "" {
				t.Errorf("metrics (-want +got)\n%s", diff)
			}
			hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, r))
			got := onRecord(r).Probes
			n := 0
			for _, rec := range got {
				if rec.Split != "test" {
					n++
				}
			}
			if want := len(onRecord(whole).Probes); n != want {
				t.Errorf("%d measurements, want %d", n, want)
			}
			hidden, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*"))
			if err != nil || len(hidden) > 0 {
				t.Errorf("left behind: %v, %v", hidden, err)
			}
			if err := errors.Join(shop.Leave(r), os.RemoveAll(dir)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestKilledFork: a kill while a fork's folder is made, or before it is opened, leaves nothing that the next attempt
// minds.
func TestKilledFork(t *testing.T) {
	shop := newTestShop(t)
	parent := trained(t, shop, "parent", hosttest.Small("joint"), 20)
	at := 10
	declared := wire.Declaration{Settings: map[string]any{"lr": 0.01}, Fork: &wire.Fork{Run: "parent", Step: &at}}
	want, err := shop.Open("want", declared)
	if err != nil {
		t.Fatal(err)
	}
	if err := want.To(t.Context(), 15, "test"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		left string // folder, below runs
	}{{"half a folder", ".partial-fork0"}, {"a whole one, not opened", "fork1"}} {
		t.Run(tt.name, func(t *testing.T) {
			if err := parent.copyUpTo(
				filepath.Join(RunsFolder(shop.Project), tt.left), want.man.ID, at, map[string]any{"lr": 0.01},
			); err != nil {
				t.Fatal(err)
			}
			name := "fork0"
			if tt.left != ".partial-fork0" {
				man := *want.man
				name, man.Name = tt.left, tt.left
				if err := man.Write(shop.dir(name)); err != nil {
					t.Fatal(err)
				}
			}
			r, err := shop.Open(name, declared)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.To(t.Context(), 15, "test"); err != nil {
				t.Fatal(err)
			}
			sameRecords(t, want.Dir, r.Dir, 15)
			hosttest.SameWeights(t, weightsOf(t, want), weightsOf(t, r))
		})
	}
}

// TestAskedForGone: measurements that somebody asked for and that are gone from the end of the record are counted when
// the others are measured again.
func TestAskedForGone(t *testing.T) {
	const at = 2 * hosttest.SmallEpoch
	shop := newTestShop(t)
	source := trained(t, shop, "source", hosttest.Small("inforeg"), at)
	list, err := source.ProbeWith(
		t.Context(), wire.Probe{Kind: inforeg.KindFisherTrue, Labels: inforeg.LabelsSampled, Draws: 2},
	)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v, want two measurements", list, err)
	}
	if err := shop.Leave(source); err != nil {
		t.Fatal(err)
	}
	dir := copied(t, shop, source, "spoilt")
	for _, file := range []string{record.ProbesFile, record.SumsPath(record.ProbesFile)} {
		lines := hosttest.Lines(t, dir, file)
		hosttest.WriteFile(t, filepath.Join(dir, file), []byte(strings.Join(lines[:len(lines)-3], "\n")+"\n"))
	}
	r, err := shop.Attach(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.To(t.Context(), at, "test"); err != nil {
		t.Fatal(err)
	}
	if got := told(r); !slices.ContainsFunc(got, func(text string) bool {
		return strings.Contains(text, "2 measurements more had been asked for")
	}) {
		t.Errorf("events %q, want two measurements missed", got)
	}
}
