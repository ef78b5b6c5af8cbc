package run

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// changing plays a method that a cell defines: its code is whatever a test says at the moment.
type changing struct{ inforeg.Plain }

// changingNow is the code of changing, and how wide the encoder of these tests is.
var changingNow struct {
	factor float64 // on the audio encoder's gradient
	grown  bool    // whether it has a setting, a control, a state and looks at the epoch's first weights
	width  int
	panics bool // when an epoch starts
}

func init() {
	method.Register("test_changing", changing{})
	models.RegisterEncoder("test_flat", func(
		_ string, m data.Modality, _ func(name, def string) string,
	) (models.Encoder, error) {
		return flat{models.MLP{In: m.Size(), Widths: []int{changingNow.width}}}, nil
	})
}

// flat is an MLP on all numbers of an input.
type flat struct{ models.MLP }

func (e flat) Forward(c *models.Call, prefix string, x *Node) *Node {
	return e.MLP.Forward(c, prefix, Reshape(x, x.Shape().Dimensions[0], -1))
}

func (changing) Settings() []data.Setting {
	if !changingNow.grown {
		return nil
	}
	return []data.Setting{
		{Name: "share", Default: 0.25, Min: 0, Max: 1, Mutable: true, Doc: "of a test"},
		{Name: "form", Default: "plain", Doc: "of a test"},
	}
}

func (changing) Controls([]string) []string {
	if !changingNow.grown {
		return nil
	}
	return []string{"decided"}
}

func (changing) EpochStart(e inforeg.Epoch) (map[string]float64, error) {
	if changingNow.panics {
		panic("out of range")
	}
	return map[string]float64{"decided": float64(10 + e.Index)}, nil
}

func (changing) State(*models.Multimodal) []inforeg.StateVariable {
	if !changingNow.grown {
		return nil
	}
	return []inforeg.StateVariable{{Name: "steps", Shape: []int{1}}}
}

func (changing) Start() bool { return changingNow.grown }

func (changing) Gradients(s *inforeg.Step) {
	for _, v := range inforeg.EncoderVariables(s.Model, "audio") {
		s.Grads[v.Name] = MulScalar(s.Grads[v.Name], changingNow.factor)
	}
	if !changingNow.grown {
		return
	}
	s.State["steps"] = AddScalar(s.State["steps"], 1)
	s.Record("steps", Reshape(s.State["steps"]))
	s.Record("decided", s.Control("decided"))
	s.Record("share", s.Control("share"))
	moved := s.Loss
	for i, v := range inforeg.EncoderVariables(s.Model, "audio") {
		if d := inforeg.SquaredNorm(Sub(s.Vars[v.Name], s.StartAt[v.Name])); i == 0 {
			moved = d
		} else {
			moved = Add(moved, d)
		}
	}
	s.Record("moved", moved)
	if s.Settings["form"] != "plain" {
		panic("no form")
	}
}

const changingMethod = "method test_changing"

// codeA and codeB are what two cells define.
var codeA, codeB = map[string]string{changingMethod: "aaaa"}, map[string]string{changingMethod: "bbbb"}

// atCode trains a new run up to a step under code A.
func atCode(t *testing.T, name string, steps int) (*Shop, *Run) {
	t.Helper()
	changingNow.factor, changingNow.grown, changingNow.width = 0.5, false, 5
	shop := newTestShop(t)
	shop.defines = codeA
	return shop, trained(t, shop, name, hosttest.Tiny("test_changing", nil), steps)
}

func codeEvents(r *Run) []wire.Change {
	var list []wire.Change
	for _, c := range r.rec.Changes {
		if c.Event == wire.EventCode {
			list = append(list, wire.Change{Step: c.Step, Name: c.Name, Old: c.Old, New: c.New})
		}
	}
	return list
}

func differs(r *Run) bool {
	return slices.ContainsFunc(r.rec.Changes, func(c wire.Change) bool { return c.Event == wire.EventDiffers })
}

