package timing

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAccount plays parts within parts by a clock of its own: a second passes at each change.
func TestAccount(t *testing.T) {
	for _, tt := range []struct {
		name   string
		play   func(a *Account)
		want   []Part
		reason string
	}{
		{
			"one", func(a *Account) { a.Begin("step")() }, []Part{{"step", 1, time.Second, 2 * time.Second}},
			"from begin to end",
		},
		{"within", func(a *Account) {
			end := a.Begin("step")
			a.Begin("compile")()
			end()
		}, []Part{
			{"step", 1, 2 * time.Second, 4 * time.Second}, {"compile", 1, time.Second, 2 * time.Second},
		}, "the outer part stands still meanwhile"},
		{"again", func(a *Account) {
			a.Begin("step")()
			a.Begin("read")()
			a.Begin("step")()
		}, []Part{
			{"step", 2, 2 * time.Second, 4 * time.Second}, {"read", 1, time.Second, 2 * time.Second},
		}, "time between parts belongs to none"},
		{"crossed", func(a *Account) {
			first, second := a.Begin("a"), a.Begin("b")
			first()
			second()
		}, []Part{{"a", 1, time.Second, 2 * time.Second}, {"b", 1, 2 * time.Second, 4 * time.Second}},
			"ended in another order"},
	} {
		var n time.Duration
		a := &Account{now: func() [2]time.Duration {
			n += time.Second
			return [2]time.Duration{n, 2 * n}
		}}
		tt.play(a)
		if diff := cmp.Diff(tt.want, a.Parts()); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
	var none *Account
	none.Begin("step")()
	if none.Parts() != nil {
		t.Error("no account has parts")
	}
}

// TestClocks: the system's clocks go on, and work is counted as processor time.
func TestClocks(t *testing.T) {
	var a Account
	end := a.Begin("work")
	for began := a.clocks(); a.clocks()[1]-began[1] < 20*time.Millisecond; {
	}
	end()
	p := a.Parts()[0]
	// Other threads may work at the same time, and the process may have to wait: so only from below.
	if p.Processor < 20*time.Millisecond || p.Wall <= 0 {
		t.Errorf("wall %v, processor %v, want at least the 20 ms of work", p.Wall, p.Processor)
	}
}

// TestTable: columns stand in line, and the sum is that of the parts.
func TestTable(t *testing.T) {
	got := Table(
		[]Part{{"reading", 3, 1500 * time.Millisecond, time.Second}, {"step", 56, time.Second, 2 * time.Second}},
	)
	want := strings.Join([]string{
		"part       times    wall s  processor",
		"reading        3     1.500      1.000",
		"step          56     1.000      2.000",
		"all                  2.500      3.000",
		"",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
