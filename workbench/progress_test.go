package workbench

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestProgressLine(t *testing.T) {
	now := time.Unix(100, 0)
	for _, tt := range []struct {
		name   string
		status Status
		want   string
		reason string
	}{
		{
			"on the way",
			Status{Name: "a", State: wire.Training, Step: 41, Target: 121, Epoch: 2, Rate: 40, Loss: 0.51234},
			"a: step 41 of 121, epoch 2, loss 0.512, 40 steps/s, 2.0 s left", "(121-41)/40 s",
		},
		{
			"no rate yet", Status{Name: "a", State: wire.Training, Step: 0, Target: 3}, "a: step 0 of 3, epoch 0",
			"nothing is made up before the first step",
		},
		{
			"beyond", Status{Name: "a", State: wire.Training, Step: 5, Target: 3, Rate: 1, Loss: 1},
			"a: step 5 of 3, epoch 0, loss 1, 1 steps/s, 0.0 s left", "never a negative time",
		},
		{
			"compiling", Status{Name: "a", State: wire.Compiling}, "a: compiling the training step, 12 s so far",
			"no events come meanwhile, so time is shown",
		},
		{
			"replaying", Status{Name: "a", State: wire.Replaying, Step: 7, Target: 40},
			"a: computing again what is on record, step 7 of 40", "after the host was killed",
		},
		{
			"idle",
			Status{
				Name: "a", State: wire.Idle, Step: 7, Loss: 0.5, Modalities: []string{"audio", "visual"},
				Accuracy: map[string]float64{"visual": 0.25, "audio": 0.5, "fused": 0.505},
			},
			"a: step 7, epoch 0, loss 0.5, validation accuracy fused 50.5 %, audio 50.0 %, visual 25.0 %",
			"the fused one first, then the set's order",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := progressLine(tt.status, now.Add(-12*time.Second), now); got != tt.want {
				t.Errorf("got  %q\nwant %q\nreason: %s", got, tt.want, tt.reason)
			}
		})
	}
}

func TestRate(t *testing.T) {
	for want, r := range map[string]float64{
		"0.0123 steps/s": 0.01234, "12.3 steps/s": 12.34, "123 steps/s": 123.4, "1234 steps/s": 1234,
	} {
		if got := rate(r); got != want {
			t.Errorf("rate(%v) = %q, want %q", r, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0.0 s": 0, "9.9 s": 9900 * time.Millisecond, "10 s": 10 * time.Second, "119 s": 119 * time.Second,
		"2 min": 2 * time.Minute, "119 min": 119 * time.Minute, "2.0 h": 2 * time.Hour,
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestProgressRate lets a clock of the test's own run: no line comes sooner than textEvery after another.
func TestProgressRate(t *testing.T) {
	var b bytes.Buffer
	s := Status{Name: "a", State: wire.Training, Target: 1000, Stepper: "me"}
	p := newProgress((&screen{way: terminal, w: &b}).block(), "me", s)
	clock := time.Unix(0, 0)
	p.now = func() time.Time { return clock }
	for range 1000 { // a step takes 1 ms: 1 s in all
		clock = clock.Add(time.Millisecond)
		s.Step++
		p.event(Event{Kind: wire.Progress, Status: s})
	}
	if n := strings.Count(b.String(), "\r"); n < 9 || n > 11 {
		t.Errorf("%d updates in 1 s, want 10, one more or less at the ends", n)
	}
	b.Reset()
	p.event(Event{Kind: wire.Progress, Status: s}) // too soon
	clock = clock.Add(textEvery)
	p.tick()
	if !strings.Contains(b.String(), "step 1000 of 1000") {
		t.Errorf("after a tick: %q, want the last step, which came too soon to be shown at once", b.String())
	}
}

func TestProgressShowsCompilingTime(t *testing.T) {
	var b bytes.Buffer
	p := newProgress((&screen{way: terminal, w: &b}).block(), "me", Status{Name: "a", State: wire.Idle})
	clock := time.Unix(0, 0)
	p.now = func() time.Time { return clock }
	p.event(
		Event{Kind: wire.Notice, Text: "compiling", Status: Status{Name: "a", State: wire.Compiling, Stepper: "me"}},
	)
	clock = clock.Add(5 * time.Second)
	p.tick()
	if !strings.Contains(b.String(), "compiling\n") || !strings.Contains(b.String(), "5.0 s so far") {
		t.Errorf("shown %q, want the notice and the time that passes without events", b.String())
	}
}

func TestNotices(t *testing.T) {
	training := Status{Name: "a", State: wire.Training, Target: 9, Step: 1, Stepper: "me"}
	for _, tt := range []struct {
		name   string
		events []Event
		want   string
		reason string
	}{
		{
			"waiting for another", []Event{{Kind: wire.Notice, Text: "a: waiting, you is stepping it"}},
			"a: waiting, you is stepping it\n", "told who is stepping",
		},
		{
			"waiting for one's own",
			[]Event{{Kind: wire.Notice, Text: "a: waiting, me is stepping it", Status: training}},
			"a: waiting, me is stepping it\n", "this notebook's Start trains the run already",
		},
		{
			"another waits",
			[]Event{
				{Kind: wire.Progress, Status: training},
				{Kind: wire.Notice, Text: "a: waiting, me is stepping it", Status: training},
			},
			"", "that is for the other one's eyes",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			p := newProgress((&screen{w: &b}).block(), "me", Status{Name: "a"})
			for _, e := range tt.events {
				p.event(e)
			}
			if b.String() != tt.want {
				t.Errorf("shown %q, want %q\nreason: %s", b.String(), tt.want, tt.reason)
			}
		})
	}
}

func TestRecordTable(t *testing.T) {
	se := 0.5
	got := recordTable("a", []Record{
		{Step: 9, Kind: Accuracy, Encoder: "fused", Value: 0.75, N: 48, Split: "val", Readout: "head"},
		{Step: 9, Kind: Accuracy, Encoder: "audio", Value: 123456, SE: &se},
	})
	want := "a at step 9: accuracy\n  fused (head)  0.75             val, n 48\n  audio         1.235e+05 ± 0.5"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got = recordTable(
		"a",
		[]Record{
			{Step: 9, Kind: Accuracy, Encoder: "fused", Value: 0.75, Loss: "none"},
			{Step: 9, Kind: "loss", Encoder: "fused", Value: 1.5},
		},
	)
	want = "a at step 9\n  accuracy fused  0.75\n  loss fused      1.5"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records of two kinds (-want +got)\n%s", diff)
	}
	if got := recordTable("a", nil); got != "a: nothing was measured" {
		t.Errorf("no records: %q", got)
	}
}

func TestStatusText(t *testing.T) {
	got := statusText(Status{
		Name: "off", Data: "synth", Method: "inforeg", Seed: 3, Epoch: 2, Epochs: 12, Step: 20, State: wire.Stopped,
		Stepper: "b.ipynb", Loss: 0.5,
		Parent: "first at step 10", Problem: &Problem{Message: "loss is NaN"},
		Warnings: []string{"step 3: other plugin"},
	})
	want := "off: data synth, method inforeg, seed 3, epoch 2 of 12, step 20, stopped by b.ipynb\nloss 0.5 " +
		"nats\nforked from first at step 10\nstopped: loss is NaN\nwarning: step 3: other plugin"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
