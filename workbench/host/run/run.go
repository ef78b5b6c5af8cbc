package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Run is one training run and its folder.
//
// When it is opened its records are read, and no state: showing a run, or one that has reached its target, needs none.
// The first that needs the state loads it. From then on the state is of the step that is on record, but for two times:
// while steps are computed again at is behind, and where a step's measurements could not be put on record the step is
// unfinished, its line is staged, and nothing goes on before that is done.
type Run struct {
	Name string // in its project; of a folder elsewhere, the folder's
	Dir  string // by which its shop knows it

	shop     *Shop    // whose lock is never taken with the run's held
	lock     *os.File // of the folder: no other process opens it meanwhile
	man      *record.Manifest
	base     setting.Values    // at step 0
	code     map[string]string // of what a cell defines and the run uses, by wire.Definition
	set      data.Dataset      // shared with other runs, and read only
	eng      *engine.Engine    // likewise shared with runs of the same graphs
	perEpoch int               // steps in an epoch
	clock    inforeg.Clock
	kShare   float64 // length of an interval of the window test over that which k is for

	// turn has one place: whoever puts something into it holds the turn until they take it out. It is no mutex, for one
	// cannot stop waiting for a mutex when a context ends.
	turn chan struct{}
	back chan struct{} // likewise of one place: for going back in a fork, which uses one folder
	mu   sync.Mutex    // guards all below; training holds it for one step at a time

	rec      *record.Records // open journals, and what is kept of them at hand
	mend     *mending        // while lost lines are computed again
	hopeless bool            // whether lines are lost that cannot be
	strict   bool            // whether steps are compared with their records even where an event says that they differ

	loaded bool // whether st holds the state of step at
	st     engine.State
	at     int          // steps that st has taken; behind recorded() during a replay
	origin record.Start // where the last replay began, for goOn to find an older start
	// what the method decided last; never changed in place, since a snapshot may be writing it
	controls map[string]float64
	released map[string]inforeg.Released // by modality, added up since the interval began
	ring     map[string][][]float32      // by modality: the last batch gradients, oldest first
	last     engine.Outcome              // of the last step that was taken or read from a stop
	begun    []*tensors.Tensor           // trainable variables at step 0; nil until something asks for them
	order    []int                       // permutation of the training split in epoch orderOf
	orderOf  int                         // -1 before the first
	ahead    stream.Ahead                // batches of the training split that are read ahead

	during     []wire.Record // what the last step measured, until it is on record
	unfinished bool          // whether the records of the last step are incomplete
	saved      int           // step of the last snapshot that was read, or begun
	sinceSave  time.Duration // training time since
	saveCost   time.Duration // spent on snapshots
	trainCost  time.Duration // spent on steps
	saving     chan error    // of the snapshot being written, with a place for its answer; nil when none
	recomputed int           // steps of the last replay
	changed    []string      // whose code was found changed when the state was loaded

	// published is where the run is, for whoever asks without the lock: a new value each time, and never changed.
	published atomic.Pointer[wire.Status]
	watchers  watchers // with a lock of their own
}

