package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Kinds of a run's three journals. Lines of steps and of measurements follow from settings, seed and events, and are
// computed again. An event, such as a setting that was changed, follows from nothing, and is written twice.
var (
	MetricsKind = Options{Dense: true}
	ProbesKind  = Options{}
	EventsKind  = Options{Copy: true}
)

// Records are what a run has on record. The lines are on disk; at hand are where they are, the events, which are few,
// and what every step or epoch asks for, so that a step costs the same however many there were before. All is guarded
// by the run's lock.
type Records struct {
	dir      string
	base     setting.Values // at step 0
	perEpoch int            // steps in an epoch
	interval int            // steps from one window test to the next

	Metrics, Probes, Events *Journal             // one line for each step; any number for each step; what happened
	Changes                 []wire.Change        // all events, in the order of their file
	Index                   stepIndex            // of the lines of probes
	recent                  map[int]*StepRecords // of the steps that were asked for last
	// by step: lost ones that were measured again and are not on disk yet
	Filled map[int][]wire.Record
	traces map[string]map[string]*IntervalTrace // by kind and encoder
	latest latest
	Loss   float64 // of the last step
	// the step from which on measurements are gone, with their checksums; -1: none are
	Gap      int
	LostText string // what is lost, in words; empty where nothing is
}

// StepRecords are the measurements that belong to a step. Keys are those of List, by [Key].
type StepRecords struct {
	List []wire.Record
	Keys map[string]bool
}

// recentSteps is how many steps' measurements are kept at hand: a step adds to its own and to the one before. Of both
// the keys are asked for again and again, to tell what is there already.
const recentSteps = 4

// readEvents reads all events. They are written twice, so that one which is lost was changed by hand in both places.
func (rs *Records) readEvents() error {
	if lost := rs.Events.Lost(); len(lost) > 0 {
		return &wire.Problem{
			Message: fmt.Sprintf(
				"%s: %v, and its copy as well: what was set at that step is not known",
				filepath.Join(rs.dir, EventsFile), lost[0],
			),
			Hint: "put the line back into " + EventsFile + " and remove " + filepath.Base(
				SumsPath(EventsFile),
			) + ", or fork from another run",
		}
	}
	for i := range rs.Events.Len() {
		line, err := rs.Events.Line(i)
		if err != nil {
			return err
		}
		var c wire.Change
		if err := json.Unmarshal(line, &c); err != nil {
			return &wire.Problem{
				Message: fmt.Sprintf("%s line %d: %v", filepath.Join(rs.dir, EventsFile), i+1, err),
				Hint:    "take that line out, and remove " + filepath.Base(SumsPath(EventsFile)),
			}
		}
		if err := CheckChange(c, rs.base); err != nil {
			return &wire.Problem{
				Message: fmt.Sprintf("%s line %d: %v", filepath.Join(rs.dir, EventsFile), i+1, err), Hint: handHint,
			}
		}
		rs.Changes = append(rs.Changes, c)
	}
	return nil
}

const handHint = "the line was changed by hand: bring back the file that was written"

// CheckChange wants the value of a setting that an event has changed to be of the setting's type. A setting that this
// version does not know may have any value of a kind that settings have.
func CheckChange(c wire.Change, base setting.Values) error {
	switch like, known := base[c.Name]; {
	case c.Step < 0:
		return fmt.Errorf("step %d", c.Step)
	case c.Event == wire.EventSet && (!plain(c.New) || known && !sameType(c.New, like)):
		return fmt.Errorf("setting %s is %v", c.Name, c.New)
	}
	return nil
}

// readProbes notes where each measurement is, and reads those of the ends of epochs and intervals and of the last
// epoch. Only these are parsed: of all others their place is enough. The last epoch's are, whenever they were made,
// since the accuracies that a status shows need not be of an epoch's end.
func (rs *Records) readProbes() error {
	for i := range rs.Probes.Len() {
		step := rs.Probes.Step(i)
		rs.Index.add(step, i)
		if step%rs.perEpoch != 0 && step%rs.interval != 0 && step <= rs.Metrics.Len()-rs.perEpoch {
			continue
		}
		rec, ok, err := rs.Probe(i)
		if err != nil {
			return err
		}
		if ok {
			rs.note(rec)
		}
	}
	rs.LostText = ""
	if metrics, probes := rs.Lost(); len(metrics)+len(probes) > 0 {
		rs.LostText = damageText(metrics, probes)
	} else if rs.Gap >= 0 {
		rs.LostText = fmt.Sprintf(
			"measurements from step %d on are gone; training or measuring computes them again", rs.Gap,
		)
	}
	n := rs.Metrics.Len()
	if n == 0 {
		return nil
	}
	line, err := rs.Metrics.Line(n - 1)
	if err != nil || line == nil {
		return err
	}
	return rs.NoteStep(n-1, line)
}

