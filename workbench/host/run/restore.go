package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// mending holds the lines that were lost and are computed again, by their places.
type mending struct {
	metrics, probes map[int][]byte        // lines without their ends, by place; written all at once, by putBack
	lost            map[int][]record.Lost // measurements, by step
	other           int                   // lines whose checksum is not that of the line which was lost
}

// fill takes a copy of a line for a place. A checksum of 0 is not known, and nothing is said against such a line.
func (m *mending) fill(to map[int][]byte, at int, line []byte, sum uint32) {
	if sum != 0 && sum != seal.Sum(append(bytes.Clone(line), '\n')) {
		m.other++
	}
	to[at] = bytes.Clone(line)
}

// restoreLost computes the lines again that are lost, each from the nearest snapshot before it, and says in an event
// whether they are proved by their checksums. What was measured only because somebody asked for it cannot be had in
// this way: it leaves a gap, which an event names. Lines for the places of lost ones are gathered in memory and
// written at the end, so that a kill before that leaves them lost as they were.
func (r *Run) restoreLost(ctx context.Context) (err error) {
	if !r.rec.Damaged() || r.hopeless {
		return nil
	}
	metrics, probes := r.rec.Lost()
	r.tell(wire.Event{Kind: wire.Notice, Text: fmt.Sprintf("%s: %s", r.Name, r.rec.LostText)})
	r.mend = &mending{metrics: map[int][]byte{}, probes: map[int][]byte{}, lost: map[int][]record.Lost{}}
	for _, l := range probes {
		r.mend.lost[l.Step] = append(r.mend.lost[l.Step], l)
	}
	done := false // not after a panic either
	defer func() {
		if r.mend = nil; !done { // what was computed is forgotten, and computed again by the next attempt
			r.unfinished = false
			err = errors.Join(err, r.rec.Reread())
		}
	}()
	// behind every span, so that the first one begins with a start
	r.at = r.recorded() + 1 // no state
	for _, s := range record.LostSpans(metrics, probes, r.rec.Gap, r.recorded()) {
		if !r.sameCode(s.From, s.To) {
			continue // what other code took is left out, as is told below
		}
		// From the end of the span before one goes on, unless a start lies between, or the state is behind this
		// span already.
		if list := record.Starts(r.Dir, s.From); r.at > s.From || len(list) > 0 && list[0].Step > r.at {
			if err := r.restore(ctx, s.From); err != nil {
				return err
			}
		}
		if err := r.goOn(ctx, s.To); err != nil {
			return err
		}
	}
	err = r.putBack(len(metrics), probes)
	done = err == nil
	return err
}

// putBack writes what was computed again to the records. Steps come first, then measurements: after a kill in between
// the next opening finds the measurements still lost and computes those. The places of lines change where some are left
// out, hence all that goes by them is read anew.
func (r *Run) putBack(metrics int, probes []record.Lost) error {
	if err := r.saveDone(); err != nil { // it syncs the files that are replaced here
		return err
	}
	m, gap := r.mend, r.rec.Gap
	before := record.ParseTied(r.rec.Metrics.Noted()).Probes
	if err := r.rec.Metrics.Fill(m.metrics, nil); err != nil {
		return record.DiskProblem(err)
	}
	gone := map[int]bool{}
	var steps []string
	for _, l := range probes {
		if gone[l.Line] = m.probes[l.Line] == nil; gone[l.Line] && !slices.Contains(steps, fmt.Sprint(l.Step)) {
			steps = append(steps, fmt.Sprint(l.Step))
		}
	}
	if err := r.rec.Probes.Fill(m.probes, func(i int) bool { return gone[i] }); err != nil {
		return record.DiskProblem(err)
	}
	r.rec.Gap = -1
	if err := r.rec.Reread(); err != nil {
		return err
	}
	if n := len(m.metrics) + len(m.probes); n > 0 {
		text := fmt.Sprintf("%s of the record computed again, proved by checksums", wire.Plural(n, "line"))
		if m.other > 0 {
			text = fmt.Sprintf(
				"%s of the record computed again, %d of them not the same to the last digit as those that were lost",
				wire.Plural(n, "line"), m.other,
			)
		}
		if err := r.sayOnce(wire.EventRestored, text); err != nil {
			return err
		}
	}
	if gap >= 0 {
		text := fmt.Sprintf("measured again from step %d on", gap)
		if missing := before - r.rec.Probes.Len(); missing > 0 {
			text += fmt.Sprintf(
				"; %s more had been asked for: ask again if they are wanted", wire.Plural(missing, "measurement"),
			)
		}
		if err := r.sayOnce(wire.EventRestored, text); err != nil {
			return err
		}
	}
	if len(steps) > 0 {
		list := strings.Join(steps[:min(len(steps), 8)], ", ")
		if len(steps) > 8 {
			list += " and others"
		}
		if err := r.sayOnce(
			wire.EventLost,
			fmt.Sprintf(
				"measurements of steps %s are lost: they were asked for, or other code took the steps; ask again if "+
					"they are wanted",
				list,
			),
		); err != nil {
			return err
		}
	}
	if left := metrics - len(m.metrics); left > 0 {
		r.hopeless = true
		if err := r.sayOnce(
			wire.EventLost,
			fmt.Sprintf(
				"%s of metrics.jsonl cannot be computed again: other code took these steps", wire.Plural(left, "line"),
			),
		); err != nil {
			return err
		}
	}
	return r.rec.Tie()
}

// sayOnce makes an event at the present step, unless there is one that says the same.
func (r *Run) sayOnce(event, text string) error {
	for _, c := range r.rec.Changes {
		if c.Event == event && c.Text == text && c.Step == r.recorded() {
			return nil
		}
	}
	return r.change(wire.Change{Step: r.recorded(), Event: event, Text: text})
}

// putLost takes a measurement as one that was lost, where one of its step was: the one with its checksum, else the
// first that is not filled yet, which then counts as not the same. It is on hand from now on, see Filled of
// [record.Records], and on disk when all are.
func (r *Run) putLost(rec wire.Record) (bool, error) {
	if r.mend == nil {
		return false, nil
	}
	line, err := json.Marshal(rec)
	if err != nil {
		return false, err
	}
	sum := seal.Sum(append(bytes.Clone(line), '\n'))
	at := -1
	for _, l := range r.mend.lost[rec.Step] {
		if _, filled := r.mend.probes[l.Line]; filled {
			continue
		}
		if l.Sum == sum || at < 0 {
			at = l.Line
		}
		if l.Sum == sum {
			break
		}
	}
	if at < 0 {
		return false, nil
	}
	want, _ := r.rec.Probes.IsLost(at)
	r.mend.fill(r.mend.probes, at, line, want)
	if r.rec.Filled == nil {
		r.rec.Filled = map[int][]wire.Record{}
	}
	r.rec.Filled[rec.Step] = append(r.rec.Filled[rec.Step], rec)
	r.rec.Keep(rec)
	return true, nil
}
