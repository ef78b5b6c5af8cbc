package host

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// noBackend describes itself and computes nothing: what needs it ends in an error, as with a plugin that is broken.
type noBackend struct{ compute.Backend }

func (noBackend) Name() string        { return "none" }
func (noBackend) String() string      { return "none" }
func (noBackend) Description() string { return "none, of a test" }

// verbs are all calls of internal/wire. NAME stands for a run.
var verbs = []string{
	"GET /v1/host", "POST /v1/host/stop", "GET /v1/runs", "PUT /v1/runs/NAME", "GET /v1/runs/NAME",
	"POST /v1/runs/NAME/train",
	"GET /v1/runs/NAME/events", "POST /v1/runs/NAME/pause", "POST /v1/runs/NAME/set", "POST /v1/runs/NAME/evaluate",
	"POST /v1/runs/NAME/probe", "POST /v1/runs/NAME/fresh", "POST /v1/runs/NAME/export", "GET /v1/runs/NAME/history",
	"GET /v1/runs/NAME/var", "GET /v1/runs/NAME/gradient", "GET /v1/runs/NAME/activation", "GET /v1/runs/NAME/samples",
	"GET /v1/runs/NAME/features", "GET /v1/runs/NAME/batch", "GET /v1/figure", "POST /v1/reproduction/draw",
	"POST /v1/settings", "GET /v1/sets", "POST /v1/sets/view",
}

// fuzzSettings are the settings of a run that is quickly there.
func fuzzSettings() map[string]any {
	return map[string]any{
		"data": "synth", "data.train": 16.0, "data.val": 8.0, "data.test": 8.0, "batch": 8.0, "probe_samples": 8.0,
		"linear_samples": 16.0,
		"encoder.audio":  "cnn2d:2", "encoder.visual": "cnn2d:2", "epochs": 1.0,
	}
}

// FuzzRequest asks every verb with any run name, query and body: an answer is there, it is no 500, and a refusal says
// what is wrong.
func FuzzRequest(f *testing.F) {
	f.Setenv("PRIMEWINDOW_CACHE", "off")
	seed := func(call, name, query, body string) {
		verb := slices.Index(verbs, call)
		if verb < 0 {
			f.Fatalf("no call %s", call)
		}
		f.Add(uint8(verb), name, query, []byte(body))
	}
	for _, call := range verbs {
		seed(call, "first", "", "")
	}
	seed(
		"PUT /v1/runs/NAME", "next", "",
		`{"settings":{"batch":8,"data.train":16,"data.val":8,"data.test":8,"encoder.audio":"mlp:2","encoder.visual":"cnn2d:2"}}`,
	)
	seed("PUT /v1/runs/NAME", "next", "", `{"settings":{},"like":"first"}`)
	seed("PUT /v1/runs/NAME", "next", "", `{"settings":{"lr":0.1},"fork":{"run":"first","step":0}}`)
	seed("PUT /v1/runs/NAME", "next", "", `{"settings":null,"fork":{"run":"first","epoch":-1}}`)
	seed("PUT /v1/runs/NAME", "../x", "", `{"settings":{"modalities":"audio,audio"}}`)
	seed("POST /v1/runs/NAME/train", "first", "", `{"steps":3}`)
	seed("POST /v1/runs/NAME/train", "first", "", `{"to_epoch":1,"detach":true}`)
	seed("POST /v1/runs/NAME/train", "first", "", `{"to_step":-1,"steps":1}`)
	seed("POST /v1/runs/NAME/set", "first", "", `{"lr":0.5,"every.fisher_emp":"8 steps","window":"2:5"}`)
	seed("POST /v1/runs/NAME/evaluate", "first", "", `{"split":"val"}`)
	seed("POST /v1/runs/NAME/probe", "first", "", `{"kind":"fisher_true","labels":"sampled","draws":2,"samples":8}`)
	seed("POST /v1/runs/NAME/probe", "first", "", `{"kind":"cosine","batches":2}`)
	seed("POST /v1/runs/NAME/fresh", "first", "", `{"settings":{"seed":1}}`)
	seed("POST /v1/runs/NAME/fresh", "first", "", `null`)
	seed("POST /v1/runs/NAME/export", "first", "", `{"format":"csv","path":"x.csv"}`)
	seed("GET /v1/runs/NAME/features", "first", "split=val&modality=audio", "")
	seed("GET /v1/runs/NAME/batch", "first", "modality=label", "")
	seed("GET /v1/runs/NAME/var", "first", "name=momentum.head", "")
	seed("GET /v1/figure", "", "kind=trace&run=first&run=first", "")
	seed("GET /v1/figure", "", "kind=live", "")
	seed("POST /v1/reproduction/draw", "", "", `{"schema":1,"target":"table2","arms":[{"name":"Joint","runs":[{}]}]}`)
	seed("POST /v1/sets/view", "", "", `{"settings":{"data":"synth","data.train":16},"samples":2}`)
	seed("POST /v1/sets/view", "", "", `{"settings":{"data":"folder","dir":"."},"samples":-1}`)
	f.Fuzz(func(t *testing.T, verb uint8, name, query string, body []byte) {
		if len(body) > 4096 || len(query) > 1024 || large(body) {
			return
		}
		s := stubServer(t)
		method, path, _ := strings.Cut(verbs[int(verb)%len(verbs)], " ")
		if strings.HasSuffix(path, "/export") {
			body = exportBelow(t, body)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		q := httptest.NewRequestWithContext(ctx, method, "http://host/", bytes.NewReader(body))
		q.URL.Path, q.URL.RawQuery = strings.Replace(path, "NAME", url.PathEscape(name), 1), query
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, q)
		s.stop(nil)
		s.trainings.Wait()
		checkAnswer(t, w)
	})
}

