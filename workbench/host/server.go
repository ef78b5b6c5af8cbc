package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// IdleTime is how long a host stays without a client and without training, unless told otherwise. A host that leaves
// loses nothing: it writes a stop of every run that it has in memory, and the next verb of a cell starts another host.
const IdleTime = 2 * time.Hour

// Server answers clients of a project's runs.
type Server struct {
	shop     *run.Shop
	info     wire.Host               // fixed but for the backend, which is opened later
	ctx      context.Context         // ends when the host stops
	stop     context.CancelCauseFunc // the cause is told to whoever trains
	lastSeen atomic.Int64            // UnixNano of the last sign of a client or of training
	open     atomic.Int64            // requests being answered

	// mu guards training and serial, and is held only while these are read or changed: never while a run's lock or turn
	// is waited for, which can take a whole step. The trainings of a run are numbered, since several clients may wait
	// for one.
	mu        sync.Mutex
	training  map[*run.Run]map[int]context.CancelCauseFunc // those that train or wait for their turn; for pausing
	serial    int                                          // of the last of them
	trainings sync.WaitGroup                               // of clients that have left, too: Serve waits for all
}

// errOtherHost reports that the project has a host already.
var errOtherHost = errors.New("another host serves this project")

// Serve answers clients on the project's socket until ctx ends, a client stops it, or nobody has needed it for
// idle. Everything is on record when it returns.
//
// Beginning: the lock is taken before the socket. Listen removes whatever lies in the socket's place, which without the
// lock could be the socket of a host that is alive. The system gives the lock back when the process ends, so a host
// that was killed does not keep the next one out.
//
// End: ctx ends, and with it the contexts of all requests, which derive from it. Trainings finish the step under way. A
// stop is written of each run whose state is in memory, the runs are closed, and the last answers are sent. The lock is
// given back last: a client that asked the host to leave waits for that. A kill at any point of this loses no step that
// is on record; without its stop, a run is brought to its last step again from a snapshot.
func Serve(ctx context.Context, project string, idle time.Duration) error {
	// A host stays for days beside notebooks. Most of its memory is the backend's; collecting the small Go heap
	// more often costs nothing that shows and keeps it small.
	debug.SetGCPercent(25)
	meeting, err := wire.MakeMeeting(project)
	if err != nil {
		return err
	}
	defer meeting.Close()
	lock, err := claim(meeting)
	if err != nil {
		return err
	}
	defer lock.Close()
	listener, err := meeting.Listen()
	if err != nil {
		return wire.SocketProblem(err)
	}
	cell, err := wire.CellOf()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &Server{
		shop: run.NewShop(project), ctx: ctx, stop: stop, training: map[*run.Run]map[int]context.CancelCauseFunc{},
	}
	s.info = wire.Host{
		Protocol: wire.Version, PID: os.Getpid(), Project: project, Socket: meeting.Socket, Started: time.Now().UTC(),
		Cell: cell,
	}
	if cell != nil {
		s.shop.Define(cell.Defines)
	}
	if s.info.Build, err = wire.BuildID("/proc/self/exe"); err != nil {
		return err
	}
	s.seen()
	// There are no time limits: a stream of events lasts as long as a training, and only the same user, or root,
	// can connect.
	go s.leaveWhenIdle(ctx, idle)
	return s.answer(listener)
}

// answer serves a listener until the host stops, or until the listener fails: then the host stops too. In either case
// everything is on record when it returns.
func (s *Server) answer(listener net.Listener) error {
	server := &http.Server{Handler: s.handler(), BaseContext: func(net.Listener) context.Context { return s.ctx }}
	answered := make(chan struct{}) // closed when the last requests have their answers
	go func() {
		defer close(answered)
		<-s.ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(grace) // what still hangs after that is cut
		_ = server.Close()
	}()
	err := server.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) { // the goroutine above called Shutdown, and that is after ctx.Done
		err = nil
	} else {
		s.stop(&leavingError{"its socket failed: " + wire.OneLine(err.Error())})
	}
	s.trainings.Wait()
	err = errors.Join(err, s.shop.Keep(), s.shop.Close())
	// Server.Serve returns when the shutdown begins: who asked for it would get no answer from an ended process.
	<-answered
	return err
}

// claim takes the socket's folder for this process. It does not wait: of two hosts that start at once the second
// leaves. That the lock is held also tells a client that there is a host which still saves its runs, so that the client
// starts no other yet.
func claim(m *wire.Meeting) (*os.File, error) {
	f, err := m.Lock("lock", true)
	if err != nil {
		return nil, wire.SocketProblem(err)
	}
	switch err := whole.LockAlone(f); {
	case errors.Is(err, unix.EWOULDBLOCK):
		f.Close()
		return nil, errOtherHost
	case err != nil:
		f.Close()
		return nil, wire.SocketProblem(fmt.Errorf("%s: lock: %w", f.Name(), err))
	}
	return f, nil
}

