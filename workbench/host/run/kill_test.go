package run

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
)

// measuring are settings under which steps measure all that there is, many of them in mid-epoch.
func measuring() map[string]any {
	return hosttest.Tiny("joint", map[string]any{
		"probes": "full", "every.share": "3 steps", "every.signs": "3 steps", "every.labels": "3 steps",
		"probe_draws":  2.0,
		"every.motion": "2 steps", "every.cosine": "2 steps", "every.noise": "4 steps", "every.fisher_emp": "log",
	})
}

// TestKillMidEpoch: 20 steps in one go equal 7 steps, kill -9, reopening and 13 steps, in every bit.
func TestKillMidEpoch(t *testing.T) {
	shop := newTestShop(t)
	for _, tt := range []struct {
		name     string
		settings map[string]any
	}{{"joint", hosttest.Small("joint")}, {"inforeg", hosttest.Small("inforeg")}, {"measuring", measuring()}} {
		t.Run(tt.name, func(t *testing.T) {
			whole := trained(t, shop, "whole-"+tt.name, tt.settings, 20)
			dir := filepath.Join(t.TempDir(), "cut")
			cmd := childCommand(t, tt.settings, dir, 7, "wait")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for in := bufio.NewScanner(out); in.Scan() && !strings.HasPrefix(in.Text(), "done"); {
				if strings.HasPrefix(in.Text(), "error") {
					t.Fatal(in.Text())
				}
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // killed
			cut, err := shop.OpenDir(dir, tt.settings)
			if err != nil {
				t.Fatal(err)
			}
			if s := cut.Status().Step; s != 7 {
				t.Fatalf("reopened at step %d, want 7", s)
			}
			if err := cut.To(t.Context(), 20, "test"); err != nil {
				t.Fatal(err)
			}
			sameRecords(t, whole.Dir, cut.Dir, 20)
			hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, cut))
		})
	}
}

// killsVariable says how often the trial below kills; some hundred times once, twenty in each test.
const killsVariable = "PRIMEWINDOW_TEST_KILLS"

// TestKillAtRandomMoments kills a training process twenty times, whatever it is doing, lets a new one go on,
// and compares with a run that nobody disturbed.
func TestKillAtRandomMoments(t *testing.T) {
	const method = "inforeg"
	kills := 20
	if text := os.Getenv(killsVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	shop := newTestShop(t)
	r := rand.New(rand.NewPCG(1, 1))
	dir := filepath.Join(t.TempDir(), "cut")
	const far = 1 << 20
	reached := 0
	var steps []int
	for range kills {
		cmd := childCommand(t, hosttest.Small(method), dir, far, "go")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(out)
		if !in.Scan() {
			t.Fatal("the child said nothing")
		}
		var at int
		if _, err := fmt.Sscanf(in.Text(), "opened at %d", &at); err != nil || at < reached {
			t.Fatalf("the child said %q after step %d", in.Text(), reached)
		}
		reached = at
		// Some lives end while graphs are compiled or steps computed again, most while new ones are taken.
		span := time.Second
		if r.IntN(4) > 0 {
			if !in.Scan() || in.Text() != "moving" {
				t.Fatalf("the child said %q, want that it takes new steps", in.Text())
			}
			span /= 2
		}
		time.Sleep(time.Duration(r.Float64() * float64(span)))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		steps = append(steps, at)
	}
	cut, err := shop.OpenDir(dir, hosttest.Small(method))
	if err != nil {
		t.Fatal(err)
	}
	n := cut.Status().Step + 3
	t.Logf("opened at steps %v, then at %d", steps, n-3)
	if n < 50 {
		t.Fatalf("only %d steps in %d lives: the test has not tested anything", n, kills)
	}
	if err := cut.To(t.Context(), n, "test"); err != nil {
		t.Fatal(err)
	}
	if cut.recomputed > 50 {
		t.Errorf("%d steps computed again, want at most 50", cut.recomputed)
	}
	for _, c := range cut.rec.Changes {
		if c.Event != wire.EventReopened {
			t.Errorf("event %s: %s", c.Event, c.Text)
		}
	}
	whole := trained(t, shop, "whole", hosttest.Small(method), n)
	sameRecords(t, whole.Dir, cut.Dir, n)
	hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, cut))
}