// stubServer is a server of a project of its own with one run, without a backend.
func stubServer(t *testing.T) *Server {
	t.Helper()
	ctx, stop := context.WithCancelCause(context.Background())
	s := &Server{
		shop: run.NewShop(filepath.Join(t.TempDir(), "p")), ctx: ctx, stop: stop,
		training: map[*run.Run]map[int]context.CancelCauseFunc{},
	}
	s.shop.UseBackend(&xla.Backend{Backend: noBackend{}, Name: "none"})
	if _, err := s.shop.Open("first", wire.Declaration{Settings: fuzzSettings()}); err != nil {
		t.Fatal(err)
	}
	// waits for a snapshot that is being written; what it says is not looked at here
	t.Cleanup(func() { _ = s.shop.Close() })
	return s
}

// large reports whether a body may ask for a set of so many samples that making it takes long: that is no fault.
func large(body []byte) bool {
	digits := 0
	for _, c := range body {
		if digits++; c < '0' || c > '9' {
			digits = 0
		}
		if digits > 3 || c == 'e' && bytes.ContainsAny(body, "0123456789") && bytes.Contains(body, []byte("e+")) {
			return true
		}
	}
	return false
}

// exportBelow lets an export write below the test's folder alone.
func exportBelow(t *testing.T, body []byte) []byte {
	t.Helper()
	var ask map[string]any
	if json.Unmarshal(body, &ask) != nil {
		return body
	}
	for key, v := range ask {
		if path, ok := v.(string); ok && strings.EqualFold(key, "path") && path != "" {
			ask[key] = filepath.Join(t.TempDir(), "out")
		}
	}
	text, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	said := w.Body.Bytes()
	if w.Code >= http.StatusInternalServerError {
		t.Fatalf("status %d: %s", w.Code, said)
	}
	// the router's own refusals
	if w.Code < 300 || w.Code >= 400 && w.Header().Get("Content-Type") != "application/json" {
		return
	}
	if w.Code < 400 {
		return // a path that is cleaned
	}
	var p wire.Problem
	if err := json.Unmarshal(said, &p); err != nil || p.Message == "" || strings.Contains(p.Message, "runtime error") {
		t.Fatalf("status %d: %q, %v, want a problem in words", w.Code, said, err)
	}
}
