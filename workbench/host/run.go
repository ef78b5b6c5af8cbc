package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
)

// Run is one training run and its folder.
type Run struct {
	Name string
	Dir  string

	shop     *Shop
	lock     *os.File
	man      *manifest
	base     Settings          // at step 0
	code     map[string]string // of what a cell defines and the run uses, by wire.Definition
	set      data.Dataset
	eng      *engine
	perEpoch int // steps in an epoch

	turn chan struct{} // held by whoever trains the run, for as long as they do
	mu   sync.Mutex    // held for one step at most; guards all below

	metrics, probes, events *journal
	series                  map[string][]float64 // metrics by name, in the order of steps; up to the last step that has one
	records                 []wire.Record
	seen                    map[string]bool // keys of records
	changes                 []wire.Change

	loaded   bool // whether st holds the state of step at
	st       state
	at       int // steps that st has taken; behind recorded() during a replay
	controls map[string]float64
	released map[string]inforeg.Released
	ring     map[string][][]float32 // by modality: the last batch gradients, oldest first
	last     outcome                // of the last step that was taken
	begun    []*tensors.Tensor      // trainable variables at step 0; nil until something asks for them
	order    []int                  // permutation of the training split in epoch orderOf
	orderOf  int
	ahead    ahead // batches of the training split

	during     []wire.Record // what the last step measured, until it is on record
	unfinished bool          // whether the records of the last step are incomplete
	saved      int           // step of the last snapshot
	sinceSave  time.Duration // training time since
	saveCost   time.Duration // spent on snapshots
	trainCost  time.Duration // spent on steps
	saving     chan error    // of the snapshot being written; nil when none
	recomputed int           // steps of the last replay
	changed    []string      // whose code was found changed when the state was loaded

	published atomic.Pointer[wire.Status]
	watchers  watchers
}

