package workbench

import (
	"context"
	"slices"
	"sync"
	"time"
)

// watch shows a run that trains: a line of text, and pictures when they are asked for.
type watch struct {
	ctx    context.Context
	out    *screen
	live   bool
	client *client
	text   *progress
	stop   chan struct{}
	gone   sync.WaitGroup

	mu     sync.Mutex
	status Status
}

func newWatch(ctx context.Context, out *screen, views []View) *watch {
	return &watch{ctx: ctx, out: out, live: slices.Contains(views, Live), stop: make(chan struct{})}
}

// begin starts to show.
func (w *watch) begin(c *client, s Status) {
	w.client, w.status = c, s
	w.text = newProgress(w.out.block(), c.who, s)
	warn(w.out, s)
	w.gone.Go(func() {
		tick := time.NewTicker(textEvery)
		defer tick.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-tick.C:
				w.text.tick()
			}
		}
	})
	if w.live && w.out.way == cells {
		w.gone.Go(w.pictures)
	}
}

func (w *watch) event(e Event) {
	w.mu.Lock()
	if e.Status.Name != "" {
		w.status = e.Status
	}
	w.mu.Unlock()
	w.text.event(e)
}

func (w *watch) at() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}

// pictures draws again and again what is on record, in one place, and a last time when training ends.
func (w *watch) pictures() {
	id, shown := displayID(), -1
	for last := false; ; {
		began := time.Now()
		if s := w.at(); s.Step != shown || last {
			var f Figure
			ctx := w.ctx
			if last { // also after an interrupt, but not for long: the kernel is waiting
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), time.Second)
				defer cancel()
			}
			// Before the first step there is nothing to draw, and what is wrong otherwise training itself will say.
			if w.client.call(ctx, "GET", figurePath("live", []string{s.Name}), nil, &f) == nil {
				_ = w.out.send(bundle(&f, id)) // a kernel that has gone cannot be told
				shown = s.Step
			}
		}
		if last {
			return
		}
		select {
		case <-w.stop:
			last = true
		case <-time.After(max(pictureEvery, pictureShare*time.Since(began)) - time.Since(began)):
		}
	}
}

// end shows the last state; err is how training ended.
func (w *watch) end(s Status, err error) {
	if w.text == nil {
		return // it never began
	}
	close(w.stop)
	w.gone.Wait()
	if err != nil && s.Step == w.text.from {
		w.text.fail()
		return
	}
	w.text.end(s)
}

// warn shows what the host warns of.
func warn(out *screen, s Status) {
	for _, text := range s.Warnings {
		out.print("warning: " + s.Name + ", " + text)
	}
}
