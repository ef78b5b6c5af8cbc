package workbench

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// perEpoch is the number of steps in an epoch of the fake host's runs.
const perEpoch = 10

// fakeHost speaks the protocol and trains nothing: a step is a pause. One training at a time is all it does.
type fakeHost struct {
	mu    sync.Mutex
	now   plan
	runs  map[string]*wire.Status
	asked []string // method, path and body of each call
}

// plan is how a fake host behaves.
type plan struct {
	host     wire.Host
	problem  string // the call that is answered with a problem, "POST /v1/runs/first/probe"
	stepTime time.Duration
	dieAt    int    // the stream is cut at this step
	failAt   int    // the loss is not finite at this step
	pauseAt  int    // somebody pauses at this step
	other    string // who is stepping first
	array    []byte // reply to a call for an array, when set
}

// behave changes how the host behaves from now on.
func (f *fakeHost) behave(change func(p *plan)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.now)
}

func (f *fakeHost) plan() plan {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func newFakeHost() *fakeHost {
	build, err := wire.BuildID("/proc/self/exe")
	if err != nil {
		panic(err) // a test binary has one
	}
	return &fakeHost{
		now:  plan{host: wire.Host{Protocol: wire.Version, Build: build, PID: os.Getpid()}},
		runs: map[string]*wire.Status{},
	}
}

// fakeProject makes an empty project of its own, whose host is to be this test binary.
func fakeProject(t *testing.T) string {
	t.Helper()
	runtimeDir, err := os.MkdirTemp("/tmp", "pw") //nolint:usetesting // short: a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(runtimeDir) })
	project := t.TempDir()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"XDG_RUNTIME_DIR": runtimeDir, wire.ProjectVariable: project, hostVariable: executable,
		"GONB_PIPE": "", "GONB_PIPE_BACK": "", "GONB_DIR": "", "JPY_SESSION_NAME": "", "PRIMEWINDOW_SMOKE": "",
	} {
		t.Setenv(name, value)
	}
	return project
}

// startFake serves a fake host for a new project until the test ends.
func startFake(t *testing.T) *fakeHost {
	t.Helper()
	f := newFakeHost()
	l, err := listenFake(fakeProject(t))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: f.handler()}
	go func() { _ = server.Serve(l) }() // ends with the test
	t.Cleanup(func() { _ = server.Close() })
	return f
}

func listenFake(project string) (net.Listener, error) {
	socket := wire.SocketPath(project)
	if err := os.MkdirAll(filepath.Dir(socket), 0o700); err != nil {
		return nil, err
	}
	return net.Listen("unix", socket)
}

// lastWordsVariable has a fake host that is started as one say something and end.
const lastWordsVariable = "FAKE_HOST_LAST_WORDS"

// serveFake is the main program of a fake host that was started as one: it ends after a while by itself.
func serveFake() int {
	fmt.Println("fake host: project", os.Getenv(wire.ProjectVariable))
	if words := os.Getenv(lastWordsVariable); words != "" {
		fmt.Fprintln(os.Stderr, words)
		return 1
	}
	l, err := listenFake(os.Getenv(wire.ProjectVariable))
	if err != nil {
		fmt.Fprintf(os.Stderr, "primewindow: error: %v\n", err)
		return 1
	}
	f := newFakeHost()
	server := &http.Server{Handler: f.handler()}
	time.AfterFunc(20*time.Second, func() { _ = server.Close() })
	_ = server.Serve(l) // ends when closed
	return 0
}

func (f *fakeHost) status(name string) wire.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.runs[name]; s != nil {
		return *s
	}
	return wire.Status{}
}

// calls lists what was asked, without what every verb asks.
func (f *fakeHost) calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, c := range f.asked {
		if !strings.HasPrefix(c, "GET /v1/host") && !strings.HasPrefix(c, "PUT ") {
			list = append(list, c)
		}
	}
	return list
}

