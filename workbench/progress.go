package workbench

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

const (
	textEvery    = 100 * time.Millisecond // text is updated no more often
	pictureEvery = 500 * time.Millisecond // nor pictures
	// pictureShare is how many times as long as a picture took to draw is left until the next: the host draws,
	// and what it spends on drawing it does not spend on training.
	pictureShare = 4
)

// progress tells a person how training goes.
type progress struct {
	block *block
	me    string // as the host knows this process

	mu      sync.Mutex
	now     func() time.Time
	began   time.Time
	from    int // step at which it began
	status  Status
	seen    bool      // an event has come
	mine    bool      // it is this process's turn
	since   time.Time // of the present state
	shown   time.Time
	pending bool // something has not been shown yet
}

func newProgress(b *block, me string, s Status) *progress {
	p := &progress{block: b, me: me, now: time.Now, status: s, from: s.Step}
	p.began, p.since = p.now(), p.now()
	return p
}

// event takes up what the host says.
func (p *progress) event(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.status
	if e.Status.Name != "" {
		if e.Status.State != p.status.State {
			p.since = p.now()
		}
		p.status, p.seen = e.Status, true
	}
	p.mine = p.mine || e.Kind != wire.Notice && e.Status.Stepper == p.me && e.Status.State == wire.Training
	switch e.Kind {
	case wire.Notice:
		if p.mine && strings.Contains(e.Text, "waiting, "+p.me) {
			return // somebody else was told to wait for this process
		}
		p.block.keep(e.Text)
	case wire.EpochEnd:
		if p.block.s.way == plain && p.status.Epoch > was.Epoch {
			p.block.keep(progressLine(p.status, p.since, p.now()))
		}
	}
	p.pending = true
	p.show()
}

// tick shows what has to be shown by now; called about every textEvery.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status.State == wire.Compiling || p.status.State == wire.Replaying {
		p.pending = true // no events come meanwhile, but time passes
	}
	p.show()
}

func (p *progress) show() {
	now := p.now()
	if !p.pending || !p.seen || now.Sub(p.shown) < textEvery {
		return
	}
	p.shown, p.pending = now, false
	p.block.now(progressLine(p.status, p.since, now))
}

// end shows where the run is when all is done.
func (p *progress) end(s Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := positionLine(s)
	if n := s.Step - p.from; n > 0 {
		line += fmt.Sprintf(" (%s in %s)", count(n, "step"), duration(p.now().Sub(p.began)))
	}
	p.block.end(line)
}

// fail takes the line away: what went wrong is said elsewhere.
func (p *progress) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.block.end("")
}

// progressLine is a status on its way, in one line; since is when its state began.
func progressLine(s Status, since, now time.Time) string {
	head := s.Name + ": "
	switch s.State {
	case wire.Compiling:
		return fmt.Sprintf("%scompiling the training step, %s so far", head, duration(now.Sub(since)))
	case wire.Replaying:
		return fmt.Sprintf("%scomputing again what is on record, step %d of %d", head, s.Step, s.Target)
	case wire.Training:
	default:
		return positionLine(s)
	}
	parts := []string{fmt.Sprintf("step %d of %d", s.Step, s.Target), fmt.Sprintf("epoch %d", s.Epoch)}
	if s.Step > 0 {
		parts = append(parts, fmt.Sprintf("loss %.3g", s.Loss))
	}
	if s.Rate > 0 {
		left := time.Duration(float64(max(0, s.Target-s.Step)) / s.Rate * float64(time.Second))
		parts = append(parts, rate(s.Rate), duration(left)+" left")
	}
	return head + strings.Join(parts, ", ")
}

// positionLine is where a run stands, in one line.
func positionLine(s Status) string {
	line := fmt.Sprintf("%s: step %d, epoch %d", s.Name, s.Step, s.Epoch)
	if s.Step > 0 {
		line += fmt.Sprintf(", loss %.4g", s.Loss)
	}
	if a := accuracies(s); a != "" {
		line += ", " + a
	}
	return line
}

// accuracies are a status's accuracies, the fused one first.
func accuracies(s Status) string {
	var parts []string
	for _, name := range slices.Concat([]string{"fused"}, s.Modalities) {
		if a, ok := s.Accuracy[name]; ok {
			parts = append(parts, fmt.Sprintf("%s %.1f %%", name, 100*a))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "validation accuracy " + strings.Join(parts, ", ")
}

// duration is a time as a person says it.
func duration(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// rate is a number of steps per second: three digits of a small one, all of a large one.
func rate(perSecond float64) string {
	if perSecond < 100 {
		return fmt.Sprintf("%.3g steps/s", perSecond)
	}
	return fmt.Sprintf("%.0f steps/s", perSecond)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