// TestCodeChange: a run goes on at its step under other code; the change is an event; what was recorded stays.
func TestCodeChange(t *testing.T) {
	const at, steps = hosttest.SmallEpoch + 2, 3*hosttest.SmallEpoch + 2
	settings := hosttest.Tiny("test_changing", nil)
	shop, r := atCode(t, "r", steps)
	other := hosttest.Lines(t, r.Dir, record.MetricsFile) // had the code stayed
	r = trained(t, shop, "changed", settings, at)
	if diff := cmp.Diff(codeA, r.Status().Code); diff != "" || r.man.Versions[changingMethod] != "aaaa" {
		t.Errorf("code (-want +got)\n%s, manifest %v", diff, r.man.Versions)
	}
	before, err := os.ReadFile(filepath.Join(r.Dir, record.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	changingNow.factor = 0.25
	shop, r = reopened(t, shop, "changed", settings, codeB)
	if err := r.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	want := []wire.Change{{Step: at, Name: changingMethod, Old: "aaaa", New: "bbbb"}}
	if diff := cmp.Diff(want, codeEvents(r)); diff != "" || differs(r) || r.recomputed != 0 {
		t.Errorf(
			"events (-want +got)\n%s%d steps computed again, differs %v, want none", diff, r.recomputed, differs(r),
		)
	}
	if m := draw.Marks([]record.Recorded{r.Recorded()}); len(m) != 1 || m[0].Text != changingMethod+" changed" {
		t.Errorf("marks %+v, want the change in every figure", m)
	}
	after, err := os.ReadFile(filepath.Join(r.Dir, record.MetricsFile))
	if err != nil || !strings.HasPrefix(string(after), string(before)) {
		t.Errorf("the records before the change are others now: %v", err)
	}
	got := hosttest.Lines(t, r.Dir, record.MetricsFile)
	if got[at] != other[at] || got[at+1] == other[at+1] {
		t.Errorf(
			"the step at the change sees the same weights, and the one after it others:\n%s\n%s\n%s\n%s", other[at],
			got[at], other[at+1], got[at+1],
		)
	}
	weights := weightsOf(t, r)
	shop, r = taken(t, shop, "changed", settings, codeB) // killed: nothing is computed again from before the change
	hosttest.SameWeights(t, weights, weightsOf(t, r))
	if diff := cmp.Diff(want, codeEvents(r)); diff != "" || differs(r) || r.recomputed != steps-at {
		t.Errorf("killed: events (-want +got)\n%s%d steps computed again, differs %v", diff, r.recomputed, differs(r))
	}

	fork := func(step int) (*Run, error) {
		return shop.Open("fork", wire.Declaration{Fork: &wire.Fork{Run: "changed", Step: &step}})
	}
	var p *wire.Problem
	if _, err := fork(at - 3); !errors.As(err, &p) || !strings.Contains(p.Message, "taken by other code") ||
		p.Hint == "" {
		t.Errorf("fork before the change: %v, want that its steps cannot be computed again", err)
	}
	f, err := fork(at + 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	hosttest.SameWeights(t, weights, weightsOf(t, f))
	if diff := cmp.Diff(want, codeEvents(f)); diff != "" || f.man.Versions[changingMethod] != "aaaa" {
		t.Errorf("the fork's code (-want +got)\n%smanifest %v", diff, f.man.Versions)
	}

	changingNow.factor = 0.5
	_, r = reopened(t, shop, "changed", settings, codeA)
	if err := r.To(t.Context(), steps+1, "test"); err != nil {
		t.Fatal(err)
	}
	if err := r.reachable(at - 3); err != nil {
		t.Errorf("the old code is back: %v", err)
	}
	if list := codeEvents(r); len(list) != 2 || list[1].New != "aaaa" || list[1].Step != steps {
		t.Errorf("events %v", list)
	}
}

// TestCodeChangeAfterKill: without a stop the last steps are computed again by the new code, once, and that is said.
func TestCodeChangeAfterKill(t *testing.T) {
	const at, steps = hosttest.SmallEpoch + 2, 3 * hosttest.SmallEpoch
	settings := hosttest.Tiny("test_changing", nil)
	shop, r := atCode(t, "r", at)
	before := hosttest.Lines(t, r.Dir, record.MetricsFile)
	changingNow.factor = 0.25
	shop, r = taken(t, shop, "r", settings, codeB)
	if err := r.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, c := range r.rec.Changes {
		if c.Event == wire.EventCode {
			text = c.Text
		}
	}
	if !strings.Contains(text, "8 steps before it had to be computed again") || !differs(r) {
		t.Errorf("event %q, differs %v", text, differs(r))
	}
	if diff := cmp.Diff(before, hosttest.Lines(t, r.Dir, record.MetricsFile)[:at]); diff != "" {
		t.Errorf("records (-before +after)\n%s", diff)
	}
	weights := weightsOf(t, r)
	_, r = taken(t, shop, "r", settings, codeB)
	hosttest.SameWeights(t, weights, weightsOf(t, r))
	if r.recomputed != steps-at {
		t.Errorf("%d steps computed again, want %d: those since the change", r.recomputed, steps-at)
	}
}

// TestCodeGrows: the new code may have settings, controls and a state that the old one had not, and look at the
// epoch's first weights; and lose them again.
func TestCodeGrows(t *testing.T) {
	const at = hosttest.SmallEpoch + 2
	settings := hosttest.Tiny("test_changing", nil)
	shop, _ := atCode(t, "r", at)
	changingNow.grown = true
	shop, r := reopened(t, shop, "r", settings, codeB)
	if err := r.To(t.Context(), at+2, "test"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[string]float64{
		{"steps": 1, "decided": 11, "share": 0.25, "moved": 0}, // decided in epoch 1 although that had begun
		{"steps": 2, "decided": 11, "share": 0.25},
	} {
		for name, v := range want {
			if got := onRecord(r).Metrics[at+i][name]; got != v {
				t.Errorf("%s after %d steps of the new code: %v, want %v", name, i, got, v)
			}
		}
	}
	if onRecord(r).Metrics[at+1]["moved"] == 0 {
		t.Error("the first weights move with the present ones")
	}
	if err := r.Set(map[string]any{"share": 0.75}); err != nil {
		t.Fatal(err)
	}
	if err := r.To(t.Context(), at+5, "test"); err != nil {
		t.Fatal(err)
	}
	var csv strings.Builder
	if err := r.Recorded().WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(csv.String(), "\n")
	if !strings.HasSuffix(rows[0], ",share,steps") || !strings.HasSuffix(rows[1], ",,") ||
		!strings.HasSuffix(rows[at+1], ",0.25,1") {
		t.Errorf("rows %q, %q, %q: want what the old code did not record left empty", rows[0], rows[1], rows[at+1])
	}
	weights := weightsOf(t, r)
	if got := onRecord(r).Metrics[at+4]; got["share"] != 0.75 || got["decided"] != 12 {
		t.Errorf("in the next epoch %v", got)
	}
	shop, r = taken(t, shop, "r", settings, codeB)
	hosttest.SameWeights(t, weights, weightsOf(t, r))
	changingNow.grown = false
	_, r = reopened(t, shop, "r", settings, codeA)
	if err := r.To(t.Context(), at+7, "test"); err != nil {
		t.Errorf("the old code again: %v", err)
	}
}

// TestCodeGrowsWithinInterval: code that looks back on an interval's first weights takes over at an epoch's start that
// lies within an interval: the weights there are the first that it knows of.
func TestCodeGrowsWithinInterval(t *testing.T) {
	const at = hosttest.SmallEpoch
	changingNow.factor, changingNow.grown, changingNow.width = 0.5, false, 5
	shop := newTestShop(t)
	shop.defines = codeA
	settings := hosttest.Tiny("test_changing", map[string]any{setting.WindowEvery: "2 epochs"})
	trained(t, shop, "r", settings, at)
	changingNow.grown = true
	shop, r := reopened(t, shop, "r", settings, codeB)
	if err := r.To(t.Context(), 2*at+1, "test"); err != nil {
		t.Fatal(err)
	}
	for i, m := range onRecord(r).Metrics[at:] {
		if first := i == 0 || i == at; (m["moved"] == 0) != first || m["decided"] != float64(11+i/at) {
			t.Errorf("after %d steps of the new code: %v, want weights that have moved but at first", i, m)
		}
	}
	weights := weightsOf(t, r)
	_, r = taken(t, shop, "r", settings, codeB) // computed again from the stop of the old code
	hosttest.SameWeights(t, weights, weightsOf(t, r))
	if differs(r) {
		t.Error("computed again, steps differ")
	}
}

// TestHookPanics: a hook that panics while the run is being trained stops the run, and not the host.
func TestHookPanics(t *testing.T) {
	_, r := atCode(t, "r", hosttest.SmallEpoch)
	changingNow.panics = true
	defer func() { changingNow.panics = false }()
	var p *wire.Problem
	if err := r.To(
		t.Context(), hosttest.SmallEpoch+1, "test",
	); !errors.As(err, &p) || p.Message != "method test_changing: EpochStart of epoch 1: out of range" || p.Hint == "" {
		t.Errorf("a hook that panics: %v", err)
	}
	changingNow.panics = false
	if err := r.To(t.Context(), hosttest.SmallEpoch+1, "test"); err != nil || r.Status().Step != hosttest.SmallEpoch+1 {
		t.Errorf("mended: %v at step %d", err, r.Status().Step)
	}
}

// TestCodeOfEncoder: other variables end a run's way, and take nothing from it.
func TestCodeOfEncoder(t *testing.T) {
	const what = "encoder test_flat"
	changingNow.width = 5
	shop := newTestShop(t)
	shop.defines = map[string]string{what: "aaaa"}
	settings := hosttest.Tiny("joint", map[string]any{"encoder.audio": "test_flat"})
	r := trained(t, shop, "r", settings, 3)
	if diff := cmp.Diff(shop.defines, r.Status().Code); diff != "" {
		t.Errorf("code (-want +got)\n%s", diff)
	}
	if _, err := r.Probe(t.Context(), inforeg.KindFisherEmp); err != nil {
		t.Errorf("the exact trace of a cell's encoder made of an MLP: %v", err)
	}
	changingNow.width = 6
	shop, r = reopened(t, shop, "r", settings, map[string]string{what: "bbbb"})
	var p *wire.Problem
	if err := r.To(t.Context(), 5, "test"); !errors.As(err, &p) ||
		!strings.Contains(p.Message, "run r cannot go on with the code of this cell") || p.Hint == "" {
		t.Errorf("other variables: %v", err)
	}
	changingNow.width = 5
	_, r = taken(t, shop, "r", settings, map[string]string{what: "aaaa"})
	if err := r.To(t.Context(), 5, "test"); err != nil || differs(r) || r.recomputed != 0 || len(codeEvents(r)) != 0 {
		t.Errorf("the old code again: %v, %d steps computed again, events %v", err, r.recomputed, r.rec.Changes)
	}
}

// TestLacking: what a cell defined and the host does not know is said, and what is on record can be read.
func TestLacking(t *testing.T) {
	shop, r := atCode(t, "r", 3)
	dir, settings := r.Dir, hosttest.Tiny("test_gone", map[string]any{"encoder.visual": "test_gone_too:3"})
	shop, _ = reopened(t, shop, "r", hosttest.Tiny("test_changing", nil), codeA)
	if err := shop.Close(); err != nil {
		t.Fatal(err)
	}
	var m record.Manifest
	text, err := os.ReadFile(filepath.Join(dir, record.ManifestFile))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	m.Settings["method"], m.Settings["encoder.visual"] = settings["method"], settings["encoder.visual"]
	m.Versions["method test_gone"], m.Versions["encoder test_gone_too"] = "aaaa", "bbbb"
	if err := errors.Join(err, m.Write(dir)); err != nil {
		t.Fatal(err)
	}
	const want = "run r: the host that runs now does not know what a cell defined: encoder test_gone_too, method " +
		"test_gone"
	var p *wire.Problem
	if _, err := shop.Open("r", wire.Declaration{Settings: settings}); !errors.As(err, &p) ||
		!strings.Contains(p.Message, want) || !strings.Contains(p.Hint, "host.InThisCell()") {
		t.Errorf("opened: %v", err)
	}
	if _, err := shop.Find("r"); !errors.As(err, &p) || !strings.Contains(p.Message, want) {
		t.Errorf("found: %v", err)
	}
	if _, err := shop.Open(
		"new", wire.Declaration{Settings: hosttest.Tiny("test_changin", nil)},
	); !errors.As(err, &p) || !strings.Contains(
		p.Message, `unknown method "test_changin"`,
	) || !strings.Contains(p.Hint, "test_changing") || strings.Contains(p.Hint, "host.InThisCell()") {
		t.Errorf("a mistake in the name: %v, hint %q", err, p.Hint)
	}
	rec, err := record.ReadRecorded(dir)
	if err != nil || rec.Status.Step != 3 || !slices.Equal(rec.Status.Modalities, []string{"audio", "visual"}) {
		t.Errorf("read from its folder: %+v, %v", rec.Status, err)
	}
	if list := shop.Statuses(); len(list) != 1 {
		t.Errorf("%d runs in the list, want it there", len(list))
	}
}
