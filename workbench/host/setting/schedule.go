package setting

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/registry"
	"github.com/primewindow/primewindow/internal/wire"
)

// What a run measures by itself, each with a schedule of its own, the setting everyPrefix and its name.
const (
	ProbeAccuracy = inforeg.KindAccuracy   // of the head, on the validation split
	ProbeCosine   = inforeg.KindCosine     // between the last batch gradients, with what noise and chance would give
	ProbeEmp      = inforeg.KindFisherEmp  // exact, on the probe samples: the trace of eq. 7
	ProbeTrue     = inforeg.KindFisherTrue // exact over classes, likewise
	ProbeLabels   = inforeg.KindLabels     // fisher_true of the step's batch by drawn labels
	ProbeLinear   = "linear"               // accuracy of fresh linear classifiers on frozen features
	ProbeMotion   = wire.KindMotion        // gradient norm, size of the update, distance from the start, by layer
	ProbeNoise    = "noise"                // gradient noise and signal: the noise scale
	ProbeShare    = inforeg.KindShare      // shares of the step's gradient, exact
	ProbeSigns    = inforeg.KindSigns      // fisher_emp of the step's batch by balanced signs
)

// EveryPrefix begins the names of the settings that say when something is measured. What follows it is the Name of a
// row of [Probes].
const EveryPrefix = "every."

// WindowEvery is the setting that says how often the window is tested.
const WindowEvery = "window_every"

// Probe is one that a run measures by itself: what is scheduled, documented and preset by its row among [Probes].
type Probe struct {
	Name    string            // of its schedule, behind EveryPrefix
	Doc     string            // what it measures
	Presets map[string]string // its schedule by the setting probes; where there is none it is never measured
}

// Presets of the setting probes. Each row of Probes has its schedules by these names; none is in no row.
const (
	presetNone     = "none"
	presetEconomy  = "economy"
	presetStandard = "standard"
	presetFull     = "full"
)

// probes are all of them, those of the program in alphabetical order. What is measured after a step, while training
// waits, is due once an epoch or window. What a step measures while it is taken is due every 8 steps, so that most
// steps do no more than train.
var probes = registry.New(func(p Probe) string { return p.Name },
	Probe{
		ProbeAccuracy, "accuracy of the head and of each modality on the validation split",
		map[string]string{presetEconomy: "1 epoch", presetStandard: "1 epoch", presetFull: "1 epoch"},
	},
	Probe{
		ProbeCosine, "cosines between the last batch gradients",
		map[string]string{presetStandard: "1 epoch", presetFull: "1 epoch"},
	},
	Probe{
		ProbeEmp, "the exact Fisher trace of eq. 7, which window tests read",
		map[string]string{presetEconomy: "1 window", presetStandard: "1 window", presetFull: "1 window"},
	},
	Probe{
		ProbeTrue, "the exact trace of the Fisher information, over all classes",
		map[string]string{presetFull: "1 epoch"},
	},
	Probe{
		ProbeLabels, "that trace of a step's own batch by labels drawn from the model",
		map[string]string{presetFull: "8 steps"},
	},
	Probe{
		ProbeLinear, "accuracy of fresh linear probes on frozen features",
		map[string]string{presetStandard: "1 epoch", presetFull: "1 epoch"},
	},
	Probe{
		ProbeMotion, "gradient norm, size of the update and distance from the start, of every layer",
		map[string]string{presetEconomy: "1 epoch", presetStandard: "1 epoch", presetFull: "1 epoch"},
	},
	Probe{
		ProbeNoise, "gradient noise and signal, whose ratio is the noise scale",
		map[string]string{presetStandard: "1 epoch", presetFull: "1 epoch"},
	},
	Probe{
		ProbeShare, "every sample's share of a step's gradient; the step sums its gradient in another order then",
		map[string]string{presetFull: "8 steps"},
	},
	Probe{
		ProbeSigns, "the trace of eq. 7 of a step's own batch by balanced signs",
		map[string]string{presetEconomy: "8 steps", presetFull: "8 steps"},
	},
)

// Probes are all that a run measures by itself.
func Probes() []Probe { return probes.All() }

// RegisterProbe adds one; remove takes it out again. What it measures is a row of package probe.
func RegisterProbe(p Probe) (remove func(), err error) { return probes.Add(p) }

// preset is the schedule of a probe by the setting probes; empty where it is never measured.
func preset(chosen, name string) string {
	p, _ := probes.Find(name)
	return p.Presets[chosen]
}

// scheduleSettings are the settings that say when what is measured.
func scheduleSettings() []data.Setting {
	list := []data.Setting{{
		Name: "probes", Default: presetStandard,
		Choices: []string{presetEconomy, presetFull, presetNone, presetStandard}, Mutable: true,
		Doc: "what a run measures by itself: none, economy, standard or full; the settings every.* change single " +
			"parts of it",
	}}
	for _, p := range Probes() {
		list = append(list, data.Setting{
			Name: EveryPrefix + p.Name, Default: "", Check: checkSchedule, Mutable: true,
			Doc: p.Doc +
				": never, epoch, 2 epochs, window (as often as window_every says), 8 steps, 1500 samples, log or 5 " +
				"per decade; empty: as probes says",
		})
	}
	return list
}

// checkSchedule refuses what is no schedule; empty leaves it to the preset.
func checkSchedule(text string) error {
	if text == "" {
		return nil
	}
	_, err := inforeg.ParseSchedule(text)
	return err
}

// Schedule is when a probe measures under these settings. Its own setting comes first, then the preset. It is read from
// text each time, since settings may change at any step.
func (s Values) Schedule(name string) inforeg.Schedule {
	text := s.Text(EveryPrefix + name)
	if text == "" {
		text = preset(s.Text("probes"), name)
	}
	if text == "" {
		return inforeg.Schedule{}
	}
	parsed, err := inforeg.ParseSchedule(text)
	if err != nil {
		panic(fmt.Errorf("host: %w", err)) // checkSchedule and the presets' test let nothing else in
	}
	return parsed
}

// checkInterval wants a length of training that ends again and again. Only the form counts here: the lengths of epoch
// and batch, which are not known yet, are made up.
func checkInterval(text string) error {
	every, err := inforeg.ParseSchedule(text)
	if err == nil {
		_, err = inforeg.NewClock(every, 1, 1)
	}
	return err
}

// Clock is that of a run with these settings, and the length of an interval over that which k is for: at 1 a rise is
// tested against k itself, else against its share, see inforeg.ScaleK. Runs of older versions have neither setting:
// theirs are epochs. Both are fixed for a run, as its traces are counted by them.
func (s Values) Clock(perEpoch int) (clock inforeg.Clock, share float64) {
	lengths := map[string]inforeg.Clock{}
	for _, name := range []string{WindowEvery, "k_every"} {
		text, ok := s[name].(string)
		if !ok {
			text = "epoch"
		}
		every, err := inforeg.ParseSchedule(text)
		if err == nil {
			lengths[name], err = inforeg.NewClock(every, perEpoch, s.Batch())
		}
		if err != nil {
			panic(fmt.Errorf("host: %w", err)) // checkInterval lets nothing else in
		}
	}
	clock = lengths[WindowEvery]
	return clock, float64(clock.Interval) / float64(lengths["k_every"].Interval)
}