// Reread is readProbes after lines have changed their places: what is at hand by step or by line is dropped and
// made anew.
func (rs *Records) Reread() error {
	rs.Index, rs.recent, rs.Filled = stepIndex{}, map[int]*StepRecords{}, nil
	rs.traces, rs.latest = map[string]map[string]*IntervalTrace{}, newLatest()
	return rs.readProbes()
}

// Accuracy is, by encoder, the one of the latest step on the validation split, by the head. The map is the records'
// own.
func (rs *Records) Accuracy() map[string]float64 { return rs.latest.values }

// NoteStep keeps what is told of the last step. At opening it also finds a file of an older version, without checksums,
// whose lines are not in the places of their steps.
func (rs *Records) NoteStep(step int, line []byte) error {
	var m map[string]float64
	if err := json.Unmarshal(line, &m); err != nil || m["step"] != float64(step) {
		return &wire.Problem{
			Message: fmt.Sprintf(
				"%s line %d: %q is not the record of step %d", filepath.Join(rs.dir, MetricsFile), step+1, line, step,
			),
			Hint: "cut the file before that line and remove " + filepath.Base(
				SumsPath(MetricsFile),
			) + ": the run goes on from there",
		}
	}
	rs.Loss = m["loss"]
	return nil
}

// Probe reads a measurement; false for one that is lost.
func (rs *Records) Probe(i int) (rec wire.Record, ok bool, err error) {
	line, err := rs.Probes.Line(i)
	if err != nil || line == nil {
		return rec, false, err
	}
	if err := json.Unmarshal(line, &rec); err != nil {
		return rec, false, &wire.Problem{
			Message: fmt.Sprintf("%s line %d: %v", filepath.Join(rs.dir, ProbesFile), i+1, err),
			Hint:    "take that line out, and remove " + filepath.Base(SumsPath(ProbesFile)),
		}
	}
	return rec, true, nil
}

// note keeps of a measurement what every epoch or status asks for. One that is put on record late, for a step before
// others, has its place in the trace.
func (rs *Records) note(rec wire.Record) {
	rs.latest.note(rec)
	kind, ok := traceKind(rec, rs.base, rs.Changes, rs.interval)
	if !ok {
		return
	}
	if rs.traces[kind] == nil {
		rs.traces[kind] = map[string]*IntervalTrace{}
	}
	if rs.traces[kind][rec.Encoder] == nil {
		rs.traces[kind][rec.Encoder] = &IntervalTrace{}
	}
	rs.traces[kind][rec.Encoder].Add(rec.Step/rs.interval, rec)
}

// traceKind is the name under which a window test finds a measurement at the end of an interval; false for all others.
// A mean of steps has a name of its own: a trace of exact values has the name of its kind, and the two are never mixed.
func traceKind(rec wire.Record, base setting.Values, changes []wire.Change, interval int) (kind string, ok bool) {
	switch {
	case rec.Step == 0 || rec.Step%interval != 0:
		return "", false
	case strings.HasSuffix(rec.Way, wire.OfSteps):
		return traceOfSteps(rec), true
	}
	return rec.Kind, Scheduled(rec, base, changes)
}

// IntervalTrace is a trace at the ends of the intervals of the window test, and the standard error of each rise of it.
// NaN stands for what was not measured. The error of a rise needs the samples' parts of two measurements, so that the
// latest is kept whole.
type IntervalTrace struct {
	Values, SE []float64   // by finished interval, with standard errors
	RiseErrors []float64   // by interval, of the rise before it
	last       wire.Record // the latest, with which the next one is paired
	At         int         // how many intervals were finished then
}

