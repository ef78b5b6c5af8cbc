package workbench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// ErrNoHost reports that no host serves the project.
var ErrNoHost = errors.New("workbench: no host is running")

// Host is what a host says of itself: protocol, build, process, project, socket, backend, and since when.
type Host = wire.Host

// HostContext says which host serves the project, without starting one: [ErrNoHost] where there is none.
func HostContext(ctx context.Context) (Host, error) {
	c, err := reach(ctx)
	if err != nil {
		return Host{}, err
	}
	var h Host
	err = c.call(ctx, "GET", "/host", nil, &h)
	return h, err
}

// stopTime is how long a host may take to save its runs and leave.
const stopTime = time.Minute

// StopHostContext lets the project's host save every run and leave, and waits until it has. Where there is
// none it returns [ErrNoHost].
func StopHostContext(ctx context.Context) error {
	c, err := reach(ctx)
	if err != nil {
		return err
	}
	return stop(ctx, c, "")
}

// stop lets a host leave, for a reason, and waits until it has.
func stop(ctx context.Context, c *client, why string) error {
	var h Host
	if err := c.call(ctx, "POST", "/host/stop", wire.Stop{Why: why}, &h); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	for !unclaimed(c.project) {
		select {
		case <-ctx.Done():
			return &wire.Problem{
				Message: fmt.Sprintf("host %d has not left within %v", h.PID, stopTime),
				Hint:    c.show(logPath(c.project)) + " says what it does",
			}
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// PauseNamedContext pauses a run by its name, without starting a host.
func PauseNamedContext(ctx context.Context, name string) (Status, error) {
	if err := wire.CheckRunName(name); err != nil {
		return Status{}, err
	}
	c, err := reach(ctx)
	if err != nil {
		return Status{}, err
	}
	var s Status
	err = c.call(ctx, "POST", "/runs/"+name+"/pause", nil, &s)
	return s, err
}

// ProgressLine says in one line where a run is that trains, with its rate and the time left; since is when its
// present state began.
func ProgressLine(s Status, since, now time.Time) string { return progressLine(s, since, now) }
