package host

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// mending holds the lines that were lost and are computed again, by their places.
type mending struct {
	metrics, probes map[int][]byte
	other           int // lines whose checksum is not that of the line which was lost
}

func (m *mending) fill(to map[int][]byte, at int, line []byte, sum uint32) {
	if sum != 0 && sum != seal.Sum(append(bytes.Clone(line), '\n')) {
		m.other++
	}
	to[at] = bytes.Clone(line)
}

// lost lists the lines that are lost.
func (rs *records) lost() (metrics, probes []record.Lost) { return rs.metrics.Lost(), rs.probes.Lost() }

// damaged reports whether lines are lost.
func (rs *records) damaged() bool {
	metrics, probes := rs.lost()
	return len(metrics)+len(probes) > 0
}

// restoreLost computes the lines again that are lost, each from the nearest snapshot before it, and says in an event
// whether they are proved by their checksums. What was measured only because somebody asked for it cannot be had in this
// way: it leaves a gap, which an event names.
func (r *Run) restoreLost(ctx context.Context) error {
	metrics, probes := r.rec.lost()
	if len(metrics)+len(probes) == 0 || r.hopeless {
		return nil
	}
	r.tell(wire.Event{Kind: wire.Notice, Text: fmt.Sprintf("%s: %s of the record damaged or gone, they are computed again", r.Name, plural(len(metrics)+len(probes), "line"))})
	type span struct{ from, to int } // steps to be taken again
	var spans []span
	for _, l := range metrics {
		spans = append(spans, span{l.Line, l.Line + 1})
	}
	for _, l := range probes { // measured at the end of the step before, or in the step itself
		spans = append(spans, span{max(0, l.Step-1), min(l.Step+1, r.recorded())})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	apart := spans[:1]
	for _, s := range spans[1:] {
		if last := &apart[len(apart)-1]; s.from <= last.to {
			last.to = max(last.to, s.to)
		} else {
			apart = append(apart, s)
		}
	}
	r.mend = &mending{metrics: map[int][]byte{}, probes: map[int][]byte{}}
	defer func() { r.mend = nil }()
	r.at = r.recorded() + 1 // no state
	for _, s := range apart {
		if err := r.reachable(s.from); err != nil {
			continue // other code took these steps: what is left out is told below
		}
		if list := starts(r.Dir, s.from); r.at > s.from || len(list) > 0 && list[0].step > r.at {
			if err := r.restore(ctx, s.from); err != nil {
				return err
			}
		}
		if err := r.goOn(ctx, s.to); err != nil {
			return err
		}
	}
	return r.putBack(len(metrics), probes)
}

// putBack writes what was computed again to the records.
func (r *Run) putBack(metrics int, probes []record.Lost) error {
	m := r.mend
	if err := r.rec.metrics.Fill(m.metrics, nil); err != nil {
		return diskProblem(err)
	}
	gone := map[int]bool{}
	for _, l := range probes {
		gone[l.Line] = m.probes[l.Line] == nil
	}
	if err := r.rec.probes.Fill(m.probes, func(i int) bool { return gone[i] }); err != nil {
		return diskProblem(err)
	}
	if err := r.rec.reread(); err != nil {
		return err
	}
	say := func(event, text string) error {
		return r.change(wire.Change{Step: r.recorded(), Event: event, Text: text})
	}
	n := len(m.metrics) + len(m.probes)
	if n > 0 {
		text := fmt.Sprintf("%s of the record computed again, proved by checksums", plural(n, "line"))
		if m.other > 0 {
			text = fmt.Sprintf("%s of the record computed again, %d of them not the same to the last digit as those that were lost", plural(n, "line"), m.other)
		}
		if err := say(eventRestored, text); err != nil {
			return err
		}
	}
	for _, l := range probes {
		if gone[l.Line] {
			if err := say(eventLost, fmt.Sprintf("a measurement of step %d is lost: it was asked for, or other code measured it; ask again if it is wanted", l.Step)); err != nil {
				return err
			}
		}
	}
	if left := metrics - len(m.metrics); left > 0 {
		r.hopeless = true
		return say(eventLost, fmt.Sprintf("%s of metrics.jsonl cannot be computed again: other code took these steps", plural(left, "line")))
	}
	return nil
}

// putLost takes a measurement as one that was lost, where one of its step was.
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
	for _, l := range r.rec.probes.Lost() {
		if _, filled := r.mend.probes[l.Line]; filled || l.Step != rec.Step {
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
	want, _ := r.rec.probes.IsLost(at)
	r.mend.fill(r.mend.probes, at, line, want)
	if r.rec.filled == nil {
		r.rec.filled = map[int][]wire.Record{}
	}
	r.rec.filled[rec.Step] = append(r.rec.filled[rec.Step], rec)
	return true, r.rec.keep(rec)
}
