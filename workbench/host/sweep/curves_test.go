package sweep

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestCurvesOf: what is on record at the ends of epochs, on the validation split, and how often the method acted.
func TestCurvesOf(t *testing.T) {
	rec := record.Recorded{
		Status:   wire.Status{Modalities: []string{"audio", "visual"}},
		Declared: setting.Values{"probe_params": setting.ParamsAll, "probe_bn": setting.BNRecalibrated},
	}
	probe := func(step int, kind, encoder, readout, split string, v float64) {
		rec.History.Probes = append(
			rec.History.Probes,
			wire.Record{
				Step: step, Kind: kind, Encoder: encoder, Readout: readout, Split: split, Value: v,
				Loss: inforeg.LossFused, BN: setting.BNRecalibrated,
			},
		)
	}
	probe(0, inforeg.KindFisherEmp, "audio", "", "", 268.160907)
	probe(2, inforeg.KindFisherEmp, "audio", "", "", 9)
	probe(4, inforeg.KindFisherEmp, "audio", "", "", 0.00012345678)
	probe(4, inforeg.KindFisherTrue, "audio", "", "", 9)
	probe(4, inforeg.KindAccuracy, "audio", wire.ReadoutLinear, "val", 0.5)
	probe(4, inforeg.KindAccuracy, "audio", wire.ReadoutLinear, "val", 0.625)
	probe(4, inforeg.KindAccuracy, "audio", wire.ReadoutLinear, "test", 0.9)
	for i := range 9 { // two epochs and a step
		m := map[string]float64{"on.audio": 0}
		if i < 3 || i > 6 {
			m["on.audio"] = 1
		}
		rec.History.Metrics = append(rec.History.Metrics, m)
	}
	got := curvesOf(rec, 4)
	want := map[string]string{
		"fisher_emp audio 0": "268.16", "fisher_emp audio 1": "0.00012346", "accuracy audio linear 1": "0.625",
		"acted audio 1": "0.75", "acted audio 2": "0.25",
	}
	all := map[string]string{}
	for _, c := range got {
		for epoch := range got.epochs() {
			if v := got.at(c.quantity, epoch); v != "" {
				all[c.quantity+" "+string(rune('0'+epoch))] = v
			}
		}
	}
	if diff := cmp.Diff(want, all); diff != "" || got.epochs() != 3 {
		t.Errorf(
			"%d epochs, want the start and two (-want +got)\n%s\nreason: between epochs another schedule measures; "+
				"of a value measured twice the later counts; visual has no such metric",
			got.epochs(), diff,
		)
	}
}

func TestFolders(t *testing.T) {
	const text = `xla:cpu - PJRT "cpu" plugin (/some where/.venv/lib/pjrt/pjrt_c_api_cpu_plugin.so) v0.81`
	if got, want := folders.ReplaceAllString(text, ""),
		`xla:cpu - PJRT "cpu" plugin (pjrt_c_api_cpu_plugin.so) v0.81`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
