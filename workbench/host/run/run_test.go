package run

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestFork checks that a fork is its parent until the point, at an epoch's end, in mid-epoch and at the start,
// and that it differs from there on.
func TestFork(t *testing.T) {
	shop := newTestShop(t)
	parent := trained(t, shop, "parent", hosttest.Small("inforeg"), 45)
	weights := weightsOf(t, parent)
	for _, tt := range []struct {
		name string
		at   int
	}{{"start", 0}, {"middle", 21}, {"epoch", 4 * hosttest.SmallEpoch}, {"now", 45}} {
		t.Run(tt.name, func(t *testing.T) {
			d := wire.Declaration{Fork: &wire.Fork{Run: "parent", Step: &tt.at}}
			same, err := shop.Open("same-"+tt.name, d)
			if err != nil {
				t.Fatal(err)
			}
			if err := same.To(t.Context(), 45, "test"); err != nil {
				t.Fatal(err)
			}
			sameRecords(t, parent.Dir, same.Dir, 45)
			hosttest.SameWeights(t, weights, weightsOf(t, same))
			d.Settings = map[string]any{"lr": 0.01}
			other, err := shop.Open("other-"+tt.name, d)
			if err != nil {
				t.Fatal(err)
			}
			if s := other.Status(); s.Step != tt.at || s.Settings["lr"] != 0.01 {
				t.Fatalf("fork is at step %d with lr %v, want %d with 0.01", s.Step, s.Settings["lr"], tt.at)
			}
			if err := other.To(t.Context(), 48, "test"); err != nil {
				t.Fatal(err)
			}
			if tt.at > 0 {
				sameRecords(t, parent.Dir, other.Dir, tt.at)
			}
			if err := parent.To(t.Context(), 48, "test"); err != nil {
				t.Fatal(err)
			}
			if a, b := hosttest.Lines(t, parent.Dir, record.MetricsFile),
				hosttest.Lines(t, other.Dir, record.MetricsFile); tt.at+1 < len(a) && a[tt.at+1] == b[tt.at+1] {
				t.Errorf("step %d does not show the new learning rate", tt.at+1)
			}
			if again, err := shop.Open("other-"+tt.name, d); err != nil || again != other {
				t.Errorf("the same fork declared again: %v", err)
			}
		})
	}
	at := 1000
	if _, err := shop.Open("late", wire.Declaration{Fork: &wire.Fork{Run: "parent", Step: &at}}); err == nil ||
		!strings.Contains(err.Error(), "is at step 48") {
		t.Errorf("fork beyond the parent: error %v", err)
	}
}

// TestNullRun: with learning rate 0 nothing is learnt, and the trace with recalibrated statistics stays what
// it was, so that no window opens; with running averages it rises in every epoch, only because they lag.
func TestNullRun(t *testing.T) {
	shop := newTestShop(t)
	for _, tt := range []struct {
		bn     string
		still  bool
		reason string
	}{
		{setting.BNRecalibrated, true, "the probe sees the weights, which do not move"},
		{setting.BNRunning, false, "the probe sees the averages, which do"},
	} {
		settings := hosttest.Small("inforeg")
		settings["lr"], settings["probe_bn"] = 0.0, tt.bn
		r := trained(t, shop, "null-"+tt.bn, settings, 8*hosttest.SmallEpoch)
		for _, m := range inforeg.ModalityNames(r.eng.Model) {
			var trace []float64
			for _, p := range onRecord(r).Probes {
				if p.Kind == inforeg.KindFisherEmp && p.Encoder == m {
					trace = append(trace, p.Value)
				}
			}
			if len(trace) != 9 {
				t.Fatalf("%d values of the trace, want one at the start and one for each of 8 epochs", len(trace))
			}
			for i, v := range trace[1:] {
				if before := trace[i]; tt.still && v != before || !tt.still && v <= before {
					t.Errorf("%s, %s: trace %v\nreason: %s", tt.bn, m, trace, tt.reason)
					break
				}
			}
		}
		for _, line := range hosttest.Lines(t, r.Dir, record.MetricsFile) {
			if tt.still && (!strings.Contains(line, `"on.audio":0,`) || !strings.Contains(line, `"on.visual":0,`)) {
				t.Errorf("the window opened: %s", line)
			}
		}
	}
}

