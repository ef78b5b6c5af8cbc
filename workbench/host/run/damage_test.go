package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// copied copies a run's folder under another name into the shop's project, as a backup is brought back.
func copied(t *testing.T, shop *Shop, from *Run, name string) string {
	t.Helper()
	dir := shop.dir(name)
	if err := os.CopyFS(dir, os.DirFS(from.Dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sameMeasured compares the lines of probes.jsonl, whatever their order.
func sameMeasured(t *testing.T, want, got string) {
	t.Helper()
	w, g := hosttest.Lines(t, want, record.ProbesFile), hosttest.Lines(t, got, record.ProbesFile)
	slices.Sort(w)
	slices.Sort(g)
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("probes (-want +got)\n%s", diff)
	}
}

// told are the events that name damage.
func told(r *Run) (list []string) {
	for _, c := range onRecord(r).Events {
		switch c.Event {
		case wire.EventDamaged, wire.EventUnreadable, wire.EventRestored, wire.EventLost, wire.EventUnproved,
			wire.EventDiffers:
			list = append(list, c.Event+": "+c.Text)
		}
	}
	return list
}

// TestDamagedRecords: whatever happens to a run's records is named when the run is opened, and what they said is
// computed again and proved; the run then goes on as one whose files nobody touched.
func TestDamagedRecords(t *testing.T) {
	const at, steps = 75, 90
	shop := newTestShop(t)
	settings := hosttest.Small("inforeg")
	source := trained(t, shop, "source", settings, at)
	if err := shop.Leave(source); err != nil {
		t.Fatal(err)
	}
	whole, err := shop.Attach(copied(t, shop, source, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	if got := told(whole); len(got) > 0 {
		t.Fatalf("damage of an untouched run: %q", got)
	}
	edit := func(file string, change func([]string) []string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			text := strings.Join(change(hosttest.Lines(t, dir, file)), "\n")
			if text != "" {
				text += "\n"
			}
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, tt := range []struct {
		name   string
		spoil  func(t *testing.T, dir string)
		want   string // in an event
		reason string
	}{
		{
			"a digit of a loss",
			edit(
				record.MetricsFile,
				func(l []string) []string { l[40] = strings.Replace(l[40], "\"loss\":", "\"loss\":1", 1); return l },
			),
			"restored: 1 line", "step 40 is computed again",
		},
		{
			"steps from the middle",
			edit(record.MetricsFile, func(l []string) []string { return slices.Delete(l, 20, 30) }),
			"restored: 10 lines", "they are computed again",
		},
		{
			"steps from the end", edit(record.MetricsFile, func(l []string) []string { return l[:60] }),
			"restored: 15 lines", "they are computed again",
		},
		{"a digit of a trace", edit(record.ProbesFile, func(l []string) []string {
			i := slices.IndexFunc(
				l,
				func(s string) bool { return strings.Contains(s, `"step":24,`) && strings.Contains(s, "fisher_emp") },
			)
			l[i] = strings.Replace(l[i], `"value":`, `"value":1`, 1)
			return l
		}), "restored: 1 line", "it is measured again"},
		{
			"measurements from the middle",
			edit(record.ProbesFile, func(l []string) []string { return slices.Delete(l, len(l)/2, len(l)/2+7) }),
			"restored: 7 lines", "they are measured again",
		},
		{
			"measurements from the end", edit(record.ProbesFile, func(l []string) []string { return l[:len(l)-3] }),
			"restored: 3 lines", "they are measured again",
		},
		{
			"all measurements", edit(record.ProbesFile, func([]string) []string { return nil }), "restored: ",
			"they are measured again",
		},
		{"both", func(t *testing.T, dir string) {
			t.Helper()
			edit(record.MetricsFile, func(l []string) []string { return slices.Delete(l, 11, 13) })(t, dir)
			edit(record.ProbesFile, func(l []string) []string { return slices.Delete(l, 5, 6) })(t, dir)
		}, "restored: 3 lines", "a trace that a later window reads is there before it does"},
		{"both files of the measurements end early", func(t *testing.T, dir string) {
			t.Helper()
			for _, file := range []string{record.ProbesFile, record.SumsPath(record.ProbesFile)} {
				edit(file, func(l []string) []string { return l[:100] })(t, dir)
			}
		}, "restored: measured again from step", "the steps say how many there were"},
		{"the measurements and their checksums are gone", func(t *testing.T, dir string) {
			t.Helper()
			for _, file := range []string{record.ProbesFile, record.SumsPath(record.ProbesFile)} {
				if err := os.Remove(filepath.Join(dir, file)); err != nil {
					t.Fatal(err)
				}
			}
		}, "restored: measured again from step 0", "the steps say how many there were"},
		{
			"checksums that end early",
			edit(record.SumsPath(record.ProbesFile), func(l []string) []string { return l[:100] }), "restored: ",
			"a kill leaves one append without entries",
		},
		{"checksums gone", func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(record.SumsPath(filepath.Join(dir, record.ProbesFile))); err != nil {
				t.Fatal(err)
			}
		}, "unproved: probes.jsonl: its checksums are gone", "nothing else is wrong, but nothing is proved"},
		{
			"an event by hand", edit(record.EventsFile, func(l []string) []string { return nil }),
			"damaged: events.jsonl: 1 line damaged, and whole again", "its copy is there",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := copied(t, shop, source, fmt.Sprint("spoilt", i))
			if err := os.Remove(record.StopPath(dir, at)); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if tt.name == "an event by hand" {
				r, err := shop.Attach(dir)
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Set(map[string]any{"lr": 0.01}); err != nil {
					t.Fatal(err)
				}
				if err := r.Set(map[string]any{"lr": settings["lr"]}); err != nil {
					t.Fatal(err)
				}
				if err := shop.Leave(r); err != nil {
					t.Fatal(err)
				}
				edit(record.EventsFile, func(l []string) []string { return l[1:] })(t, dir)
			} else {
				tt.spoil(t, dir)
			}
			rec, err := record.ReadRecorded(dir)
			if err != nil {
				t.Fatal(err)
			}
			if lost := strings.HasPrefix(tt.want, "restored"); lost != (rec.Lost != "") ||
				lost != (len(rec.Status.Warnings) > 0) {
				t.Errorf("ReadRecorded says %q", rec.Lost)
			}
			r, err := shop.Attach(dir)
			if err != nil {
				t.Fatal(err)
			}
			if s := r.Status(); s.Step != at || len(s.Warnings) == 0 {
				t.Errorf("opened at step %d with warnings %q, want step %d and some", s.Step, s.Warnings, at)
			}
			if err := r.To(t.Context(), at, "test"); err != nil { // nothing to train, and yet
				t.Fatal(err)
			}
			if r.rec.Damaged() {
				t.Error("lines are lost still")
			}
			if err := r.To(t.Context(), steps, "test"); err != nil {
				t.Fatal(err)
			}
			got := told(r)
			if !slices.ContainsFunc(got, func(text string) bool { return strings.Contains(text, tt.want) }) ||
				slices.ContainsFunc(got, func(text string) bool {
					return strings.Contains(text, "not the same") || strings.HasPrefix(text, "lost")
				}) {
				t.Errorf("events %q, want %q\nreason: %s", got, tt.want, tt.reason)
			}
			if diff := cmp.Diff(
				hosttest.Lines(t, whole.Dir, record.MetricsFile), hosttest.Lines(t, dir, record.MetricsFile),
			); diff != "" {
				t.Errorf("metrics (-want +got)\n%s", diff)
			}
			sameMeasured(t, whole.Dir, dir)
			hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, r))
			if err := shop.Leave(r); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRestoreCancelled: an attempt to compute lost lines again that is cancelled, or fails for want of space, loses
// none: the next one begins anew.
func TestRestoreCancelled(t *testing.T) {
	const at = 75
	shop := newTestShop(t)
	source := trained(t, shop, "source", hosttest.Small("inforeg"), at)
	if err := shop.Leave(source); err != nil {
		t.Fatal(err)
	}
	whole := hosttest.Lines(t, source.Dir, record.ProbesFile)
	dir := copied(t, shop, source, "spoilt")
	text := strings.Join(slices.Delete(slices.Clone(whole), 40, 160), "\n") + "\n"
	if err := os.WriteFile(filepath.Join(dir, record.ProbesFile), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := shop.Attach(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 { // cancelled after so many steps of the replay
		ctx, cancel := context.WithCancel(t.Context())
		watch, stop := r.Watch()
		go func() {
			for n := 0; n <= 3*i; n++ {
				if _, ok := <-watch; !ok {
					return
				}
			}
			cancel()
		}()
		ticker := time.AfterFunc(time.Duration(5*(i+1))*time.Millisecond, cancel)
		_ = r.To(ctx, at, "test") // cancelled, or done
		ticker.Stop()
		stop()
		cancel()
	}
	if err := r.To(t.Context(), at, "test"); err != nil {
		t.Fatal(err)
	}
	sameMeasured(t, source.Dir, dir)
	for _, text := range told(r) {
		if strings.HasPrefix(text, wire.EventLost) {
			t.Error(text)
		}
	}
}

// TestDamagedSnapshots: a snapshot whose bytes are not those that were written is set aside, and the run comes to the
// same state from an older one; one that cannot be read just now stays where it is.
func TestDamagedSnapshots(t *testing.T) {
	const at = 75
	shop := newTestShop(t)
	source := trained(t, shop, "source", hosttest.Small("inforeg"), at)
	want := weightsOf(t, source)
	if err := shop.Leave(source); err != nil {
		t.Fatal(err)
	}
	nearest := func(dir string) string { return record.Starts(dir, at)[0].Path(dir) }
	flip := func(bit int64) func(*testing.T, string) { // counted from the end where below 0
		return func(t *testing.T, dir string) {
			t.Helper()
			b, err := os.ReadFile(nearest(dir))
			if err != nil {
				t.Fatal(err)
			}
			i := (bit/8 + int64(len(b))) % int64(len(b))
			b[i] ^= 1 << (uint(bit) & 7)
			if err := os.WriteFile(nearest(dir), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, tt := range []struct {
		name   string
		spoil  func(t *testing.T, dir string)
		reason string
	}{
		{"a bit of a weight", flip(-8000), "no reader of the format would see it"},
		{"a bit of the header", flip(8 * 40), "it may be a name, or a number of the run"},
		{"zeros under a whole header", func(t *testing.T, dir string) {
			t.Helper()
			b, err := os.ReadFile(nearest(dir))
			if err != nil {
				t.Fatal(err)
			}
			clear(b[len(b)/2:])
			if err := os.WriteFile(nearest(dir), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "a power loss leaves it so"},
		{"another step's", func(t *testing.T, dir string) {
			t.Helper()
			b, err := os.ReadFile(record.SnapshotPath(dir, 0))
			if err == nil {
				err = os.WriteFile(nearest(dir), b, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "its step stands in it"},
		{"without its checksum", func(t *testing.T, dir string) {
			t.Helper()
			b, err := os.ReadFile(nearest(dir))
			if err == nil {
				err = os.WriteFile(
					nearest(dir), bytes.Replace(b, []byte("seal.crc32c"), []byte("seal.crc32d"), 1), 0o644,
				)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "the version says that it has one"},
		{"whole, of another run", func(t *testing.T, dir string) {
			t.Helper()
			settings := hosttest.Small("inforeg")
			settings["lr"] = 0.001
			other := trained(t, shop, "other", settings, at)
			path := nearest(other.Dir)
			b, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(nearest(dir), b, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "its checksum is right, and from it the steps on record do not follow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := copied(t, shop, source, fmt.Sprint("spoilt", i))
			bad := nearest(dir)
			tt.spoil(t, dir)
			r, err := shop.Attach(dir)
			if err != nil {
				t.Fatal(err)
			}
			hosttest.SameWeights(t, want, weightsOf(t, r))
			if got := told(r); len(got) != 1 || !strings.HasPrefix(got[0], wire.EventUnreadable) {
				t.Errorf("events %q, want one, %s\nreason: %s", got, wire.EventUnreadable, tt.reason)
			}
			if _, err := os.Stat(bad + ".damaged"); err != nil {
				t.Errorf("it was not set aside: %v", err)
			}
			sameMeasured(t, source.Dir, dir)
			if err := shop.Leave(r); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("not readable now", func(t *testing.T) {
		dir := copied(t, shop, source, "unreadable")
		bad := nearest(dir)
		if err := os.Remove(bad); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(bad, 0o755); err != nil { // read gives EISDIR, also to root
			t.Fatal(err)
		}
		r, err := shop.Attach(dir)
		if err != nil {
			t.Fatal(err)
		}
		err = r.To(t.Context(), at+1, "test")
		if p := wire.AsProblem(err); err == nil || !strings.Contains(p.Message, "cannot be read now") ||
			!strings.Contains(p.Hint, "Nothing was removed") {
			t.Errorf("error %v", err)
		}
		if _, err := os.Stat(bad); err != nil {
			t.Errorf("it is gone: %v", err)
		}
		if err := shop.Leave(r); err != nil {
			t.Fatal(err)
		}
	})
}

// flipsVariable says how many flips the trial below makes; many once, some in each test.
const flipsVariable = "PRIMEWINDOW_TEST_FLIPS"

// TestFlippedBits flips single bits all over a run's folder. Each is named when the run is opened or loaded, or
// harmless; either way the run goes on as if it had not been.
func TestFlippedBits(t *testing.T) {
	const at, steps = 40, 43
	flips := 12
	if text := os.Getenv(flipsVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		flips = n
	}
	shop := newTestShop(t)
	source := trained(t, shop, "source", hosttest.Small("inforeg"), at)
	if err := source.Set(map[string]any{"weight_decay": 1e-3}); err != nil {
		t.Fatal(err)
	}
	if err := source.To(t.Context(), at+1, "test"); err != nil {
		t.Fatal(err)
	}
	if err := source.keep(); err != nil {
		t.Fatal(err)
	}
	if err := shop.Leave(source); err != nil {
		t.Fatal(err)
	}
	whole, err := shop.Attach(copied(t, shop, source, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"*.json*", "snapshots/*"} {
		list, err := filepath.Glob(filepath.Join(source.Dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	if len(files) != 10 { // manifest, three journals with checksums, snapshots of 0 and 32, a stop
		t.Fatalf("files %v", files)
	}
	random := rand.New(rand.NewPCG(1, 1))
	count := map[string]int{}
	for i := range flips {
		file := files[i%len(files)]
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bit := random.IntN(8 * len(text))
		name := fmt.Sprintf("%s, bit %d", filepath.Base(file), bit)
		dir := copied(t, shop, source, fmt.Sprint("flip", i))
		text[bit/8] ^= 1 << (bit % 8)
		rel, err := filepath.Rel(source.Dir, file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, rel), text, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := shop.Attach(dir)
		if err != nil { // refused by name
			if p := wire.AsProblem(err); !strings.Contains(p.Message, filepath.Base(file)) || p.Hint == "" {
				t.Errorf("%s: %v", name, err)
			}
			count["refused"]++
			continue
		}
		if err := r.To(t.Context(), steps, "test"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		named := len(told(r)) > 0
		if named {
			count["named"]++
		} else {
			count["harmless"]++
		}
		for _, text := range told(r) {
			if strings.HasPrefix(text, wire.EventDiffers) || strings.HasPrefix(text, wire.EventLost) {
				t.Errorf("%s: %s", name, text)
			}
		}
		if !slices.Equal(hosttest.Lines(t, whole.Dir, record.MetricsFile), hosttest.Lines(t, dir, record.MetricsFile)) {
			t.Errorf("%s: other steps than without it, named: %v", name, named)
		}
		sameMeasured(t, whole.Dir, dir)
		hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, r))
		if err := shop.Leave(r); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d flips: %v", flips, count)
}

// TestOldRun: a run of a version that wrote no checksums is taken as it is, said to be, and its last step, of which not
// all may have been measured, is taken again.
func TestOldRun(t *testing.T) {
	shop := newTestShop(t)
	const at = 4 * hosttest.SmallEpoch
	source := trained(t, shop, "source", hosttest.Small("inforeg"), at)
	if err := shop.Leave(source); err != nil {
		t.Fatal(err)
	}
	dir := copied(t, shop, source, "old")
	for _, file := range []string{record.MetricsFile, record.ProbesFile, record.EventsFile} {
		if err := os.Remove(record.SumsPath(filepath.Join(dir, file))); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, record.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	var man map[string]any
	if err := json.Unmarshal(text, &man); err != nil {
		t.Fatal(err)
	}
	man["schema"] = 1
	delete(man, "seal.crc32c")
	if text, err = json.Marshal(man); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, record.ManifestFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	// Killed between the last step's line and the last epoch's measurements.
	all := hosttest.Lines(t, dir, record.ProbesFile)
	all = slices.DeleteFunc(
		all, func(line string) bool { return strings.Contains(line, fmt.Sprintf(`"step":%d,`, at)) },
	)
	if err := os.WriteFile(
		filepath.Join(dir, record.ProbesFile), []byte(strings.Join(all, "\n")+"\n"), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	r, err := shop.Attach(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := told(r); r.Status().Step != at-1 || len(got) != 2 || !strings.HasPrefix(got[0], wire.EventUnproved) {
		t.Errorf(
			"opened at step %d with %q, want %d and that metrics and probes are not proved", r.Status().Step, got, at-1,
		)
	}
	if err := r.To(t.Context(), at, "test"); err != nil {
		t.Fatal(err)
	}
	sameRecords(t, source.Dir, dir, at)
	if man, err := record.ReadManifest(dir); err != nil || man.Schema != record.Schema {
		t.Errorf("manifest of schema %d, %v, want %d", man.Schema, err, record.Schema)
	}
}

// TestGone: a run whose folder is taken away while it trains stops at the next step.
func TestGone(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "gone", hosttest.Small("joint"), 3)
	if err := os.RemoveAll(r.Dir); err != nil {
		t.Fatal(err)
	}
	err := r.To(t.Context(), 10, "test")
	var p *wire.Problem
	if p = wire.AsProblem(err); err == nil || p.Hint != record.GoneHint {
		t.Errorf("error %v, hint %q, want %q", err, p.Hint, record.GoneHint)
	}
	if n := r.Status().Step; n != 3 {
		t.Errorf("at step %d, want 3", n)
	}
}