// newRun prepares what create and open have in common. The folder is locked by it.
func (shop *Shop) newRun(name, dir string, man *manifest) (r *Run, err error) {
	r = &Run{
		Name: name, Dir: dir, shop: shop, man: man, base: man.Settings,
		turn: make(chan struct{}, 1), series: map[string][]float64{}, seen: map[string]bool{}, orderOf: -1,
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	r.lock = lock
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	if err := lacking(name, man); err != nil {
		return nil, err
	}
	m, err := knownMethod(r.base)
	if err != nil {
		return nil, err
	}
	r.base, r.code = completed(r.base, m), shop.codeOf(r.base)
	if r.set, err = shop.library.open(r.base); err != nil {
		return nil, err
	}
	desc := r.set.Describe()
	if man.Data.Provenance.SplitHash != "" && man.Data.Provenance.SplitHash != desc.Provenance.SplitHash {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s was trained on other samples of %s than are there now", name, desc.Name),
			Hint:    "bring the old files back, or use another run name",
		}
	}
	if on, _ := r.base["shuffle_labels"].(bool); on {
		r.set = shuffle(r.set, r.base.whole("seed"))
	}
	model, err := buildModel(r.base, desc)
	if err != nil {
		return nil, err
	}
	backend, err := shop.Backend()
	if err != nil {
		return nil, err
	}
	r.eng = shop.engines.find(backend, model, m, r.base)
	if r.perEpoch, err = stepsPerEpoch(r.base, r.set); err != nil {
		return nil, err
	}
	for _, sub := range []string{snapshotsDir, figuresDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	return r, r.readRecords()
}

// stepsPerEpoch is how many whole batches the training split has.
func stepsPerEpoch(settings Settings, set data.Dataset) (int, error) {
	batch, n := settings.whole("batch"), set.Len(data.Train)
	if n < batch {
		return 0, &wire.Problem{
			Message: fmt.Sprintf("batch of %d: the training split of %s has %d samples", batch, set.Describe().Name, n),
			Hint:    "set a smaller batch",
		}
	}
	return n / batch, nil
}

// readRecords opens the three record files and reads what they hold.
func (r *Run) readRecords() (err error) {
	if r.metrics, err = openJournal(filepath.Join(r.Dir, metricsFile)); err != nil {
		return err
	}
	if r.probes, err = openJournal(filepath.Join(r.Dir, probesFile)); err != nil {
		return err
	}
	if r.events, err = openJournal(filepath.Join(r.Dir, eventsFile)); err != nil {
		return err
	}
	for i, line := range r.metrics.lines {
		var m map[string]float64
		if err := json.Unmarshal(line, &m); err != nil || m["step"] != float64(i) {
			return &wire.Problem{
				Message: fmt.Sprintf("%s line %d: %q is not the record of step %d", r.metrics.f.Name(), i+1, bytes.TrimSpace(line), i),
				Hint:    "cut the file before that line: the run goes on from there",
			}
		}
		r.note(i, m)
	}
	for i, line := range r.probes.lines {
		var rec wire.Record
		if err := json.Unmarshal(line, &rec); err != nil {
			return &wire.Problem{Message: fmt.Sprintf("%s line %d: %v", r.probes.f.Name(), i+1, err), Hint: "take that line out"}
		}
		r.records = append(r.records, rec)
		r.seen[recordKey(rec)] = true
	}
	for i, line := range r.events.lines {
		var c wire.Change
		if err := json.Unmarshal(line, &c); err != nil {
			return &wire.Problem{Message: fmt.Sprintf("%s line %d: %v", r.events.f.Name(), i+1, err), Hint: "take that line out"}
		}
		r.changes = append(r.changes, c)
	}
	r.publish(wire.Idle, 0, 0, "")
	return nil
}

// note keeps the numbers of the step after so many. One that other code did not record is not a number there.
func (r *Run) note(step int, m map[string]float64) {
	for name, v := range m {
		for len(r.series[name]) < step {
			r.series[name] = append(r.series[name], math.NaN())
		}
		r.series[name] = append(r.series[name], v)
	}
}

// recorded is how many steps are on record: where the run is.
func (r *Run) recorded() int { return len(r.metrics.lines) }

// settingsAt are the settings under which the step after so many is taken.
func (r *Run) settingsAt(step int) Settings { return settingsAt(r.base, r.changes, step) }

func settingsAt(base Settings, changes []wire.Change, step int) Settings {
	s := maps.Clone(base)
	for _, c := range changes {
		if c.Event == eventSet && c.Step <= step {
			s[c.Name] = c.New
		}
	}
	return s
}

// Kinds of events.
const (
	eventSet        = "set"
	eventFork       = "fork"
	eventReopened   = "reopened"
	eventDiverged   = "diverged"
	eventDiffers    = "replay_differs"
	eventUnreadable = "snapshot_unreadable"
	eventCode       = "code" // of what a cell defines: from this step on other code computes
)

func (r *Run) change(c wire.Change) error {
	c.Time = time.Now().UTC().Truncate(time.Second)
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := r.events.append(line); err != nil {
		return diskProblem(err)
	}
	r.changes = append(r.changes, c)
	return nil
}

func diskProblem(err error) error {
	return &wire.Problem{Message: fmt.Sprintf("record not written: %v", err), Hint: "free some space and go on: the run is at the last step on record"}
}

// load brings the state to the step that is on record: the nearest snapshot, then a replay.
func (r *Run) load(ctx context.Context) error {
	if r.loaded && r.unfinished { // measurements that could not be put on record
		if err := r.afterStep(r.settingsAt(r.at - 1)); err != nil {
			return err
		}
	}
	if r.loaded && r.at == r.recorded() {
		return nil
	}
	if !r.loaded {
		if err := r.restore(ctx); err != nil {
			return err
		}
		changed, err := r.noteCode()
		if err != nil {
			return err
		}
		r.loaded, r.changed = true, changed
		r.recomputed = r.recorded() - r.at
	}
	for r.at < r.recorded() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r.publish(wire.Replaying, r.recorded(), 0, "")
		if err := r.advance(ctx); err != nil {
			return err
		}
	}
	if len(r.changed) > 0 && r.recomputed > 0 { // steps of the old code, computed by the new one: no later start may lie before them
		return r.stopHere()
	}
	return nil
}

// restore reads the nearest snapshot that a replay may begin at, or draws the first weights. A snapshot that
// cannot be read is passed over: an older one leads to the same state.
func (r *Run) restore(ctx context.Context) error {
	r.ring = map[string][][]float32{}
	r.released = map[string]inforeg.Released{}
	for _, from := range starts(r.Dir, r.recorded()) {
		st, h, all, err := r.eng.readState(from.path(r.Dir), from.step, r.code)
		if err == nil {
			r.st, r.at, r.controls, r.released, r.saved = st, from.step, h.Controls, h.Released, from.step
			if h.Stop {
				r.ring, r.last = r.eng.gradientsIn(all)
			}
			return r.adopt(ctx, h)
		}
		if errors.Is(err, errOtherShape) && !maps.Equal(h.Code, r.code) {
			return r.otherVariables(err)
		}
		if err := r.change(wire.Change{Step: from.step, Event: eventUnreadable, Text: firstLine(err)}); err != nil {
			return err
		}
		if err := os.Remove(from.path(r.Dir)); err != nil {
			return diskProblem(err)
		}
	}
	r.st, r.at, r.saved = r.eng.initial(uint64(r.base.whole("seed"))), 0, 0
	if r.recorded() == 0 {
		return r.save(true)
	}
	return nil
}

