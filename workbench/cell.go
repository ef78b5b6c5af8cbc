package workbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/primewindow/primewindow/internal/wire"
)

// interruptStatus is the exit status after an interrupt, as shells have it: 128 and the signal's number.
const interruptStatus = 130

// cell runs a verb as a notebook needs it: an interrupt ends its context, and an error ends the process, so
// that the cells after it do not run. A kernel that goes away breaks the pipes at once, so a write to them must
// not end the process before the run is paused.
func cell(verb func(ctx context.Context, out *screen) error) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := newScreen()
	ctx = withNews(ctx, out)
	err := verb(ctx, out)
	tell(ctx, nil) // unless a run was told of it
	out.flush()
	if err != nil {
		os.Exit(reportProblem(os.Stderr, err))
	}
}

// reportProblem prints an error as a person reads it and returns the exit status that goes with it.
func reportProblem(w io.Writer, err error) int {
	if errors.Is(err, context.Canceled) {
		if at, ok := errors.AsType[*interruptedError](err); ok {
			fmt.Fprintf(w, "primewindow: interrupted: %s\n", wire.JoinLines(at.Error()))
		} else {
			fmt.Fprintln(w, "primewindow: interrupted")
		}
		return interruptStatus
	}
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		p = &Problem{Message: strings.TrimPrefix(err.Error(), "workbench: ")}
	}
	hint := p.Hint
	if hint == "" {
		hint = "runs/host.log may say more"
	}
	fmt.Fprintf(w, "primewindow: error: %s\nhint: %s\n", wire.JoinLines(p.Message), wire.JoinLines(hint))
	return 1
}

// interruptedError says where a run is after what trained it was interrupted.
type interruptedError struct {
	at    string
	cause error
}

func (e *interruptedError) Error() string { return e.at }
func (e *interruptedError) Unwrap() error { return e.cause }
