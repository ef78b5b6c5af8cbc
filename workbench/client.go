package workbench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// maxReply bounds a JSON reply: a history of a million steps fits.
const maxReply = 4 << 30

// client speaks to the host of one project.
type client struct {
	project string
	who     string // sent with each call
}

func newClient(project string) *client { return &client{project: project, who: caller(project)} }

// dial connects to the project's host, which is the user's own.
func (c *client) dial(ctx context.Context) (net.Conn, error) {
	m, err := wire.FindMeeting(c.project)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return m.Dial(ctx)
}

// do makes a call and returns its reply, which is not an error's, and which has to be closed.
func (c *client) do(ctx context.Context, method, path string, body any) (*reply, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	conn, err := c.dial(ctx)
	var a *reply
	if err == nil {
		a, err = exchange(ctx, conn, method, path, c.who, text)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case isStranger(err):
		return nil, err
	case err != nil:
		return nil, c.gone(err)
	case a.status >= 200 && a.status < 300:
		return a, nil
	}
	defer a.close()
	var p wire.Problem
	said, _ := io.ReadAll(io.LimitReader(a.body, 1<<20)) // what came is enough to say what is wrong
	if json.Unmarshal(said, &p) == nil && p.Message != "" {
		return nil, &p
	}
	return nil, &wire.Problem{
		Message: fmt.Sprintf("the host answers %s to %s /v1%s", a.reason, method, path),
		Hint:    "it is of another build; `primewindow stop` ends it, and the next cell starts the present one",
	}
}

// call makes a call whose reply is JSON.
func (c *client) call(ctx context.Context, method, path string, body, into any) error {
	a, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer a.close()
	if err := json.NewDecoder(io.LimitReader(a.body, maxReply)).Decode(into); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return c.gone(fmt.Errorf("reply to %s /v1%s: %w", method, path, err))
	}
	return nil
}

// errStreamEnded reports a stream that ended without a last word.
var errStreamEnded = errors.New("workbench: the stream of events ended early")

// stream makes a call whose reply is a stream of events, and hands each to see until see says that it was the
// last, or the stream ends, which is errStreamEnded.
func (c *client) stream(ctx context.Context, method, path string, body any, see func(Event) (last bool)) error {
	a, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer a.close()
	lines := bufio.NewScanner(a.body)
	lines.Buffer(nil, 1<<24) // a status holds all settings, some kilobytes
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%w: event %.80q: %w", errStreamEnded, lines.Text(), err)
		}
		if see(e) {
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errStreamEnded
}

// isStranger reports whether the socket, or its folder, is not the user's alone.
func isStranger(err error) bool {
	_, is := errors.AsType[*wire.StrangerError](err)
	return is
}

// gone says that the host no longer answers.
func (c *client) gone(err error) error {
	return &wire.Problem{
		Message: fmt.Sprintf("the host does not answer: %s", innermost(err)),
		Hint: fmt.Sprintf(
			"%s says why; the next verb starts it again, and what is on record is kept", c.show(logPath(c.project)),
		),
	}
}

// innermost is the cause at the end of a chain of errors, without the addresses before it.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// show shortens a path below the project.
func (c *client) show(path string) string { return below(c.project, path) }

// below is a path as seen from a folder, when it lies in it.
func below(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return path
	}
	return rel
}

// caller says who is asking: the notebook's path below the project, or the terminal, or the program.
func caller(project string) string {
	name := ""
	switch session, dir := os.Getenv("JPY_SESSION_NAME"), os.Getenv("GONB_DIR"); {
	case session != "":
		name = below(project, session)
	case dir != "":
		name = "a notebook in " + below(project, dir)
	default:
		name = filepath.Base(os.Args[0])
		if tty, err := os.Readlink("/proc/self/fd/0"); err == nil && strings.HasPrefix(tty, "/dev/") &&
			tty != os.DevNull {
			name += " on " + strings.TrimPrefix(tty, "/dev/")
		}
	}
	printable := func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}
	return strings.Map(printable, name)
}