// advance takes the step after r.at and puts it on record, or checks it against the record when it is there
// already.
func (r *Run) advance(ctx context.Context) error {
	began := time.Now()
	settings := r.settingsAt(r.at)
	epoch, offset := r.at/r.perEpoch, r.at%r.perEpoch
	if offset == 0 {
		if err := r.epochStart(ctx, epoch, settings); err != nil {
			return err
		}
	}
	if r.at == 0 { // so that a rise in the first epoch can be seen; no window test reads it
		if err := r.measureDue(settings, true); err != nil {
			return err
		}
	}
	batch, err := r.batch(r.at)
	if err != nil {
		return err
	}
	if err := checkLabels(batch, r.eng.model.Classes); err != nil {
		return err
	}
	measures := r.measures(settings, r.at)
	chances, err := r.chances(measures, r.at)
	if err != nil {
		return err
	}
	next, o, err := r.eng.step(r.st, stepInput{
		batch: batch, controls: r.eng.controlVector(settings, r.controls, epoch), measures: measures, chances: chances, key: r.key(),
	})
	if err != nil {
		return err
	}
	if bad := r.eng.firstBad(o); bad != "" {
		next.drop(r.st)
		return r.diverged(bad)
	}
	line := r.metricsLine(epoch, o.scalars)
	if r.at < r.recorded() {
		if err := r.compare(line); err != nil {
			return err
		}
	} else {
		if err := r.metrics.append(line); err != nil {
			next.drop(r.st)
			return diskProblem(err)
		}
		var values map[string]float64
		if err := json.Unmarshal(line, &values); err != nil { // as it will be read back, digit for digit
			return err
		}
		r.note(r.at, values)
	}
	r.during = r.stepRecords(measures, o.measured, r.eng.plain)
	r.st.drop(next)
	r.st, r.last = next, o
	r.at++
	for _, m := range r.eng.model.Modalities {
		acc := r.released[m.Name]
		acc.Add(r.eng.trainable, models.EncoderPrefix(m.Name), o.gradSquares)
		r.released[m.Name] = acc
		ring := append(r.ring[m.Name], o.sketches[m.Name])
		r.ring[m.Name] = ring[max(0, len(ring)-cosineBatches):]
	}
	if err := r.afterStep(settings); err != nil {
		return err
	}
	took := time.Since(began)
	r.trainCost += took
	r.sinceSave += took
	return r.save(false)
}

// traces collects, for the method, what was measured at the ends of the epochs so far.
func (r *Run) traces(epochs int) map[string]map[string][]float64 {
	all := map[string]map[string][]float64{}
	for _, rec := range r.records {
		kind := rec.Kind
		switch {
		case strings.HasSuffix(rec.Way, ofSteps):
			kind = traceOfSteps(rec)
		case !scheduled(rec, r.base, r.changes):
			continue
		}
		if rec.Step == 0 || rec.Step%r.perEpoch != 0 || rec.Step/r.perEpoch > epochs {
			continue
		}
		if all[kind] == nil {
			all[kind] = map[string][]float64{}
		}
		trace := all[kind][rec.Encoder]
		if trace == nil {
			trace = make([]float64, epochs)
			for i := range trace {
				trace[i] = math.NaN()
			}
			all[kind][rec.Encoder] = trace
		}
		trace[rec.Step/r.perEpoch-1] = rec.Value
	}
	return all
}

// indices are the positions in the training split of a batch. The order is new in every epoch and depends on
// the seed and the epoch alone.
func (r *Run) indices(epoch, offset int) []int {
	if r.orderOf != epoch {
		r.order = rand.New(rand.NewPCG(uint64(r.base.whole("seed")), uint64(epoch)+1)).Perm(r.set.Len(data.Train))
		r.orderOf = epoch
	}
	b := r.base.whole("batch")
	return r.order[offset*b:][:b]
}

// batch is what a step trains on: which samples, and how they are augmented, depends on the seed and the step alone.
func (r *Run) batch(step int) (*data.Batch, error) {
	return r.ahead.take(step, r.perEpoch*r.settingsAt(step).whole("epochs"), func(step int) func() (*data.Batch, error) {
		indices := slices.Clone(r.indices(step/r.perEpoch, step%r.perEpoch))
		draw := uint64(r.base.whole("seed"))<<32 | uint64(step+1)
		return func() (*data.Batch, error) { return r.set.Read(data.Train, indices, draw) }
	})
}

// key is what a method's noise in a step is drawn from.
func (r *Run) key() [3]uint64 { return [3]uint64{uint64(r.base.whole("seed")), uint64(r.at) + 1, 0} }