// TestRegulateOff: with the penalty off InfoReg is Joint, bit for bit.
func TestRegulateOff(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Small("inforeg")
	settings["regulate"] = false
	off := trained(t, shop, "off", settings, 4*hosttest.SmallEpoch)
	joint := trained(t, shop, "joint", hosttest.Small("joint"), 4*hosttest.SmallEpoch)
	a, b := seriesOf(off, "loss"), seriesOf(joint, "loss")
	// The graphs differ by a term times 0, so that sums may be taken in another order.
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-4*max(1, b[i]) {
			t.Fatalf("step %d: loss %v, of joint %v", i, a[i], b[i])
		}
	}
	on := hosttest.Small("inforeg")
	on["window"], on["first_epoch"] = "all", 1.0
	regulated := trained(t, shop, "on", on, 4*hosttest.SmallEpoch)
	if slices.Max(seriesOf(regulated, "penalty.audio")) == 0 && slices.Max(seriesOf(regulated, "penalty.visual")) == 0 {
		t.Error("with the window open in all epochs there was no penalty")
	}
}

// TestDiverges: a learning rate that makes numbers overflow stops the run before the bad step; with a smaller
// one it goes on.
func TestDiverges(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "wild", hosttest.Small("joint"), 10)
	if err := r.Set(map[string]any{"lr": 1e2, "momentum": 0.0, "weight_decay": 10.0}); err != nil {
		t.Fatal(err)
	}
	err := r.To(t.Context(), 200, "test")
	var p *wire.Problem
	if !errors.As(err, &p) || !strings.Contains(p.Message, "was not taken") ||
		!strings.Contains(p.Message, "NaN or Inf") || p.Hint == "" {
		t.Fatalf("error %v, want one that names the step and the number", err)
	}
	s := r.Status()
	if s.State != wire.Stopped || s.Problem == nil || s.Step >= 200 {
		t.Errorf("status %s at step %d, want stopped before 200", s.State, s.Step)
	}
	for _, v := range seriesOf(r, "loss") {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatal("a loss on record is not finite")
		}
	}
	for _, w := range weightsOf(t, r) {
		for _, v := range w.Values {
			if math.IsNaN(float64(v)) {
				t.Fatalf("%s holds NaN", w.Name)
			}
		}
	}
	at := 9
	back, err := shop.Open("tame", wire.Declaration{Fork: &wire.Fork{Run: "wild", Step: &at}})
	if err != nil {
		t.Fatal(err)
	}
	if err := back.To(t.Context(), 20, "test"); err != nil {
		t.Errorf("a fork before the change: %v", err)
	}
}

// TestDiskFull: a limit on the size of files stands for a disk that is full. The run stops with a line and a
// hint, and goes on bit for bit once there is room.
func TestDiskFull(t *testing.T) {
	shop := newTestShop(t)
	whole := trained(t, shop, "whole", hosttest.Small("joint"), 80)
	r := trained(t, shop, "full", hosttest.Small("joint"), 20)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	tight := old
	tight.Cur = 6000 // more than the records have by now, less than a snapshot
	ignoreFileSize(t)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &tight); err != nil {
		t.Skipf("the size of files cannot be limited: %v", err)
	}
	err := r.To(t.Context(), 80, "test")
	if restore := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); restore != nil {
		t.Fatal(restore)
	}
	var p *wire.Problem
	if !errors.As(err, &p) || !strings.Contains(p.Hint, "free some space") {
		t.Fatalf("error %v, want one with a hint to free space", err)
	}
	if s := r.Status(); s.State != wire.Stopped || s.Step >= 80 || s.Step < 20 {
		t.Errorf("status %s at step %d", s.State, s.Step)
	}
	if err := r.To(t.Context(), 80, "test"); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	sameRecords(t, whole.Dir, r.Dir, 80)
	hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, r))
}

