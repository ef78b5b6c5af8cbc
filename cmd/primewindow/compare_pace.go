package main

import (
	"fmt"
	"io"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// lineEvery is how often a comparison says where it is when it does not write to a terminal.
const lineEvery = 10 * time.Second

// pace shows how far a comparison is, and how long it will take yet by the steps that it has measured. It is written by
// the goroutine of follow while a run trains, and read by the command when that has ended: they never meet, so there is
// no lock.
type pace struct {
	w    io.Writer
	tty  bool
	runs []*sweep.Run
	now  int // place of the run under way
	// steps per second of the methods that have been trained, with all that is measured between steps
	rate map[string]float64
	last float64 // of them, the one measured last: what others are thought to have
	step int     // that the run under way has reached

	quiet bool           // what a run has to tell is left out: one line a run
	lead  func() string  // what stands before a line; nil: which run of how many it is
	after func() float64 // seconds that runs will take which are not among these; nil: there are none
}

func newPace(w io.Writer, runs []*sweep.Run) *pace {
	return &pace{w: w, tty: isTerminal(w), runs: runs, rate: map[string]float64{}}
}

// begin says what there is to do. Steps of runs that are begun count only as far as they are left.
func (p *pace) begin() {
	done, steps := 0, 0
	for _, r := range p.runs {
		if _, ok := r.Outcome(); ok {
			done++
			continue
		}
		steps += r.Steps - r.Done
	}
	fmt.Fprintf(p.w, "%d runs, %d of them done, %d steps to go\n", len(p.runs), done, steps)
}

// follow watches a run: on a terminal one line, elsewhere a line now and then. The goroutine ends when unwatch closes
// the channel. stop waits for it, so that no line comes after what the command prints next. A terminal's line is
// replaced in place ten times a second at most; elsewhere, as in a log, lines stay.
func (p *pace) follow(r *run.Run) (stop func()) {
	events, unwatch := r.Watch()
	done := make(chan struct{})
	go func() {
		defer close(done)
		// began is when the run's present state began, for the time that a line shows.
		state, began, shown := "", time.Now(), time.Now()
		for e := range events {
			if e.Status.State != state {
				state, began = e.Status.State, time.Now()
			}
			p.note(e.Status)
			if e.Kind == wire.Notice {
				if !p.quiet {
					p.say(e.Text)
				}
				continue
			}
			line := p.place() + workbench.ProgressLine(e.Status, began, time.Now()) + p.left()
			switch {
			case p.tty && time.Since(shown) >= 100*time.Millisecond:
				shown = time.Now()
				fmt.Fprintf(p.w, "\r\x1b[K%s", line)
			case !p.tty && time.Since(shown) >= lineEvery:
				shown = time.Now()
				fmt.Fprintln(p.w, line)
			}
		}
	}()
	return func() {
		unwatch()
		<-done
		p.note(r.Status())
		if p.tty {
			fmt.Fprint(p.w, "\r\x1b[K")
		}
	}
}

// note takes up where the run under way is, and how fast. Status.Rate is of steps with all that is measured
// between them.
func (p *pace) note(s wire.Status) {
	p.step = s.Step
	if s.State == wire.Training && s.Rate > 0 {
		p.rate[s.Method], p.last = s.Rate, s.Rate
	}
}

// say writes a line that stays.
func (p *pace) say(line string) {
	if p.tty {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintln(p.w, line)
}

// place says which run of how many is under way.
func (p *pace) place() string {
	if p.lead != nil {
		return p.lead()
	}
	return fmt.Sprintf("run %d of %d, ", p.now+1, len(p.runs))
}

// where says in one line how far the comparison is.
func (p *pace) where() string {
	r := p.runs[p.now]
	return fmt.Sprintf("%s%s: step %d of %d", p.place(), r.Name, p.step, r.Steps)
}

// ended says what the run under way came to. The first accuracy of a run is the fused one by the head.
func (p *pace) ended() {
	o, _ := p.runs[p.now].Outcome()
	switch {
	case o.Missing != "":
		p.say(p.place() + o.Run + " has no result: " + wire.OneLine(o.Missing))
	default:
		p.say(fmt.Sprintf("%s%s: epoch %d, fused %.1f %%", p.place(), o.Run, o.Epoch, 100*o.Accuracies[0].Value))
	}
}

// left says how long all runs together will take yet. Before a step was measured it says nothing. A method that has not
// been trained here is taken to be as fast as the last one that was. The run under way counts from the step that it has
// reached, the others from what they had done when the comparison was opened.
func (p *pace) left() string {
	if p.last == 0 {
		return ""
	}
	seconds := 0.0
	for i, r := range p.runs[p.now:] {
		rate, ok := p.rate[r.Method]
		if !ok {
			rate = p.last
		}
		steps := r.Steps - r.Done
		if _, ended := r.Outcome(); ended {
			steps = 0
		} else if i == 0 {
			steps = r.Steps - p.step
		}
		seconds += float64(max(0, steps)) / rate
	}
	if p.after != nil {
		seconds += p.after()
	}
	return ", all in " + lasting(time.Duration(seconds*float64(time.Second)))
}

// lasting is a time as a person says it.
func lasting(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// seconds is a number of them as a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
