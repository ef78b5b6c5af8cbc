package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// metricsOf reads metrics.jsonl: one flat object a line, of numbers alone, and its names in their order.
func metricsOf(t *testing.T, text string) (list []map[string]float64, names []string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			t.Fatalf("torn line %q", line)
		}
		var m map[string]float64
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v, want a flat object of numbers", line, err)
		}
		list = append(list, m)
		dec := json.NewDecoder(strings.NewReader(line))
		var own []string
		for {
			token, err := dec.Token()
			if err != nil {
				break
			}
			if name, ok := token.(string); ok {
				own = append(own, name)
			}
		}
		if names != nil && !slices.Equal(own, names) {
			t.Fatalf("%q has the names %v, the line before %v", line, own, names)
		}
		names = own
	}
	return list, names
}

// TestRecords checks what scripts rely on in metrics.jsonl and probes.jsonl, and that a seed fixes every byte.
func TestRecords(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	for _, tt := range []struct {
		method string
		names  []string
	}{
		{"joint", []string{"step", "epoch", "loss", "acc", "score.audio", "score.visual"}},
		{"inforeg", []string{
			"step", "epoch", "loss", "acc", "score.audio", "score.visual",
			"alpha.audio", "on.audio", "penalty.audio", "alpha.visual", "on.visual", "penalty.visual", "total",
		}},
	} {
		t.Run(tt.method, func(t *testing.T) {
			for _, out := range []string{"a", "b"} {
				s.must(t, small("-method", tt.method, "-epochs", "3", "-seed", "7", "-out", tt.method+out)...)
			}
			s.must(t, small("-method", tt.method, "-epochs", "3", "-seed", "8", "-out", tt.method+"c")...)
			text := s.read(t, tt.method+"a", "metrics.jsonl")
			list, names := metricsOf(t, text)
			if diff := cmp.Diff(tt.names, names); diff != "" {
				t.Errorf("names (-want +got)\n%s", diff)
			}
			if len(list) != 3*smallEpoch {
				t.Errorf("%d lines, want %d", len(list), 3*smallEpoch)
			}
			for i, m := range list {
				if m["step"] != float64(i) || m["epoch"] != float64(i/smallEpoch) {
					t.Errorf("line %d has step %v of epoch %v", i, m["step"], m["epoch"])
				}
				if !(m["loss"] > 0) || m["acc"] < 0 || m["acc"] > 1 {
					t.Errorf("line %d: loss %v, acc %v", i, m["loss"], m["acc"])
				}
			}
			probes := s.read(t, tt.method+"a", "probes.jsonl")
			for line := range strings.Lines(probes) {
				var p map[string]any
				if err := json.Unmarshal([]byte(line), &p); err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{
					"step", "epoch", "kind", "encoder", "value", "se", "loss", "labels", "bn", "n",
				} {
					if _, ok := p[name]; !ok {
						t.Errorf("%s lacks %s", line, name)
					}
				}
			}
			for _, kind := range []string{"fisher_emp", "released", "cosine", "accuracy"} {
				if !strings.Contains(probes, `"kind":"`+kind+`"`) {
					t.Errorf("no %s among the probes", kind)
				}
			}
			if again := s.read(t, tt.method+"b", "metrics.jsonl"); again != text {
				t.Errorf("the same seed gives other metrics:\n%s\n%s", text, again)
			}
			if again := s.read(t, tt.method+"b", "probes.jsonl"); again != probes {
				t.Errorf("the same seed gives other probes:\n%s\n%s", probes, again)
			}
			if s.read(t, tt.method+"c", "metrics.jsonl") == text {
				t.Error("another seed gives the same metrics")
			}
		})
	}
}