func (f *fakeHost) handler() http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) } // the client may have left
	mux.HandleFunc("GET /v1/host", func(w http.ResponseWriter, _ *http.Request) { answer(w, f.plan().host) })
	mux.HandleFunc("GET /v1/runs", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		list := []wire.Status{}
		for _, s := range f.runs {
			list = append(list, *s)
		}
		answer(w, list)
	})
	mux.HandleFunc("PUT /v1/runs/{name}", f.put)
	mux.HandleFunc("POST /v1/runs/{name}/train", f.train)
	mux.HandleFunc("GET /v1/runs/{name}/events", f.events)
	mux.HandleFunc("POST /v1/runs/{name}/set", f.set)
	status := func(w http.ResponseWriter, q *http.Request) { answer(w, f.status(q.PathValue("name"))) }
	mux.HandleFunc("GET /v1/runs/{name}", status)
	mux.HandleFunc("POST /v1/runs/{name}/pause", status)
	mux.HandleFunc("POST /v1/runs/{name}/fresh", func(w http.ResponseWriter, q *http.Request) {
		f.mu.Lock()
		f.runs[q.PathValue("name")].Step = 0
		f.mu.Unlock()
		status(w, q)
	})
	se := 0.25
	mux.HandleFunc("POST /v1/runs/{name}/probe", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, []wire.Record{
			{
				Step: 7, Kind: string(FisherEmp), Encoder: "audio", Value: 12.5, SE: &se, Loss: "cross_entropy",
				Labels: "observed", BN: "recalibrated", N: 32,
			},
			{Step: 7, Kind: string(FisherEmp), Encoder: "visual", Value: 0.125, N: 32},
		})
	})
	mux.HandleFunc("POST /v1/runs/{name}/evaluate", func(w http.ResponseWriter, _ *http.Request) {
		answer(
			w,
			[]wire.Record{
				{Step: 7, Kind: Accuracy, Encoder: "fused", Value: 0.75, N: 48, Split: "test", Readout: "head"},
			},
		)
	})
	mux.HandleFunc("GET /v1/runs/{name}/history", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, wire.History{Metrics: []map[string]float64{{"step": 0, "loss": 1.75}}})
	})
	mux.HandleFunc("POST /v1/runs/{name}/export", func(w http.ResponseWriter, q *http.Request) {
		var ask map[string]string
		_ = json.NewDecoder(q.Body).Decode(&ask)
		answer(w, map[string]string{"path": ask["path"]})
	})
	for _, call := range []string{"var", "gradient", "activation", "samples", "features", "batch"} {
		mux.HandleFunc("GET /v1/runs/{name}/"+call, func(w http.ResponseWriter, _ *http.Request) {
			body := f.plan().array
			if body == nil {
				for _, v := range []float32{1, 2, 3, 4, 5, 6.5} {
					body = binary.LittleEndian.AppendUint32(body, math.Float32bits(v))
				}
			}
			w.Header().Set(wire.ShapeHeader, "2,3")
			_, _ = w.Write(body)
		})
	}
	mux.HandleFunc("GET /v1/figure", func(w http.ResponseWriter, q *http.Request) {
		answer(w, wire.Figure{
			PNG: []byte("\x89PNG picture"), Text: "a figure of " + strings.Join(q.URL.Query()["run"], " and "),
			Width: 640, Height: 320,
			Spec: map[string]any{
				"mark": "line", "title": nil,
				"data": map[string]any{"values": []any{map[string]any{"x": 1, "y": true}}},
			},
		})
	})
	mux.HandleFunc("POST /v1/reproduction/draw", func(w http.ResponseWriter, q *http.Request) {
		var rec wire.Reproduction
		_ = json.NewDecoder(q.Body).Decode(&rec)
		list := []wire.Figure{}
		for _, a := range rec.Arms {
			if len(a.Runs) > 0 {
				list = append(
					list, wire.Figure{PNG: []byte("\x89PNG picture"), Text: "of " + a.Name, Width: 640, Height: 320},
				)
			}
		}
		answer(w, list)
	})
	mux.HandleFunc("GET /v1/sets", func(w http.ResponseWriter, _ *http.Request) {
		answer(
			w,
			[]wire.Set{
				{Name: "digits", Doc: "spoken and written digits", State: "in shared"},
				{Name: "synth", Doc: "made clips", State: "made"},
			},
		)
	})
	mux.HandleFunc("POST /v1/sets/view", func(w http.ResponseWriter, q *http.Request) {
		var ask wire.SetAsk
		_ = json.NewDecoder(q.Body).Decode(&ask)
		answer(w, wire.SetView{
			Name: "digits", Lines: []string{fmt.Sprintf("%v, %d shown", ask.Settings, ask.Samples), "train 9 samples"},
			Figure: wire.Figure{PNG: []byte("\x89PNG picture"), Text: "zero, one", Width: 640, Height: 320},
		})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(strings.NewReader(string(body)))
		call := q.Method + " " + q.URL.Path
		f.mu.Lock()
		f.asked = append(f.asked, strings.TrimSpace(fmt.Sprintf("%s %s", q.Method+" "+q.URL.RequestURI(), body)))
		bad := call == f.now.problem
		f.mu.Unlock()
		if bad {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, wire.Problem{Message: "no such thing", Hint: "ask for another"})
			return
		}
		mux.ServeHTTP(w, q)
	})
}

