package video

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
)

// errBound is wrapped by what a reader of a program's output returns when it has had enough of it.
var errBound = errors.New("bound")

// run runs a program on a file and gives read its output, to the end. When ctx ends or read returns an error, the
// program and what it started are killed. Every error names the file.
func (d Decoder) run(ctx context.Context, program, path string, args []string, read func(io.Reader) error) error {
	if err := checkFile(path); err != nil {
		return err
	}
	ctx, kill := context.WithCancel(ctx)
	defer kill()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = environment(os.Environ())
	cmd.WaitDelay = time.Second // for a process that left the group and still holds the pipe of messages
	said := &tail{}
	cmd.Stderr = said
	ownGroup(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("video: %s: %w", path, err)
	}
	if err := cmd.Start(); err != nil {
		if ctx.Err() != nil {
			return d.stopped(ctx, program, path)
		}
		return fmt.Errorf("video: %s: %w: %w", path, ErrNoFFmpeg, err)
	}
	limitMemory(cmd.Process.Pid, d.maxMemory())
	// Reading ends with the context even if a process that left the group holds the pipe.
	stop := context.AfterFunc(ctx, func() { out.Close() })
	readErr := read(out)
	stop()
	stopped := d.stopped(ctx, program, path) // before the kill below, which ends the context too
	if readErr != nil {
		kill()
	}
	waitErr := cmd.Wait()
	if stopped == nil && readErr == nil && waitErr != nil {
		stopped = d.stopped(ctx, program, path) // it closed its output and went on
	}
	switch line := said.lastLine(path); {
	case stopped != nil:
		return stopped
	case errors.Is(readErr, errBound):
		return &data.UnsupportedError{File: path, Feature: strings.TrimSuffix(readErr.Error(), ": "+errBound.Error())}
	case strings.Contains(said.String(), "not on whitelist"):
		return &data.UnsupportedError{File: path, Feature: "a container that names other files"}
	case line != "" && (waitErr != nil || readErr != nil):
		return &data.FormatError{File: path, Reason: line}
	case readErr != nil:
		return &data.FormatError{File: path, Reason: readErr.Error()}
	case waitErr != nil:
		return &data.FormatError{File: path, Reason: fmt.Sprintf("%s: %v", filepath.Base(program), waitErr)}
	}
	return nil
}

// checkFile looks at a file before a program does, which would wait for a pipe.
func checkFile(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("video: %w", err)
	}
	if err := data.CheckRegular(path, st); err != nil {
		return err
	}
	if st.Size() == 0 {
		return &data.FormatError{File: path, Reason: "empty, want a recording"}
	}
	return data.StandIn(path)
}

// stopped says why a context ended, or nil.
func (d Decoder) stopped(ctx context.Context, program, path string) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errLimit):
		return &data.UnsupportedError{
			File:    path,
			Feature: fmt.Sprintf("a recording that takes %s more than %v", filepath.Base(program), d.limit()),
		}
	case cause != nil:
		return fmt.Errorf("video: %s: %w", path, cause)
	}
	return nil
}

// environment leaves out what makes the programs write reports or colour their messages.
func environment(all []string) []string {
	kept := slices.DeleteFunc(slices.Clone(all), func(v string) bool {
		return strings.HasPrefix(v, "FFREPORT=") || strings.HasPrefix(v, "AV_LOG_FORCE_COLOR=") ||
			strings.HasPrefix(v, "LC_ALL=")
	})
	return append(kept, "AV_LOG_FORCE_NOCOLOR=1", "LC_ALL=C")
}

// maxTail bounds what is kept of a program's messages.
const maxTail = 4096

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[max(0, len(p)-maxTail):]...)
	if extra := len(t.b) - maxTail; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.b) }

// memoryAddress is what the programs add to the name of a component in their messages.
var memoryAddress = regexp.MustCompile(` @ 0x[0-9a-f]+\]`)

// lastLine is the last message that says something, on one line and without the file's name, or empty.
func (t *tail) lastLine(path string) string {
	const longest = 200
	lines := strings.FieldsFunc(
		strings.ToValidUTF8(t.String(), "?"), func(r rune) bool { return r == '\n' || r == '\r' },
	)
	for _, line := range slices.Backward(lines) {
		line = strings.ReplaceAll(strings.TrimSpace(line), address(path)+": ", "")
		line = strings.ReplaceAll(line, address(path), "this file")
		line = memoryAddress.ReplaceAllString(line, "]")
		if line == "" || line == "Conversion failed!" {
			continue
		}
		if r := []rune(line); len(r) > longest {
			line = string(r[:longest]) + "..."
		}
		return line
	}
	return ""
}

// readBounded reads all of r, which must be at most so many bytes.
func readBounded(r io.Reader, bound int64, what string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, bound+1))
	if err == nil && int64(len(b)) > bound {
		err = fmt.Errorf("a recording that decodes to more than %d bytes of %s: %w", bound, what, errBound)
	}
	return b, err
}