// TestRunAgain: a run that is done says so and changes nothing; with more epochs it goes on, and is then what it
// would have been in one go.
func TestRunAgain(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	first := s.must(t, small("-epochs", "1", "-out", "r")...)
	if !strings.Contains(first.out, "test accuracy of fused (head): ") ||
		!strings.Contains(first.err, "3 of 3 steps to go") {
		t.Errorf("output\n%s%s\nwant the way ahead and the accuracy on the test split", first.err, first.out)
	}
	before := fingerprint(t, s.path("r"))
	again := s.must(t, small("-out", "r", "-epochs", "1")...)
	if !strings.Contains(again.err, "is done") || again.out != first.out {
		t.Errorf("run again: %s%s\nwant that it is done, and\n%s", again.err, again.out, first.out)
	}
	if p := s.must(t, small("-out", "r", "-epochs", "1")...); p != again || fingerprint(t, s.path("r")) != before {
		t.Errorf("run a third time: %s%s", p.err, p.out)
	}
	if p := s.must(t, small("-epochs", "3", "-out", "r")...); !strings.Contains(p.err, "6 of 9 steps to go") {
		t.Errorf("with more epochs: %s", p.err)
	}
	s.must(t, small("-epochs", "3", "-out", "whole")...)
	if a, b := s.read(t, "r", "metrics.jsonl"), s.read(t, "whole", "metrics.jsonl"); a != b {
		t.Errorf("in two goes\n%s\nin one\n%s", a, b)
	}
	shown, whole := s.must(t, "show", "r"), s.must(t, "show", "whole")
	if _, table, _ := strings.Cut(shown.out, "epoch    loss"); table == "" || !strings.HasSuffix(whole.out, table) {
		t.Errorf("in two goes\n%s\nin one\n%s", shown.out, whole.out)
	}
}

// TestKillResNet trains a pair of ResNet-18, kills it, takes it up again, and finds every number it had.
func TestKillResNet(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	const steps = 3
	args := []string{
		"run", "-method", "inforeg", "-epochs", "1", "-out", "r", "-set", "encoder.audio=resnet18", "-set",
		"encoder.visual=resnet18",
		"-set", "batch=8", "-set", "data.train=24", "-set", "data.val=8", "-set", "data.test=8", "-set",
		"probe_samples=8", "-set", "probe_chunk=8",
		"-set", "linear_samples=16", "-set", "every.linear=never", "-set", "lr=0.01",
	}
	cmd := s.command(t, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var killed string
	for killed == "" {
		select {
		case err := <-ended:
			t.Fatalf("ended before a step was on record: %v\n%s", err, said.String())
		case <-time.After(time.Millisecond):
		}
		sums, err := os.ReadFile(s.path("r", "metrics.jsonl.sums"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		committed := 0 // steps with all that was measured of them
		for line := range bytes.Lines(sums) {
			if bytes.HasSuffix(line, []byte("\n")) && !bytes.Contains(line, []byte(" note ")) {
				committed++
			}
		}
		if committed > 0 {
			lines := strings.SplitAfterN(s.read(t, "r", "metrics.jsonl"), "\n", committed+1)
			killed = strings.Join(lines[:committed], "")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Fatal("it came to its end before it was killed")
	}
	p := s.must(t, args...)
	text := s.read(t, "r", "metrics.jsonl")
	list, _ := metricsOf(t, text)
	if len(list) != steps || !strings.HasPrefix(text, killed) {
		t.Errorf("%d steps, want %d that begin with\n%s\n%s", len(list), steps, killed, text)
	}
	if events := s.read(t, "r", "events.jsonl"); !strings.Contains(events, `"reopened"`) ||
		strings.Contains(events, "differs") {
		t.Errorf("events:\n%s\nwant that it was reopened, and computed the same again\n%s", events, p.err)
	}
	traces := map[string]int{}
	for line := range strings.Lines(s.read(t, "r", "probes.jsonl")) {
		var rec struct {
			Kind, Encoder string
			Value         float64
			N             int
		}
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		if rec.Kind == "fisher_emp" {
			if !(rec.Value > 0) || math.IsInf(rec.Value, 0) || rec.N != 8 {
				t.Errorf("trace %s", line)
			}
			traces[rec.Encoder]++
		}
	}
	if diff := cmp.Diff(map[string]int{"audio": 2, "visual": 2}, traces); diff != "" {
		t.Errorf("traces at the start and at the end of the epoch (-want +got)\n%s", diff)
	}
}
