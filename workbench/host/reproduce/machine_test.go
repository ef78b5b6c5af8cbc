package reproduce

import (
	"os"
	"testing"

	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// TestRecordedMachine: a record has the machine of its runs, wherever it is written, and none that -verify could take
// for one where they are of several or nobody knows.
func TestRecordedMachine(t *testing.T) {
	for _, tt := range []struct {
		name    string
		of      [][]string // machines of the first runs
		want    string
		partial bool // it stands for no machine: nothing has to repeat
	}{
		{"nothing trained", nil, xla.Machine(), false},
		{"elsewhere", [][]string{{"A"}, {"A"}}, "A", false},
		{"here", [][]string{{xla.Machine()}}, xla.Machine(), false},
		{"two machines", [][]string{{"B"}, {"A"}, {"B"}}, "A; B", true},
		{"one run on two", [][]string{{"A", "B"}, {"A"}}, "A; B", true},
		{"an older version's", [][]string{nil, nil}, unknownMachine, true},
		{"an older version's, carried on here", [][]string{{"", xla.Machine()}},
			xla.Machine() + "; " + unknownMachine, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ask := smallReproduction(t, func(r *Ask) { r.Tune = false })
			p, err := Open(run.NewShop(t.TempDir()), ask)
			if err != nil {
				t.Fatal(err)
			}
			one := p.parts[0]
			for i, machines := range tt.of {
				s, err := one.stageOf(one.list[i/2])
				if err != nil {
					t.Fatal(err)
				}
				r := s.main[i%2]
				settings := r.Arm().Settings()
				man := record.Manifest{
					Schema: record.Schema, ID: record.NewID(), Name: "r", Settings: settings,
					SettingsHash: settings.Hash(), Seed: r.Seed, StepsPerEpoch: 3, Data: one.Desc, Machines: machines,
				}
				if err := os.MkdirAll(r.Dir, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := man.Write(r.Dir); err != nil {
					t.Fatal(err)
				}
			}
			rec, err := one.record()
			if err != nil {
				t.Fatal(err)
			}
			if rec.Machine != tt.want {
				t.Errorf("machine %q, want %q", rec.Machine, tt.want)
			}
			if tt.partial && rec.Machine == xla.Machine() {
				t.Error("every digit would have to repeat here")
			}
		})
	}
}