// newRun prepares what create and open have in common, and opens the run's records. The folder is locked by it, before
// anything in it is changed. Called with shop.mu held, so that one process does not open a folder twice.
func (shop *Shop) newRun(name, dir string, man *record.Manifest) (r *Run, err error) {
	r = &Run{
		Name: name, Dir: dir, shop: shop, man: man, base: man.Settings,
		turn: make(chan struct{}, 1), back: make(chan struct{}, 1), orderOf: -1,
	}
	lock, err := record.LockDir(dir)
	if errors.Is(err, whole.ErrNoLocks) && shop.Claimed {
		lock, err = record.OpenLock(dir)
	}
	if err != nil {
		return nil, record.FolderProblem(err)
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
	if r.set, err = shop.library.Open(r.base); err != nil {
		return nil, err
	}
	desc := r.set.Describe()
	// Steps that are computed again would be other steps on other samples. The hash is over the names and labels of all
	// samples of all splits, before any label is shuffled.
	if man.Data.Provenance.SplitHash != "" && man.Data.Provenance.SplitHash != desc.Provenance.SplitHash {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("run %s was trained on other samples of %s than are there now", name, desc.Name),
			Hint:    "bring the old files back, or use another run name",
		}
	}
	if on, _ := r.base["shuffle_labels"].(bool); on {
		r.set = catalog.Shuffle(r.set, r.base.Seed())
	}
	model, err := setting.BuildModel(r.base, desc)
	if err != nil {
		return nil, err
	}
	backend, err := shop.Backend()
	if err == nil {
		backend, err = backend.As(man.Backend, "run "+name)
	}
	if err != nil {
		return nil, err
	}
	r.eng = shop.engines.Find(backend, model, m, r.base)
	if r.perEpoch, err = setting.StepsPerEpoch(r.base, r.set); err != nil {
		return nil, err
	}
	r.clock, r.kShare = r.base.Clock(r.perEpoch)
	for _, sub := range []string{record.SnapshotsDir, record.FiguresDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil { // less what the umask takes
			return nil, record.FolderProblem(err)
		}
	}
	return r, r.openRecords()
}

// recorded is how many steps are on record: where the run is. Within a step it counts the one whose line is staged.
func (r *Run) recorded() int { return r.rec.Metrics.Len() }

// settingsAt are the settings under which the step after so many is taken.
func (r *Run) settingsAt(step int) setting.Values { return setting.At(r.base, r.rec.Changes, step) }

// change puts an event on record and on disk, with the lock held.
func (r *Run) change(c wire.Change) error { return r.rec.Change(c) }

// spend begins a part of the time that the shop keeps account of, see [Shop.KeepTime].
func (r *Run) spend(part string) (end func()) { return r.shop.engines.Timing.Begin(part) }

// advance takes the step after r.at and puts it on record, or checks it against the record when it is there already.
// Until its line is staged an error leaves the run before the step, with the weights that it had. After that the step
// is taken: an error leaves it unfinished, and load completes it before anything else is done. Called with r.mu held.
func (r *Run) advance(ctx context.Context) error {
	began := time.Now()
	defer r.spend("host beside the step")()
	settings := r.settingsAt(r.at)
	epoch, offset := r.at/r.perEpoch, r.at%r.perEpoch
	decided := r.spend("deciding")
	b, err := r.begin(ctx, epoch, offset, settings)
	decided()
	if err != nil {
		return err
	}
	defer func() { b.st.Drop(r.st) }() // of the state before this step, or of the one after it, what is not shared
	// So that a rise in the first epoch can be seen; no window test reads it. By the settings of the first step, as
	// there is none before.
	if r.at == 0 {
		if err := r.measureDue(settings, true); err != nil {
			return err
		}
	}
	batch, err := r.batch(r.at)
	if err != nil {
		return err
	}
	if err := probe.CheckLabels(batch, r.eng.Model.Classes); err != nil {
		return err
	}
	measures := probe.Measures(settings, r.clock, r.at)
	chances, err := probe.Chances(r.base, measures, r.at)
	if err != nil {
		return err
	}
	stepped := r.spend("steps")
	next, o, err := r.eng.Step(b.st, engine.StepInput{
		Batch: batch, Controls: r.eng.ControlVector(settings, b.controls, epoch), Measures: measures, Chances: chances,
		Key: r.key(),
	})
	stepped()
	if err != nil {
		return err
	}
	if bad := r.eng.FirstBad(o); bad != "" {
		next.Drop(b.st) // what the step made, and not what it shares with the state that it was taken from
		return r.diverged(bad)
	}
	line := r.metricsLine(epoch, o.Scalars)
	if r.at < r.recorded() {
		err = r.compare(line)
	} else if err = r.rec.Metrics.Stage(record.Line{Step: r.at, Text: line}); err != nil {
		// Staged lines are committed with what the step measured: both are on record, or neither is.
		err = record.DiskProblem(err)
	} else {
		err = r.rec.NoteStep(r.at, line)
	}
	if err != nil {
		next.Drop(b.st)
		return err
	}
	// what the step measured is of the weights before it: of r.at steps, which are counted below
	r.during = r.moment(settings).InStep(measures, o.Measured)
	r.st.Drop(next)
	r.st, r.last, r.controls, r.released = next, o, b.controls, b.released
	r.at++
	for _, m := range r.eng.Model.Modalities {
		acc := r.released[m.Name]
		acc.Add(r.eng.Trainable, models.EncoderPrefix(m.Name), o.GradSquares)
		r.released[m.Name] = acc
		// the slice moves on over its array; of gradients that leave it nothing is kept once append makes a new one
		ring := append(r.ring[m.Name], o.Sketches[m.Name])
		r.ring[m.Name] = ring[max(0, len(ring)-record.CosineBatches):]
	}
	if err := r.afterStep(settings); err != nil {
		return err
	}
	// Reading the batch and measuring count as training. A snapshot does not: its cost is what is compared with this.
	took := time.Since(began)
	r.trainCost += took
	r.sinceSave += took
	return r.save(false)
}

