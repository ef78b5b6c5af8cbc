package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// What a cell defines has a hash, and a run knows under which of them each of its steps was taken: its manifest has
// that of the first step, and an event, wire.EventCode, each later one. The code of older steps is not at hand: the
// state after them can only be read from a file, and not computed. Hence a host leaves a stop of every run when it
// ends, and a fork or a lost line asks first whether the steps that it needs are the present code's.

// codeOf has the hashes of what a run with these settings uses and a cell defines; none of the program's own.
func (shop *Shop) codeOf(settings setting.Values) map[string]string {
	code := map[string]string{}
	for _, what := range definitions(settings) {
		if hash, ok := shop.defines[what]; ok {
			code[what] = hash
		}
	}
	return code
}

// definitions names what a run with these settings uses that a cell could define. It need not be a cell's: who asks
// looks up which of them have a hash.
func definitions(settings setting.Values) []string {
	list := []string{wire.Definition(wire.DefinesMethod, settings.Method())}
	for name, value := range settings {
		if spec, ok := value.(string); ok && strings.HasPrefix(name, setting.EncoderPrefix) {
			list = append(list, wire.Definition(wire.DefinesEncoder, models.EncoderName(spec)))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// lacking reports what a run uses that a cell has defined and this host does not know. Otherwise opening it would fail
// later, for a method or encoder that is said not to exist.
func lacking(name string, man *record.Manifest) error {
	var list []string
	encoders := models.RegisteredEncoders()
	for _, what := range definitions(man.Settings) {
		if man.Versions[what] == "" {
			continue // of the program, and if that does not know it any more, it will be said
		}
		kind, own, _ := strings.Cut(what, " ")
		_, known := method.Find(own)
		if kind == wire.DefinesEncoder {
			known = slices.Contains(encoders, own)
		}
		if !known {
			list = append(list, what)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return &wire.Problem{
		Message: fmt.Sprintf(
			"run %s: the host that runs now does not know what a cell defined: %s", name, strings.Join(list, ", "),
		),
		Hint: "run the cell that defines it, with host.InThisCell() in its first line: the run is where it was",
	}
}

// knownMethod finds the method that is asked for.
func knownMethod(asked map[string]any) (inforeg.Method, error) {
	name := fmt.Sprint(cmp.Or(asked["method"], any(setting.DefaultMethod)))
	m, ok := method.Find(name)
	if ok {
		return m, nil
	}
	err := wire.Unknown("method", name, method.Names(), "")
	if p, ok := errors.AsType[*wire.Problem](err); ok && strings.HasPrefix(p.Hint, "there are ") { // no slip of the pen
		p.Hint += "; one that a cell defines needs host.InThisCell() in the cell's first line"
	}
	return nil, err
}

// completed are settings with the defaults of those that the method has got since: its code may have changed. It
// changes a copy. Settings that the method has no more stay, and are not read.
func completed(settings setting.Values, m inforeg.Method) setting.Values {
	all := maps.Clone(settings)
	if m == nil {
		return all
	}
	for _, s := range m.Settings() {
		if _, ok := all[s.Name]; !ok {
			all[s.Name] = s.Default
		}
	}
	return all
}

// codeAt has the code by which the step after so many was taken, by the record. What has no hash is the program's own.
func (r *Run) codeAt(step int) map[string]string {
	code := map[string]string{}
	for _, what := range definitions(r.base) {
		if hash := r.man.Versions[what]; hash != "" {
			code[what] = hash
		}
	}
	for _, c := range r.rec.Changes {
		if c.Event == wire.EventCode && c.Step <= step {
			code[c.Name], _ = c.New.(string)
			if code[c.Name] == "" {
				delete(code, c.Name)
			}
		}
	}
	return code
}

// noteCode makes an event of each thing whose code is not that of the last step, and says which. It is called when the
// state was restored and before anything is computed again: where the file that was read is of an earlier step, the
// event says how many of the old code's steps the new one computes once more.
func (r *Run) noteCode() (changed []string, err error) {
	before := r.codeAt(r.recorded())
	for _, what := range definitions(r.base) {
		if before[what] == r.code[what] {
			continue
		}
		c := wire.Change{Step: r.recorded(), Event: wire.EventCode, Name: what, Text: "other code from this step on"}
		if before[what] != "" {
			c.Old = before[what]
		}
		if r.code[what] != "" {
			c.New = r.code[what]
		}
		if n := r.recorded() - r.at; n > 0 {
			c.Text += fmt.Sprintf(
				"; the old host left no state of this step, and %d steps before it had to be computed again by the "+
					"new code",
				n,
			)
		}
		if err := r.change(c); err != nil {
			return changed, err
		}
		changed = append(
			changed,
			fmt.Sprintf(
				"%s (%s → %s)", what, cmp.Or(before[what], "the program's"), cmp.Or(r.code[what], "the program's"),
			),
		)
	}
	return changed, nil
}

// adopt makes a state, which other code left in the middle of an epoch or interval, the present code's: it decides
// about the epoch, and where it looks back on the interval's first weights and finds none, these are they. Within an
// epoch nothing would be decided before the next one begins, and the new code may ask for controls and tensors that the
// old did not have. Where an epoch or an interval begins it is done anyway.
func (r *Run) adopt(ctx context.Context, h record.Header) error {
	if maps.Equal(h.Code, r.code) {
		return nil
	}
	next := r.st
	if next.Start == nil && r.needsStart(r.at) {
		next.Start = r.eng.IntervalStart(r.st).Start
	}
	if h.Offset > 0 {
		controls, carried, err := r.decide(ctx, r.at/r.perEpoch, r.settingsAt(r.at))
		if err != nil {
			return err
		}
		r.controls, next.Carried = controls, carried
	}
	r.st.Drop(next)
	r.st = next
	return nil
}

// otherVariables says that the code of an encoder has changed beyond what a run can go on with.
func (r *Run) otherVariables(err error) error {
	return &wire.Problem{
		Message: fmt.Sprintf("run %s cannot go on with the code of this cell: %s", r.Name, wire.FirstLine(err)),
		Hint:    "open another run for the new code, or bring the old code back: the run is where it was",
	}
}

// sameCode reports whether the present code took all steps that have to be computed again for those from one step to
// another: from the nearest start on.
func (r *Run) sameCode(from, to int) bool { return r.otherSince(from, to) < 0 }

// otherSince is the last change of the code after which all steps to a given one are the present code's; -1 where all
// from the nearest start for from on are.
func (r *Run) otherSince(from, to int) int {
	begin := 0
	if list := record.Starts(r.Dir, from); len(list) > 0 {
		begin = list[0].Step
	}
	// of several spans of other code the last one is told
	since := -1
	for _, span := range r.codeSpans(begin, to) {
		if !maps.Equal(r.codeAt(span.From), r.code) {
			since = span.To
		}
	}
	return since
}

// codeSpans divides steps at the changes of the code.
func (r *Run) codeSpans(from, to int) (list []record.Span) {
	if from >= to {
		return nil
	}
	// both ends and each change between; the spans lie between neighbours
	cuts := []int{from, to}
	for _, c := range r.rec.Changes {
		if c.Event == wire.EventCode && c.Step > from && c.Step < to {
			cuts = append(cuts, c.Step)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i, cut := range cuts[1:] {
		list = append(list, record.Span{From: cuts[i], To: cut})
	}
	return list
}

// reachable reports a step that cannot be computed again, since other code than the present took steps before it. A
// fork and a measurement at an earlier step ask before they begin.
func (r *Run) reachable(step int) error {
	since := r.otherSince(step, step)
	if since < 0 {
		return nil
	}
	return &wire.Problem{
		Message: fmt.Sprintf(
			"%s at step %d: its steps up to %d were taken by other code than this cell's, and would have to be "+
				"computed again",
			r.Name, step, since,
		),
		Hint: "choose a later step, or bring the old code back; what is on record can be drawn as it is",
	}
}
