package host

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
)

// TestTargetOf: what a request to train wants of a run of ten steps an epoch that is at step 7.
func TestTargetOf(t *testing.T) {
	n := func(n int) *int { return &n }
	for _, tt := range []struct {
		name   string
		ask    wire.Train
		want   int
		wrong  string
		reason string
	}{
		{"steps", wire.Train{Steps: n(3)}, 10, "", "so many more"},
		{"no more steps", wire.Train{Steps: n(0)}, 7, "", "nothing is something that can be asked for"},
		{"step", wire.Train{ToStep: n(3)}, 3, "", "behind: the run stays where it is"},
		{"epoch", wire.Train{ToEpoch: n(3)}, 30, "", "by the length of an epoch"},
		{"steps below 0", wire.Train{Steps: n(-1)}, 0, "steps: got -1, want 0 to", "it would be told that it is done"},
		{"step below 0", wire.Train{ToStep: n(-1)}, 0, "to_step: got -1", "likewise"},
		{"epoch below 0", wire.Train{ToEpoch: n(-1)}, 0, "to_epoch: got -1", "likewise"},
		{
			"steps without end", wire.Train{Steps: n(1<<63 - 1)}, 0, "steps: got 9223372036854775807",
			"the sum would be below 0",
		},
		{
			"epochs without end", wire.Train{ToEpoch: n(1<<63 - 1)}, 0, "to_epoch: got 9223372036854775807",
			"the product would be anything",
		},
		{
			"two targets", wire.Train{Steps: n(1), ToStep: n(9)}, 0, "2 targets, want one",
			"one of them would be ignored",
		},
		{"none", wire.Train{}, 0, "no target", "nothing was asked for"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target, err := targetOf(tt.ask, 10, 1000)
			if tt.wrong != "" {
				if p, ok := errors.AsType[*wire.Problem](err); !ok || !strings.Contains(p.Message, tt.wrong) ||
					p.Hint == "" {
					t.Errorf("error %v, want %q and a hint\nreason: %s", err, tt.wrong, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := target(7); got != tt.want {
				t.Errorf("target %d, want %d\nreason: %s", got, tt.want, tt.reason)
			}
		})
	}
}

// TestReadBody: a request's body is one JSON value of known fields.
func TestReadBody(t *testing.T) {
	for _, tt := range []struct{ body, want, reason string }{
		{`{"steps":1}`, "", "what a client sends"},
		{" {\"steps\":1}\n\t", "", "white space"},
		{`{"steps":1}{"to_step":9}`, "after top-level value", "the second would be ignored"},
		{`{"steps":1}]`, "after top-level value", "likewise"},
		{`{"step":1}`, `unknown field "step"`, "a misspelt field"},
		{"", "EOF", "nothing"},
		{`{"steps":` + strings.Repeat("1", 1<<20) + `}`, "too large", "a body without end"},
	} {
		var ask wire.Train
		err := read(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(tt.body)), &ask)
		p, ok := errors.AsType[*wire.Problem](err)
		if tt.want == "" && err != nil || tt.want != "" && (!ok || !strings.Contains(
			p.Message, tt.want,
		) || p.Hint == "") {
			t.Errorf("read(%.40q): %v, want %q\nreason: %s", tt.body, err, tt.want, tt.reason)
		}
	}
}