// indices are the positions in the training split of a batch. The order is new in every epoch and depends on the seed
// and the epoch alone. It is drawn once for an epoch and kept. The samples that fill no whole batch are left out,
// others in each epoch.
func (r *Run) indices(epoch, offset int) []int {
	if r.orderOf != epoch {
		r.order = rand.New(rand.NewPCG(uint64(r.base.Seed()), uint64(epoch)+1)).Perm(r.set.Len(data.Train))
		r.orderOf = epoch
	}
	b := r.base.Batch()
	return r.order[offset*b:][:b]
}

// batch is what a step trains on: which samples, and how they are augmented, depends on the seed and the step alone.
// The batches after it are read ahead. Positions are taken here, with the lock held; the function that reads runs in
// another goroutine and touches nothing of the run but its set.
func (r *Run) batch(step int) (*data.Batch, error) {
	defer r.spend("reading")()
	return r.ahead.Take(step, r.perEpoch*r.settingsAt(step).Epochs(), func(step int) func() (*data.Batch, error) {
		indices := slices.Clone(r.indices(step/r.perEpoch, step%r.perEpoch))
		draw := drawOf(uint64(r.base.Seed()), step)
		return func() (*data.Batch, error) { return r.set.Read(data.Train, indices, draw) }
	})
}

// drawOf keys the augmentation of a step's batch. It is never 0, which would mean none. A seed below 2^32 and a step
// have half of the bits each; the upper bits of a larger seed, up to 2^52, are folded over both.
func drawOf(seed uint64, step int) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio, which spreads the few bits over all
	return max(1, (seed<<32|uint64(step+1))^(seed>>32)*odd)
}

// key is what a method's noise in a step is drawn from: the state of a random generator, which the seed and the step
// alone decide, so that the step draws the same when it is computed again.
func (r *Run) key() [3]uint64 { return [3]uint64{uint64(r.base.Seed()), uint64(r.at) + 1, 0} }

// metricsLine is the step's line of metrics.jsonl. Numbers are written with the digits of float32, the fewest that read
// back as the same number: two lines are equal if and only if all numbers are, to the last bit. The line is put
// together by hand, since a map is written in alphabetical order.
func (r *Run) metricsLine(epoch int, scalars []float32) []byte {
	line := fmt.Appendf(nil, `{"step":%d,"epoch":%d`, r.at, epoch)
	for i, name := range r.eng.Scalars {
		value, err := json.Marshal(scalars[i])
		if err != nil {
			panic(err) // firstBad has seen that it is finite
		}
		line = fmt.Appendf(line, ",%q:%s", name, value)
	}
	return append(line, '}')
}

// diverged reports a step that would have gone bad. It was not taken: the run stays before it. Tried again and again,
// it makes one event.
func (r *Run) diverged(what string) error {
	if n := len(r.rec.Changes); n == 0 || r.rec.Changes[n-1].Event != wire.EventDiverged ||
		r.rec.Changes[n-1].Step != r.at {
		if err := r.change(
			wire.Change{Step: r.at, Event: wire.EventDiverged, Text: what + " is not finite"},
		); err != nil {
			return err
		}
	}
	return &wire.Problem{
		Message: fmt.Sprintf("step %d was not taken: %s would be NaN or Inf", r.at, what),
		Hint: "the run stands before it: fork it at an earlier step with a smaller learning rate, in a notebook " +
			"with Fork, else with primewindow run -fork DIR -at STEP -set lr=VALUE",
	}
}

