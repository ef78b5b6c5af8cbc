package reproduce

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// TestShownSeed: of maps the first seed with which the method acted is shown by all arms, and no later one is trained.
func TestShownSeed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		acted  []bool // by seed, of those that are trained
		seed   int
		known  bool
		search int // runs that were looked at
		reason string
	}{
		{"nothing trained", nil, 0, false, 1, "the first seed comes first"},
		{"the first acted", []bool{true}, 0, true, 1, "no other is needed"},
		{"the first did not", []bool{false}, 0, false, 2, "the next has to be trained"},
		{"the third acted", []bool{false, false, true}, 2, true, 3, "the first that did"},
		{"none acted", []bool{false, false, false}, 0, true, 3, "seed 0, and the figure says so"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Open(run.NewShop(t.TempDir()), smallReproduction(t, func(r *Ask) {
				r.Targets, r.Seeds, r.Tune =
					[]string{"fig6"}, 3, false
			}))
			if err != nil {
				t.Fatal(err)
			}
			one := p.parts[0]
			p.shown = map[string]bool{}
			for seed, did := range tt.acted {
				r, err := one.run(one.list[0], seed, one.list[0].usualRate(), "")
				if err != nil {
					t.Fatal(err)
				}
				r.Done, p.shown[r.Dir] = r.Steps, did
			}
			seed, known, search, err := one.shownSeed()
			if err != nil || seed != tt.seed || known != tt.known || len(search) != tt.search {
				t.Fatalf(
					"seed %d, known %v, after %d runs, error %v; want %d, %v, %d\nreason: %s", seed, known, len(search),
					err, tt.seed, tt.known, tt.search, tt.reason,
				)
			}
			for _, a := range one.list {
				s, err := one.stageOf(a)
				switch {
				case err != nil || len(s.main) != 1 || (s.main[0] != nil) != tt.known:
					t.Errorf("%s: runs %v, error %v, want one where the seed is known", a.name, s.main, err)
				case tt.known && s.main[0].Seed != tt.seed:
					t.Errorf("%s: seed %d, want %d", a.name, s.main[0].Seed, tt.seed)
				}
			}
		})
	}
}

// TestActingNotes: a map says with which seed its method acted and when, or that it did not by the chosen epoch.
func TestActingNotes(t *testing.T) {
	run := func(seed, epoch int, x float64, acts ...float64) wire.ReproducedRun {
		r := wire.ReproducedRun{
			RunOutcome: wire.RunOutcome{Seed: seed, Epoch: epoch},
			Maps:       []wire.ReproducedMap{{Points: [][2]float64{{x, 0}}, Labels: []int{0}}},
		}
		if len(acts) > 0 {
			c := wire.ReproducedCurve{Quantity: wire.Acted + " audio"}
			for i, v := range acts {
				c.Epochs, c.Values = append(c.Epochs, float64(i+1)), append(c.Values, v)
			}
			r.Curves = []wire.ReproducedCurve{c}
		}
		return r
	}
	for _, tt := range []struct {
		name     string
		run      wire.ReproducedRun
		searched int
		want     string
		reason   string
	}{
		{
			"acted", run(1, 5, 2, 0, 0, 1, .5, 0), 3,
			"InfoReg acted on audio from epoch 2 to 4 with seed 1, whose chosen epoch is 5: the first of seeds 0 to 2",
			"in the third and fourth epoch",
		},
		{
			"one seed", run(0, 5, 2, 0, 0, 1, 0, 0), 1,
			"InfoReg acted on audio from epoch 2 to 3 with seed 0, whose chosen epoch is 5.", "none to choose from",
		},
		{
			"too late", run(0, 2, 2, 0, 0, 1, 1), 1, "InfoReg did not act with seed 0, whose chosen epoch is 2",
			"the map is of the second epoch",
		},
		{
			"none", run(0, 2, 2, 0, 0, 0), 3, "InfoReg acted by the chosen epoch with none of the seeds 0 to 2",
			"all were tried",
		},
		{
			"old, the same map", run(0, 2, 1), 0, "Up to its chosen epoch, 2, InfoReg did not act",
			"its points are those of joint training",
		},
		{"old", run(0, 2, 2), 0, "When InfoReg acted is not on record.", "it cannot be known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := &wire.Reproduction{Modalities: []string{"audio"}, Searched: tt.searched, Arms: []wire.ReproducedArm{
				{Name: wire.ArmInfoReg, Method: "inforeg", Runs: []wire.ReproducedRun{tt.run}},
				{Name: wire.ArmJoint, Method: "joint", Runs: []wire.ReproducedRun{run(0, 2, 1)}},
			}}
			if notes := draw.ActingNotes(rec); len(notes) != 1 || !strings.HasPrefix(notes[0], tt.want) {
				t.Errorf("%q, want one that begins %q\nreason: %s", notes, tt.want, tt.reason)
			}
		})
	}
	if diff := cmp.Diff([]string(nil), draw.ActingNotes(&wire.Reproduction{})); diff != "" {
		t.Errorf("without any arm (-want +got)\n%s", diff)
	}
}