func (f *fakeHost) put(w http.ResponseWriter, q *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := q.PathValue("name")
	s := f.runs[name]
	if s == nil {
		s = &wire.Status{
			Name: name, Dir: filepath.Join(os.Getenv(wire.ProjectVariable), "runs", name), Data: "synth",
			Method: "inforeg", StepsPerEpoch: perEpoch,
			Epochs: 12, State: wire.Idle, Modalities: []string{"audio", "visual"},
			Settings: map[string]any{"beta": 0.9, "lr": 0.03},
		}
		f.runs[name] = s
	}
	_ = json.NewEncoder(w).Encode(s)
}

func (f *fakeHost) set(w http.ResponseWriter, q *http.Request) {
	var asked map[string]any
	_ = json.NewDecoder(q.Body).Decode(&asked)
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.runs[q.PathValue("name")]
	s.Settings = maps.Clone(s.Settings) // the old one may be on its way to a client
	maps.Copy(s.Settings, asked)
	_ = json.NewEncoder(w).Encode(s)
}

// train takes steps one by one and streams an event for each, as the host does.
func (f *fakeHost) train(w http.ResponseWriter, q *http.Request) {
	var ask wire.Train
	_ = json.NewDecoder(q.Body).Decode(&ask)
	send := func(e wire.Event) {
		_ = json.NewEncoder(w).Encode(e)
		w.(http.Flusher).Flush()
	}
	name := q.PathValue("name")
	change := func(do func(s *wire.Status)) wire.Status {
		f.mu.Lock()
		defer f.mu.Unlock()
		do(f.runs[name])
		return *f.runs[name]
	}
	s := change(func(s *wire.Status) {
		switch {
		case ask.Steps != nil:
			s.Target = s.Step + *ask.Steps
		case ask.ToStep != nil:
			s.Target = *ask.ToStep
		default:
			s.Target = *ask.ToEpoch * perEpoch
		}
		s.Stepper, s.State, s.Rate = q.Header.Get(wire.ClientHeader), wire.Training, 50
	})
	goal := s.Target
	if ask.Detach {
		_ = json.NewEncoder(w).Encode(s)
		return
	}
	if other := f.plan().other; other != "" {
		send(
			wire.Event{
				Kind: wire.Notice, Text: name + ": waiting, " + other + " is stepping it", Status: f.status(name),
			},
		)
	}
	send(
		wire.Event{
			Kind: wire.Notice, Text: "compiling the training step (once for each kind of model)",
			Status: f.status(name),
		},
	)
	idle := func(s *wire.Status) { s.State, s.Stepper, s.Target, s.Rate = wire.Idle, "", 0, 0 }
	for s.Step < goal {
		now := f.plan()
		time.Sleep(now.stepTime)
		if q.Context().Err() != nil {
			change(idle)
			return
		}
		switch s.Step + 1 {
		case now.dieAt:
			panic(http.ErrAbortHandler)
		case now.failAt:
			send(
				wire.Event{
					Kind: wire.Failed, Status: change(idle),
					Problem: &wire.Problem{Message: "first: loss is NaN at step 5", Hint: "lower the learning rate"},
				},
			)
			return
		case now.pauseAt:
			send(wire.Event{Kind: wire.Done, Status: change(idle), Text: name + ": paused"})
			return
		}
		s = change(func(s *wire.Status) { s.Step++; s.Epoch, s.Loss = s.Step/perEpoch, 1/float64(s.Step) })
		kind := wire.Progress
		if s.Step%perEpoch == 0 {
			kind = wire.EpochEnd
		}
		send(wire.Event{Kind: kind, Status: s})
	}
	send(wire.Event{Kind: wire.Done, Status: change(idle)})
}

// events tells of a training that is under way and ends by itself.
func (f *fakeHost) events(w http.ResponseWriter, q *http.Request) {
	s := f.status(q.PathValue("name"))
	for _, state := range []string{wire.Training, wire.Training, wire.Idle} {
		s.State, s.Target = state, 100
		s.Step++
		_ = json.NewEncoder(w).Encode(wire.Event{Kind: wire.Progress, Status: s})
		w.(http.Flusher).Flush()
	}
	<-q.Context().Done()
}

// within ends a test's context before the test's own limit.
func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