const (
	// Snapshots are record.SnapshotSteps apart, or fewer where steps are slow, so that less has to be computed again.
	// Then the share bounds them: what counts is the copying of the state, for which training waits.
	snapshotSeconds = 30   // of training between snapshots, when steps are slow
	snapshotShare   = 0.02 // of training time spent on snapshots, at most
)

// save writes a snapshot when one is due, beside the training. With now one is due at once, unless the file is there.
// Training waits while the state is copied, and first for the snapshot before where that is still being written.
//
// An error of writing comes back at a later call, or from saveDone. No snapshot is made while lost lines are computed
// again, nor while steps are compared with their records, since neither goes beyond what is on record.
func (r *Run) save(now bool) error {
	select {
	// without a snapshot under way the channel is nil, and default is taken
	case err := <-r.saving:
		r.saving = nil
		if err != nil {
			if steps := record.ListSnapshots(r.Dir); len(steps) > 0 {
				r.saved = steps[len(steps)-1] // so that the next one is due at once
			}
			return err
		}
	default:
	}
	far := r.at-r.saved >= record.SnapshotSteps
	slow := r.sinceSave >= snapshotSeconds*time.Second && float64(r.saveCost) <= snapshotShare*float64(r.trainCost)
	if r.mend != nil || r.strict || !now && !far && !slow {
		return nil
	}
	// a replay passes steps whose snapshots are there: they hold the same state
	if record.Exists(record.SnapshotPath(r.Dir, r.at)) {
		r.saved = r.at
		return nil
	}
	if err := r.saveDone(); err != nil {
		return err
	}
	// the state and the header are copied here: what is written later is of this step, whatever training does then
	began := time.Now()
	defer r.spend("snapshots")()
	list, err := r.eng.Collect(r.st)
	if err != nil {
		return err
	}
	h := r.header()
	r.saved, r.sinceSave = r.at, 0
	r.saveCost += time.Since(began)
	limit := int64(r.settingsAt(r.at).Number("snapshot_gib") * (1 << 30))
	saving := make(chan error, 1)
	r.saving = saving
	go func() {
		// The records first: a snapshot of a step that a power loss takes from them would be of no use.
		if err := r.rec.Sync(); err != nil {
			saving <- err
			return
		}
		if err := record.WriteSnapshot(r.Dir, h, list); err != nil {
			saving <- err
			return
		}
		saving <- record.ThinSnapshots(r.Dir, limit)
	}()
	return nil
}

// header is what a snapshot of the present state says beside its tensors. Released is cloned, since a step adds to it;
// controls and code are maps that nobody changes once they are set.
func (r *Run) header() record.Header {
	return record.Header{
		Run: r.man.ID, Version: record.SnapshotVersion, Step: r.at, Epoch: r.at / r.perEpoch,
		Offset: r.at % r.perEpoch, Seed: r.base.Seed(),
		Controls: r.controls, Released: maps.Clone(r.released), Code: r.code,
	}
}

// saveDone waits for the snapshot that is being written. Whoever replaces, links or closes the files calls it before.
func (r *Run) saveDone() error {
	if r.saving == nil {
		return nil
	}
	err := <-r.saving
	r.saving = nil
	return err
}

// Close ends the use of the run. What it recorded stays; training must have ended. What was recorded since the last
// step is tied to it, see [record.Records.Tie]. The folder's lock is let go last, when nothing here writes to it
// any more.
func (r *Run) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := errors.Join(r.saveDone(), r.rec.Tie(), r.rec.Sync(), r.rec.Close())
	r.st.Drop(engine.State{})
	engine.Free(r.begun...)
	r.begun = nil
	r.loaded = false
	return errors.Join(err, r.lock.Close())
}
