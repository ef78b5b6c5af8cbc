package host

import (
	"cmp"
	"context"
	"time"

	"github.com/primewindow/primewindow/workbench/host/run"
)

// leaveWhenIdle stops the host after so long without a client and without training. A training, and a request that is
// being answered, such as a stream that somebody follows, count as need at every tick. So idle begins when the last of
// them has ended.
func (s *Server) leaveWhenIdle(ctx context.Context, idle time.Duration) {
	// NewTicker panics at 0, which a quarter of a very short idle would be.
	tick := time.NewTicker(min(idle/4+time.Millisecond, time.Minute))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		busy := len(s.training) > 0
		s.mu.Unlock()
		if busy || s.open.Load() > 0 {
			s.seen()
		}
		if time.Since(time.Unix(0, s.lastSeen.Load())) > idle {
			s.stop(nil)
		}
	}
}

// leavingError ends training because the host leaves: a pause, for a reason. Unwrap gives a pause, so that the stream
// of the training ends as one that was paused, with the reason in its text.
type leavingError struct{ why string }

func (e *leavingError) Error() string { return cmp.Or(e.why, "the host was stopped") }
func (e *leavingError) Unwrap() error { return run.ErrPaused }