// TestBrokenFolder damages what a kill cannot: the newest snapshot, the end of a record, the manifest.
func TestBrokenFolder(t *testing.T) {
	shop := newTestShop(t)
	whole := trained(t, shop, "whole", hosttest.Small("inforeg"), 100)
	settings := hosttest.Small("inforeg")
	reopen := func(t *testing.T, spoil func(dir string)) (*Run, error) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "r")
		r, err := shop.OpenDir(dir, settings)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.To(t.Context(), 100, "test"); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		delete(shop.runs, dir)
		spoil(dir)
		return shop.OpenDir(dir, settings)
	}
	append1 := func(path, text string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		spoil  func(dir string)
		reason string
	}{
		{"snapshot cut", func(dir string) {
			steps := record.ListSnapshots(dir)
			for _, s := range steps[1:] {
				if err := os.Truncate(record.SnapshotPath(dir, s), 100); err != nil {
					t.Fatal(err)
				}
			}
		}, "an older snapshot leads there as well"},
		{"no snapshot", func(dir string) {
			if err := os.RemoveAll(filepath.Join(dir, record.SnapshotsDir)); err != nil {
				t.Fatal(err)
			}
		}, "the seed leads there as well"},
		{
			"torn line", func(dir string) { append1(filepath.Join(dir, record.MetricsFile), `{"step":100,"ep`) },
			"the torn line is cut",
		},
		{
			"zeros at the end",
			func(dir string) { append1(filepath.Join(dir, record.MetricsFile), strings.Repeat("\x00", 512)) },
			"a power loss leaves them; they are cut",
		},
		{"foreign lines", func(dir string) {
			if err := os.WriteFile(
				filepath.Join(dir, record.MetricsFile), []byte("{\"step\":5}\n"), 0o644,
			); err != nil {
				t.Fatal(err)
			}
		}, "the lines that are gone are computed again"},
		{
			"torn probe", func(dir string) { append1(filepath.Join(dir, record.ProbesFile), `{"step":100`) },
			"the torn line is cut",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := reopen(t, tt.spoil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
				delete(shop.runs, r.Dir)
			}()
			if err := r.To(t.Context(), 103, "test"); err != nil {
				t.Fatalf("%v\nreason: %s", err, tt.reason)
			}
			if err := whole.To(t.Context(), 103, "test"); err != nil {
				t.Fatal(err)
			}
			sameRecords(t, whole.Dir, r.Dir, 103)
			hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, r))
		})
	}
	for _, tt := range []struct {
		name, file, text, want string
	}{
		{"newer schema", record.ManifestFile, `{"schema": 99}`, "schema 99"},
		{"damaged manifest", record.ManifestFile, `{"schema": `, "manifest.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := reopen(t, func(dir string) {
				if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.text), 0o644); err != nil {
					t.Fatal(err)
				}
			})
			var p *wire.Problem
			if !errors.As(err, &p) || !strings.Contains(p.Message, tt.want) || p.Hint == "" {
				t.Errorf("error %v, want one with %q and a hint", err, tt.want)
			}
		})
	}
}

// TestReopen: at step 2,000 at most 50 steps are computed again, by a fork at any past step as well; where snapshots
// may not take much space they are few, and every step can still be forked.
func TestReopen(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Small("joint")
	settings["probes"] = "none"
	r := trained(t, shop, "long", settings, 2000)
	want := weightsOf(t, r)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	delete(shop.runs, r.Dir)
	again, err := shop.Open("long", wire.Declaration{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	hosttest.SameWeights(t, want, weightsOf(t, again))
	if again.recomputed > 50 {
		t.Errorf("%d steps computed again, want at most 50", again.recomputed)
	}
	t.Logf("%d steps computed again, %d snapshots", again.recomputed, len(record.ListSnapshots(again.Dir)))
	forks := func(name string, most int) {
		at := 777
		f, err := shop.Open(name, wire.Declaration{Fork: &wire.Fork{Run: "long", Step: &at}})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.To(t.Context(), 790, "test"); err != nil {
			t.Fatal(err)
		}
		if f.recomputed > most {
			t.Errorf("%s: %d steps computed again, want at most %d", name, f.recomputed, most)
		}
		a, b := hosttest.Lines(t, again.Dir, record.MetricsFile)[:790], hosttest.Lines(t, f.Dir, record.MetricsFile)
		if !slices.Equal(a, b) {
			t.Errorf("%s: the fork at a past step differs from its parent", name)
		}
	}
	forks("past", 50)
	size := int64(0)
	if st, err := os.Stat(record.SnapshotPath(again.Dir, record.ListSnapshots(again.Dir)[1])); err == nil {
		size = st.Size()
	}
	if err := record.ThinSnapshots(again.Dir, 40*size); err != nil {
		t.Fatal(err)
	}
	if n := len(record.ListSnapshots(again.Dir)); n > 40 || n < 20 {
		t.Errorf("%d snapshots where 40 find room", n)
	}
	forks("thinned", 777)
}

// TestOlderManifest: a run that lacks settings of a later version opens under their defaults.
func TestOlderManifest(t *testing.T) {
	shop := newTestShop(t)
	old := trained(t, shop, "old", hosttest.Small("inforeg"), 3)
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(old.Dir)); err != nil {
		t.Fatal(err)
	}
	man, err := record.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"last_epoch", "smooth", "window_source", "unimodal", "open_at_start"} {
		delete(man.Settings, name)
	}
	if err := man.Write(dir); err != nil {
		t.Fatal(err)
	}
	r, err := shop.OpenDir(dir, hosttest.Small("inforeg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.To(t.Context(), 2*hosttest.SmallEpoch+1, "test"); err != nil {
		t.Error(err)
	}
}
