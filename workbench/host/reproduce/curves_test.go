package reproduce

import (
	"testing"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestCurvesBetweenTests: a curve whose last points are no window tests has an error of a rise, or a place for one, at
// each point all the same: figures take a shorter list for that of a record without any.
func TestCurvesBetweenTests(t *testing.T) {
	p, err := Open(run.NewShop(t.TempDir()), smallReproduction(t, func(r *Ask) { r.Targets = []string{"fig1"} }))
	if err != nil {
		t.Fatal(err)
	}
	const perEpoch, every, epochs = 4, 2, 5 // tests after epochs 2 and 4
	rec := record.Recorded{
		Status: wire.Status{
			Name: "r", Modalities: []string{"audio"}, Step: epochs * perEpoch, StepsPerEpoch: perEpoch,
			StepsPerTest: every * perEpoch, Settings: map[string]any{},
		},
		Declared: setting.Values{
			"probe_bn": "recalibrated", "probe_params": "", "batch": 4.0, setting.WindowEvery: "2 epochs",
		},
	}
	for epoch := 1; epoch <= epochs; epoch++ {
		rec.History.Probes = append(rec.History.Probes, wire.Record{
			Step: epoch * perEpoch, Kind: inforeg.KindFisherEmp, Encoder: "audio", Loss: inforeg.LossFused,
			BN: "recalibrated", Value: float64(epoch), Each: []float32{float32(epoch), float32(2 * epoch), 1},
		})
	}
	for _, c := range p.parts[0].curvesOf(rec, perEpoch) {
		if c.Quantity != "fisher_emp audio" {
			continue
		}
		known := 0
		for _, se := range c.RiseSE {
			if se != nil {
				known++
			}
		}
		if len(c.Values) != epochs || len(c.RiseSE) != epochs || known != 1 || c.RiseSE[3] == nil {
			t.Errorf("%d values, errors of rises %v, want a place for each of %d and one, of epoch 4", len(c.Values),
				c.RiseSE, epochs)
		}
		return
	}
	t.Error("no curve of the trace")
}