// metricsLine is the step's line of metrics.jsonl. Numbers are written with the digits of float32.
func (r *Run) metricsLine(epoch int, scalars []float32) []byte {
	line := fmt.Appendf(nil, `{"step":%d,"epoch":%d`, r.at, epoch)
	for i, name := range r.eng.scalars {
		value, err := json.Marshal(scalars[i])
		if err != nil {
			panic(err) // firstBad has seen that it is finite
		}
		line = fmt.Appendf(line, ",%q:%s", name, value)
	}
	return append(line, '}')
}

// compare checks a replayed step against its record. A difference is told once; the run then goes on from
// what was computed now.
func (r *Run) compare(line []byte) error {
	if bytes.Equal(line, r.metrics.lines[r.at]) {
		return nil
	}
	for _, c := range r.changes {
		if c.Event == eventDiffers {
			return nil
		}
	}
	return r.change(wire.Change{
		Step: r.at, Event: eventDiffers,
		Text: fmt.Sprintf("computed again, the step gives %s, on record is %s: another machine, backend or version computed it", line, r.metrics.lines[r.at]),
	})
}

// diverged reports a step that would have gone bad. It was not taken: the run stays before it.
func (r *Run) diverged(what string) error {
	if n := len(r.changes); n == 0 || r.changes[n-1].Event != eventDiverged || r.changes[n-1].Step != r.at {
		if err := r.change(wire.Change{Step: r.at, Event: eventDiverged, Text: what + " is not finite"}); err != nil {
			return err
		}
	}
	return &wire.Problem{
		Message: fmt.Sprintf("step %d was not taken: %s would be NaN or Inf", r.at, what),
		Hint:    "the run stands before it: fork it at an earlier step with a smaller learning rate, in a notebook with Fork, else with primewindow run -fork DIR -at STEP -set lr=VALUE",
	}
}

func checkLabels(b *data.Batch, classes int) error {
	for i, y := range b.Labels {
		if y < 0 || int(y) >= classes {
			return fmt.Errorf("label of training sample %d: got %d, want 0 to %d", b.Indices[i], y, classes-1)
		}
	}
	return nil
}

// save writes a snapshot when one is due, beside the training.
func (r *Run) save(now bool) error {
	select {
	case err := <-r.saving:
		r.saving = nil
		if err != nil {
			if steps := listSnapshots(r.Dir); len(steps) > 0 {
				r.saved = steps[len(steps)-1] // so that the next one is due at once
			}
			return err
		}
	default:
	}
	far := r.at-r.saved >= snapshotSteps
	slow := r.sinceSave >= snapshotSeconds*time.Second && float64(r.saveCost) <= snapshotShare*float64(r.trainCost)
	if !now && !far && !slow || exists(snapshotPath(r.Dir, r.at)) {
		return nil
	}
	if err := r.saveDone(); err != nil {
		return err
	}
	began := time.Now()
	list, err := r.eng.collect(r.st)
	if err != nil {
		return err
	}
	h := r.header()
	r.saved, r.sinceSave = r.at, 0
	r.saveCost += time.Since(began)
	limit := int64(r.settingsAt(r.at).number("snapshot_gib") * (1 << 30))
	saving := make(chan error, 1)
	r.saving = saving
	go func() {
		if err := r.syncRecords(); err != nil {
			saving <- err
			return
		}
		if err := writeSnapshot(r.Dir, h, list); err != nil {
			saving <- err
			return
		}
		saving <- thin(r.Dir, limit)
	}()
	return nil
}

// header is what a snapshot of the present state says beside its tensors.
func (r *Run) header() header {
	return header{
		Step: r.at, Epoch: r.at / r.perEpoch, Offset: r.at % r.perEpoch, Seed: r.base.whole("seed"),
		Controls: r.controls, Released: maps.Clone(r.released), Code: r.code,
	}
}

// syncRecords puts all records on disk.
func (r *Run) syncRecords() error {
	for _, j := range []*journal{r.metrics, r.probes, r.events} {
		if err := j.sync(); err != nil {
			return diskProblem(err)
		}
	}
	return nil
}

// saveDone waits for the snapshot that is being written.
func (r *Run) saveDone() error {
	if r.saving == nil {
		return nil
	}
	err := <-r.saving
	r.saving = nil
	return err
}

// Close ends the use of the run. What it recorded stays; training must have ended.
func (r *Run) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.saveDone()
	for _, j := range []*journal{r.metrics, r.probes, r.events} {
		err = errors.Join(err, j.sync(), j.close())
	}
	r.st.drop(state{})
	free(r.begun...)
	r.begun = nil
	r.loaded = false
	return errors.Join(err, r.lock.Close())
}

// sample positions of a probe: spread over the split, the same in every run on the same data.
func spread(n, want int) []int {
	list := rand.New(rand.NewPCG(7, uint64(n))).Perm(n)[:min(n, want)]
	slices.Sort(list)
	return list
}