// Add notes a measurement when so many intervals are finished.
func (t *IntervalTrace) Add(at int, rec wire.Record) {
	for len(t.Values) < at {
		t.Values, t.SE = append(t.Values, math.NaN()), append(t.SE, math.NaN())
	}
	// the rise into an interval's value is read by the test of the interval after it, hence one place more
	for len(t.RiseErrors) <= at {
		t.RiseErrors = append(t.RiseErrors, math.NaN())
	}
	if t.Values[at-1] = rec.Value; rec.SE != nil {
		t.SE[at-1] = *rec.SE
	}
	// A rise is from one interval to the next. There is none over a gap, and none to the first value: what was measured
	// before the first step is in no trace.
	if at == t.At+1 && at > 1 {
		t.RiseErrors[at] = riseError(t.last, rec)
	}
	if at >= t.At {
		t.last, t.At = rec, at
	}
}

// riseError is the standard error of the rise from one measurement of a trace to the next: paired where both keep their
// samples' parts, else as if they were of different samples, which then says too much. NaN where none is known. Parts
// are paired by their place, as the samples of a probe are the same at each measurement.
func riseError(before, after wire.Record) float64 {
	switch {
	case len(before.Each) > 0 && len(after.Each) > 0:
		return inforeg.RiseError(Doubles(before.Each), Doubles(after.Each))
	case before.SE != nil && after.SE != nil:
		return inforeg.RiseErrorApart(before.Value, *before.SE, after.Value, *after.SE)
	}
	return math.NaN()
}

// Doubles are the same numbers.
func Doubles(list []float32) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = float64(v)
	}
	return out
}

// TracesUntil are, for a method, what was measured at the ends of the first intervals of the window test, and the
// standard errors of the rises before each; not a number where nothing was. The lists are copies, which a method may
// change. They end with the intervals that were finished then: in a replay later ones are on record already, and a
// decision must not see them.
func (rs *Records) TracesUntil(intervals int) (traces, riseErrors map[string]map[string][]float64) {
	traces, riseErrors = map[string]map[string][]float64{}, map[string]map[string][]float64{}
	filled := func(list []float64, n int) []float64 {
		list = slices.Clone(list[:min(len(list), n)])
		for len(list) < n {
			list = append(list, math.NaN())
		}
		return list
	}
	for kind, encoders := range rs.traces {
		for encoder, t := range encoders {
			trace := filled(t.Values, intervals)
			if !slices.ContainsFunc(trace, func(v float64) bool { return !math.IsNaN(v) }) {
				continue
			}
			if traces[kind] == nil {
				traces[kind], riseErrors[kind] = map[string][]float64{}, map[string][]float64{}
			}
			traces[kind][encoder], riseErrors[kind][encoder] = trace, filled(t.RiseErrors, intervals+1)
		}
	}
	return traces, riseErrors
}

// Of gives the measurements that belong to a step, in the order of the record. They are not the caller's to change.
func (rs *Records) Of(step int) (*StepRecords, error) {
	if have, ok := rs.recent[step]; ok {
		return have, nil
	}
	list, err := rs.Read(step)
	if err != nil {
		return nil, err
	}
	have := &StepRecords{List: list, Keys: map[string]bool{}}
	for _, rec := range list {
		have.Keys[Key(rec)] = true
	}
	// Training and replays go forward, so that the lowest step is the one that is done with.
	for len(rs.recent) >= recentSteps {
		delete(rs.recent, slices.Min(slices.Collect(maps.Keys(rs.recent))))
	}
	rs.recent[step] = have
	return have, nil
}

// Read is [Records.Of] from disk, and what was measured again in place of lost lines.
func (rs *Records) Read(step int) (list []wire.Record, err error) {
	for _, i := range rs.Index.Find(step) {
		rec, ok, err := rs.Probe(i)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, rec)
		}
	}
	return append(list, rs.Filled[step]...), nil
}

// Add puts measurements on record, all or none. The file comes first: what is at hand says only what is on record.
func (rs *Records) Add(list []wire.Record) error {
	lines := make([]Line, len(list))
	for i, rec := range list {
		text, err := json.Marshal(rec)
		if err != nil {
			return err
		}
		lines[i] = Line{Step: rec.Step, Text: text}
	}
	from := rs.Probes.Len()
	if err := rs.Probes.Append(lines...); err != nil {
		return DiskProblem(err)
	}
	for i, rec := range list {
		rs.Index.add(rec.Step, from+i)
		rs.Keep(rec)
	}
	return nil
}

// Keep notes a measurement that is on record now, or will be with the lost lines.
func (rs *Records) Keep(rec wire.Record) {
	rs.note(rec)
	if have, ok := rs.recent[rec.Step]; ok {
		have.List, have.Keys[Key(rec)] = append(have.List, rec), true
	}
}