func (s *Server) seen() { s.lastSeen.Store(time.Now().UnixNano()) }

// handler routes the calls of internal/wire. It turns panics and errors into problems. Without the recovery here
// net/http would recover the panic and cut the connection, and the client would not learn why. It reaches the goroutine
// of the request alone: for the one that trains see [Server.train].
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(w http.ResponseWriter, q *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, q *http.Request) {
			s.open.Add(1)
			s.seen()
			defer s.open.Add(-1)
			defer func() {
				if p := recover(); p != nil {
					reply(
						w, http.StatusInternalServerError,
						&wire.Problem{Message: fmt.Sprint(p), Hint: "this is a defect of the host; the run is kept"},
					)
				}
			}()
			if err := answer(w, q); err != nil {
				reply(w, http.StatusBadRequest, wire.AsProblem(err))
			}
		})
	}
	handle("GET /v1/host", func(w http.ResponseWriter, _ *http.Request) error {
		// A copy, since requests are answered at the same time.
		info := s.info
		if b := s.shop.BackendInUse(); b != nil {
			info.Backend = b.Name + ", " + b.Description()
		}
		return answerJSON(w, info)
	})
	handle("POST /v1/host/stop", func(w http.ResponseWriter, q *http.Request) error {
		var ask wire.Stop
		if q.ContentLength != 0 {
			if err := read(q, &ask); err != nil {
				return err
			}
		}
		// Answered first. Shutdown lets this request finish, and Serve waits for Shutdown before the process ends.
		err := answerJSON(w, s.info)
		s.stop(&leavingError{ask.Why})
		return err
	})
	handle(
		"GET /v1/runs", func(w http.ResponseWriter, _ *http.Request) error { return answerJSON(w, s.shop.Statuses()) },
	)
	handle("PUT /v1/runs/{name}", s.declare)
	handle("GET /v1/figure", s.figure)
	handle("POST /v1/reproduction/draw", drawRecord)
	handle("POST /v1/settings", func(w http.ResponseWriter, q *http.Request) error {
		var ask wire.SettingsAsk
		if err := read(q, &ask); err != nil {
			return err
		}
		list, err := s.shop.Settings(ask.Settings, ask.Name)
		if err != nil {
			return err
		}
		return answerJSON(w, list)
	})
	handle("GET /v1/sets", func(w http.ResponseWriter, _ *http.Request) error {
		return answerJSON(w, Overview(s.shop.Sets()))
	})
	handle("POST /v1/sets/view", func(w http.ResponseWriter, q *http.Request) error {
		var ask wire.SetAsk
		if err := read(q, &ask); err != nil {
			return err
		}
		view, err := viewSet(s.shop, ask.Settings, ask.Samples)
		if err != nil {
			return err
		}
		return answerJSON(w, view)
	})
	handle("POST /v1/runs/{name}/fresh", func(w http.ResponseWriter, q *http.Request) error {
		var d *wire.Declaration
		if q.ContentLength != 0 {
			if err := read(q, &d); err != nil {
				return err
			}
		}
		r, err := s.shop.Fresh(q.PathValue("name"), d)
		if err != nil {
			return err
		}
		return answerJSON(w, r.Status())
	})
	// These first find the run. A run that is not open is opened, which locks its folder and needs the backend: then
	// even a status takes as long as opening the backend does. Meanwhile requests that open or list runs wait for the
	// shop's lock.
	for pattern, answer := range map[string]func(*run.Run, http.ResponseWriter, *http.Request) error{
		"GET /v1/runs/{name}": func(
			r *run.Run, w http.ResponseWriter, _ *http.Request,
		) error {
			return answerJSON(w, r.Status())
		},
		"GET /v1/runs/{name}/history": func(r *run.Run, w http.ResponseWriter, _ *http.Request) error {
			h, err := r.History()
			if err != nil {
				return err
			}
			return answerJSON(w, h)
		},
		"GET /v1/runs/{name}/events":     s.events,
		"POST /v1/runs/{name}/train":     s.train,
		"POST /v1/runs/{name}/pause":     s.pause,
		"POST /v1/runs/{name}/set":       s.set,
		"POST /v1/runs/{name}/probe":     s.probe,
		"POST /v1/runs/{name}/evaluate":  s.evaluate,
		"POST /v1/runs/{name}/export":    s.export,
		"GET /v1/runs/{name}/var":        s.array((*run.Run).Var, "name"),
		"GET /v1/runs/{name}/gradient":   s.array((*run.Run).Gradient, "name"),
		"GET /v1/runs/{name}/activation": s.array((*run.Run).Activation, "layer"),
		"GET /v1/runs/{name}/samples":    s.array((*run.Run).PerSample, "modality"),
		"GET /v1/runs/{name}/features":   s.features,
		"GET /v1/runs/{name}/batch":      s.batch,
	} {
		handle(pattern, func(w http.ResponseWriter, q *http.Request) error {
			r, err := s.shop.Find(q.PathValue("name"))
			if err != nil {
				return err
			}
			return answer(r, w, q)
		})
	}
	return mux
}

