package host

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
)

// bareServer is a server without a socket.
func bareServer(t *testing.T) *Server {
	t.Helper()
	s := &Server{shop: runtest.NewShop(t), training: map[*run.Run]map[int]context.CancelCauseFunc{}}
	s.ctx, s.stop = context.WithCancelCause(t.Context())
	return s
}

func (s *Server) detach(t *testing.T, r *run.Run, steps string) {
	t.Helper()
	w := httptest.NewRecorder()
	q := httptest.NewRequestWithContext(
		t.Context(), http.MethodPost, "/", strings.NewReader(`{"to_step": `+steps+`, "detach": true}`),
	)
	if err := s.train(r, w, q); err != nil {
		t.Fatal(err)
	}
}

// TestPauseAtOnce: a pause that comes right after the answer to a detached training ends it.
func TestPauseAtOnce(t *testing.T) {
	s := bareServer(t)
	r := runtest.Trained(t, s.shop, "r", hosttest.Small("joint"), 1)
	// With one processor the training's goroutine begins only when this one waits.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 10 {
		s.detach(t, r, "100000")
		q := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		if err := s.pause(r, httptest.NewRecorder(), q); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { s.trainings.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(5 * time.Second): // a step takes milliseconds
			s.stop(nil)
			<-ended
			t.Fatal("the training went on after the pause")
		}
	}
}

// brokenListener fails when it is told to.
type brokenListener struct{ fail chan error }

func (l brokenListener) Accept() (net.Conn, error) { return nil, <-l.fail }
func (brokenListener) Close() error                { return nil }
func (brokenListener) Addr() net.Addr              { return &net.UnixAddr{Name: "made", Net: "unix"} }

// TestSocketFails: where the socket fails the host ends as when it is stopped: trainings take no further step, states
// are kept, runs are closed.
func TestSocketFails(t *testing.T) {
	s := bareServer(t)
	r := runtest.Trained(t, s.shop, "r", hosttest.Small("joint"), 1)
	s.detach(t, r, "100000")
	for r.Status().Step < 3 {
		time.Sleep(time.Millisecond)
	}
	l := brokenListener{make(chan error, 1)}
	broken := errors.New("the socket broke")
	l.fail <- broken
	if err := s.answer(l); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the socket", err)
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(filepath.Join(r.Dir, record.SnapshotsDir, "*"))
	if err != nil || !record.Exists(record.StopPath(r.Dir, rec.Status.Step)) &&
		!record.Exists(record.SnapshotPath(r.Dir, rec.Status.Step)) {
		t.Errorf("step %d is not kept: %v, %v", rec.Status.Step, kept, err)
	}
	lock, err := record.LockDir(r.Dir)
	if err != nil {
		t.Fatalf("the run is not closed: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
}
