package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
)

// served is a host on a socket of its own, and a client.
type served struct {
	project string
	socket  string
	ended   chan error // what Serve returned
	http    *http.Client
	who     string // the client's name
}

// serve starts a host that leaves after idle without a client, and ends it with the test.
func serve(t *testing.T, idle time.Duration) *served {
	t.Helper()
	xlatest.Backend(t) // skips or fails without the plugin
	t.Setenv(xla.PluginPathVariable, xla.PluginFolder(hosttest.Project(t)))
	dir, err := os.MkdirTemp("", "pw") //nolint:usetesting // a socket's path may have 107 bytes only
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("XDG_RUNTIME_DIR", dir)
	s := &served{project: filepath.Join(dir, "p"), ended: make(chan error, 1), who: "test"}
	s.socket = wire.SocketPath(s.project)
	if n := len(s.socket); n >= 100 || !strings.HasPrefix(s.socket, dir) {
		t.Fatalf("socket %s of %d bytes, want fewer than 100, below %s", s.socket, n, dir)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
	}
	s.http = &http.Client{Transport: &http.Transport{DialContext: dial}}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		s.ended <- Serve(ctx, s.project, idle)
		close(done)
	}()
	t.Cleanup(func() {
		s.http.CloseIdleConnections()
		stop()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Error("the host did not end")
		}
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("unix", s.socket); err == nil {
			_ = conn.Close() // it was only to see whether somebody answers
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("no host on %s after a minute", s.socket)
		}
	}
}

// as is the same host, asked by another client.
func (s *served) as(who string) *served {
	other := *s
	other.who = who
	return &other
}

// open makes a call and gives the answer to read.
func (s *served) open(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var text io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(j)
	}
	q, err := http.NewRequestWithContext(ctx, method, "http://host"+path, text)
	if err != nil {
		return nil, err
	}
	q.Header.Set(wire.ClientHeader, s.who)
	return s.http.Do(q)
}

// call makes a call that has to succeed, and decodes its answer.
func (s *served) call(t *testing.T, method, path string, body, into any) {
	t.Helper()
	a, err := s.open(t.Context(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %s", method, path, a.Status, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
}

// refused makes a call that has to fail, and gives what was said.
func (s *served) refused(t *testing.T, method, path string, body any) (int, wire.Problem) {
	t.Helper()
	a, err := s.open(t.Context(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var p wire.Problem
	if err := json.NewDecoder(a.Body).Decode(&p); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, a.Status, err)
	}
	return a.StatusCode, p
}

// array reads an array with its shape.
func (s *served) array(t *testing.T, path string) (shape []int, values []float32) {
	t.Helper()
	a, err := s.open(t.Context(), http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, a.Status)
	}
	n := 1
	for part := range strings.SplitSeq(a.Header.Get(wire.ShapeHeader), ",") {
		d, err := strconv.Atoi(part)
		if err != nil {
			t.Fatalf("%s: shape %q", path, a.Header.Get(wire.ShapeHeader))
		}
		shape = append(shape, d)
		n *= d
	}
	values = make([]float32, n)
	if err := binary.Read(a.Body, binary.LittleEndian, values); err != nil {
		t.Fatalf("%s: %v, want %d values of shape %v", path, err, n, shape)
	}
	if rest, err := io.ReadAll(a.Body); err != nil || len(rest) > 0 {
		t.Fatalf("%s: %d bytes after shape %v, error %v", path, len(rest), shape, err)
	}
	return shape, values
}

// train trains and gives the events that were streamed meanwhile.
func (s *served) train(t *testing.T, run string, ask wire.Train) []wire.Event {
	t.Helper()
	events, err := s.stream(t.Context(), run, ask)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func (s *served) stream(ctx context.Context, run string, ask wire.Train) ([]wire.Event, error) {
	a, err := s.open(ctx, http.MethodPost, "/v1/runs/"+run+"/train", ask)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return nil, errors.New(a.Status)
	}
	var events []wire.Event
	in := bufio.NewScanner(a.Body)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var e wire.Event
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%q: %w", in.Bytes(), err)
		}
		events = append(events, e)
	}
	return events, in.Err()
}

func (s *served) status(t *testing.T, run string) (st wire.Status) {
	t.Helper()
	s.call(t, http.MethodGet, "/v1/runs/"+run, nil, &st)
	return st
}

// await polls a run until it is as wanted.
func (s *served) await(t *testing.T, run, what string, wanted func(wire.Status) bool) wire.Status {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		st := s.status(t, run)
		if wanted(st) {
			return st
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is %s at step %d after a minute, want %s", run, st.State, st.Step, what)
		}
	}
}