// declare makes a run or attaches to it: the same declaration again gives the same run.
func (s *Server) declare(w http.ResponseWriter, q *http.Request) error {
	var d wire.Declaration
	if err := read(q, &d); err != nil {
		return err
	}
	r, err := s.shop.Open(q.PathValue("name"), d)
	if err != nil {
		return err
	}
	return answerJSON(w, r.Status())
}

// set changes settings from the next step on. A training that is under way goes on with the new ones.
func (s *Server) set(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	var asked map[string]any
	if err := read(q, &asked); err != nil {
		return err
	}
	if err := r.Set(asked); err != nil {
		return err
	}
	return answerJSON(w, r.Status())
}

// probe measures between two steps, so it waits for the step under way. That wait does not end with the request; a
// replay that is needed first does.
func (s *Server) probe(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	var ask wire.Probe
	if err := read(q, &ask); err != nil {
		return err
	}
	list, err := r.ProbeWith(q.Context(), ask)
	if err != nil {
		return err
	}
	return answerJSON(w, list)
}

// evaluate measures a split; it waits as probe does.
func (s *Server) evaluate(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	var ask struct {
		Split string `json:"split"`
	}
	if err := read(q, &ask); err != nil {
		return err
	}
	split, err := parseSplit(ask.Split)
	if err != nil {
		return err
	}
	list, err := r.Evaluate(q.Context(), split)
	if err != nil {
		return err
	}
	return answerJSON(w, list)
}

func parseSplit(name string) (data.Split, error) {
	split, err := data.ParseSplit(name)
	if err != nil {
		return "", &wire.Problem{Message: err.Error(), Hint: "the splits are train, val and test"}
	}
	return split, nil
}

// export writes a file from this process. The host has a working folder of its own, so clients give the whole path.
func (s *Server) export(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	var ask struct {
		Format string `json:"format"`
		Path   string `json:"path"`
	}
	if err := read(q, &ask); err != nil {
		return err
	}
	if err := r.Export(q.Context(), ask.Format, ask.Path); err != nil {
		return err
	}
	return answerJSON(w, map[string]string{"path": ask.Path})
}

// array answers with an array that a run gives for a name in the query. of returns values that it has copied out of the
// backend, so the run may go on while the client reads.
func (s *Server) array(
	of func(*run.Run, context.Context, string) ([]int, []float32, error), key string,
) func(*run.Run, http.ResponseWriter, *http.Request) error {
	return func(r *run.Run, w http.ResponseWriter, q *http.Request) error {
		shape, values, err := of(r, q.Context(), q.URL.Query().Get(key))
		if err != nil {
			return err
		}
		return answerArray(w, shape, values)
	}
}

func (s *Server) features(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	split, err := parseSplit(q.URL.Query().Get("split"))
	if err != nil {
		return err
	}
	shape, values, err := r.Features(q.Context(), split, q.URL.Query().Get("modality"))
	if err != nil {
		return err
	}
	return answerArray(w, shape, values)
}

func (s *Server) batch(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	shape, values, err := r.Batch(q.URL.Query().Get("modality"))
	if err != nil {
		return err
	}
	return answerArray(w, shape, values)
}

// figure draws the named runs, in that order. It opens those that are not open.
func (s *Server) figure(w http.ResponseWriter, q *http.Request) error {
	var runs []*run.Run
	for _, name := range q.URL.Query()["run"] {
		r, err := s.shop.Find(name)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	f, err := Draw(q.Context(), q.URL.Query().Get("kind"), runs)
	if err != nil {
		return err
	}
	return answerJSON(w, f)
}

// clientOf says who is asking. The name is only shown, to others who want to train the run, and gives no rights: who
// may connect is decided at the socket.
func clientOf(q *http.Request) string {
	if c := q.Header.Get(wire.ClientHeader); c != "" {
		return c
	}
	return "another client"
}