// Change puts an event on record and on disk. It is synced before anything is done under it: a power loss must not
// leave steps of a setting whose event is gone.
func (rs *Records) Change(c wire.Change) error {
	c.Time = time.Now().UTC().Truncate(time.Second)
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := rs.Events.Append(Line{Step: c.Step, Text: line}); err != nil {
		return DiskProblem(err)
	}
	rs.Changes = append(rs.Changes, c) // it is in the file, whatever becomes of the rest
	if err := rs.Events.Sync(); err != nil {
		return DiskProblem(err)
	}
	return nil
}

// Sync puts all records on disk. It is called before a snapshot is written, which must not be ahead of the record, also
// from a goroutine beside the training: appending meanwhile does no harm.
func (rs *Records) Sync() error {
	for _, j := range []*Journal{rs.Metrics, rs.Probes, rs.Events} {
		if err := j.Sync(); err != nil {
			return DiskProblem(err)
		}
	}
	return nil
}

// Close closes the files. It does not sync them: whoever wants what was written on disk does so before.
func (rs *Records) Close() error {
	var err error
	for _, j := range []*Journal{rs.Metrics, rs.Probes, rs.Events} {
		if j != nil {
			err = errors.Join(err, j.Close())
		}
	}
	return err
}

// Hints for files that were removed, and for those that cannot be written.
const (
	GoneHint     = "the run's folder was taken away while it was in use: bring it back, or open the run anew"
	writableHint = "the folder and the files in it have to be writable: chmod -R u+w, or another place"
)

// notWritable reports an error of a place that cannot be written.
func notWritable(err error) bool {
	return errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EROFS)
}

// FolderProblem is an error met before anything is recorded: of a folder that cannot be written it says so.
func FolderProblem(err error) error {
	switch {
	case notWritable(err):
		return &wire.Problem{
			Message: err.Error(), Hint: writableHint + "; `primewindow show` reads it as it is", Cause: err,
		}
	case errors.Is(err, whole.ErrNoLocks):
		return &wire.Problem{
			Message: err.Error(),
			Hint: "two processes could not be kept apart there: take a folder on a local disk, or " +
				"`primewindow compare -executor local`, whose workers need no locks",
			Cause: err,
		}
	}
	return err
}

// DiskProblem is an error of the file system in words.
func DiskProblem(err error) error {
	hint := "free some space and go on: the run is at the last step on record"
	switch {
	case errors.Is(err, ErrGone):
		hint = GoneHint
	case notWritable(err):
		hint = writableHint
	}
	return &wire.Problem{Message: fmt.Sprintf("record not written: %v", err), Hint: hint, Cause: err}
}

// stepIndex finds the lines of a step. Steps come in order, but for those that were measured later. The former are two
// sorted lists with 4 bytes a line in each, in which a search halves; a map of lists would cost many times that. The
// latter are few, and in a map.
type stepIndex struct {
	steps, lines []int32 // in the order of both
	late         map[int32][]int32
}

// add counts a line, which comes behind all that were added before.
func (x *stepIndex) add(step, line int) {
	if n := len(x.steps); n > 0 && int32(step) < x.steps[n-1] {
		if x.late == nil {
			x.late = map[int32][]int32{}
		}
		x.late[int32(step)] = append(x.late[int32(step)], int32(line))
		return
	}
	x.steps, x.lines = append(x.steps, int32(step)), append(x.lines, int32(line))
}

// Find lists the lines of a step in the order of the file.
func (x *stepIndex) Find(step int) []int {
	var list []int
	at, _ := slices.BinarySearch(x.steps, int32(step))
	for ; at < len(x.steps) && x.steps[at] == int32(step); at++ {
		list = append(list, int(x.lines[at]))
	}
	// they were written after all of the step that came in order, so that the list is in the order of the file
	for _, line := range x.late[int32(step)] {
		list = append(list, int(line))
	}
	return list
}

// Lost lists the lines that are lost.
func (rs *Records) Lost() (metrics, probes []Lost) { return rs.Metrics.Lost(), rs.Probes.Lost() }

// Damaged reports whether something of the record is to be computed again.
func (rs *Records) Damaged() bool {
	return rs.Metrics.LostCount()+rs.Probes.LostCount() > 0 || rs.Gap >= 0
}
