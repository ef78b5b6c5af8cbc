package host

import (
	"fmt"
	"maps"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

// What a run measures by itself, each with a schedule of its own, the setting everyPrefix and its name.
const (
	probeAccuracy = inforeg.KindAccuracy   // of the head, on the validation split
	probeCosine   = inforeg.KindCosine     // between the last batch gradients, with what noise and chance would give
	probeEmp      = inforeg.KindFisherEmp  // exact, on the probe samples: the trace of eq. 7
	probeTrue     = inforeg.KindFisherTrue // exact over classes, likewise
	probeLabels   = inforeg.KindLabels     // fisher_true of the step's batch by drawn labels
	probeLinear   = "linear"               // accuracy of fresh linear classifiers on frozen features
	probeMotion   = wire.KindMotion        // gradient norm, size of the update, distance from the start, by layer
	probeNoise    = "noise"                // gradient noise and signal: the noise scale
	probeShare    = inforeg.KindShare      // shares of the step's gradient, exact
	probeSigns    = inforeg.KindSigns      // fisher_emp of the step's batch by balanced signs
)

const everyPrefix = "every."

// presets are the schedules that the setting probes chooses; what is not named is never measured.
var presets = map[string]map[string]string{
	"none": {},
	"economy": {
		probeEmp: "1 window", probeAccuracy: "1 epoch", probeMotion: "1 epoch", probeSigns: "8 steps",
	},
	"standard": {
		probeEmp: "1 window", probeAccuracy: "1 epoch", probeLinear: "1 epoch", probeMotion: "1 epoch",
		probeCosine: "1 epoch", probeNoise: "1 epoch",
	},
	"full": {
		probeEmp: "1 window", probeTrue: "1 epoch", probeAccuracy: "1 epoch", probeLinear: "1 epoch", probeMotion: "1 epoch",
		probeCosine: "1 epoch", probeNoise: "1 epoch", probeShare: "8 steps", probeSigns: "8 steps", probeLabels: "8 steps",
	},
}

// scheduleDocs says what each schedule measures.
var scheduleDocs = map[string]string{
	probeAccuracy: "accuracy of the head and of each modality on the validation split",
	probeCosine:   "cosines between the last batch gradients",
	probeEmp:      "the exact Fisher trace of eq. 7, which window tests read",
	probeTrue:     "the exact trace of the Fisher information, over all classes",
	probeLabels:   "that trace of a step's own batch by labels drawn from the model",
	probeLinear:   "accuracy of fresh linear probes on frozen features",
	probeMotion:   "gradient norm, size of the update and distance from the start, of every layer",
	probeNoise:    "gradient noise and signal, whose ratio is the noise scale",
	probeShare:    "every sample's share of a step's gradient; the step sums its gradient in another order then",
	probeSigns:    "the trace of eq. 7 of a step's own batch by balanced signs",
}

// scheduleSettings are the settings that say when what is measured.
func scheduleSettings() []data.Setting {
	list := []data.Setting{{
		Name: "probes", Default: "standard", Choices: slices.Sorted(maps.Keys(presets)), Mutable: true,
		Doc: "what a run measures by itself: none, economy, standard or full; the settings every.* change single parts of it",
	}}
	for _, name := range slices.Sorted(maps.Keys(scheduleDocs)) {
		list = append(list, data.Setting{
			Name: everyPrefix + name, Default: "", Check: checkSchedule, Mutable: true,
			Doc: scheduleDocs[name] + ": never, epoch, 2 epochs, window (as often as window_every says), 8 steps, 1500 samples, log or 5 per decade; empty: as probes says",
		})
	}
	return list
}

func checkSchedule(text string) error {
	if text == "" {
		return nil
	}
	_, err := inforeg.ParseSchedule(text)
	return err
}

// schedule is when a probe measures under these settings.
func (s Settings) schedule(name string) inforeg.Schedule {
	text := s.text(everyPrefix + name)
	if text == "" {
		text = presets[s.text("probes")][name]
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

// checkInterval wants a length of training that ends again and again.
func checkInterval(text string) error {
	every, err := inforeg.ParseSchedule(text)
	if err == nil {
		_, err = inforeg.NewClock(every, 1, 1)
	}
	return err
}

// clock is that of a run with these settings, and the length of an interval over that which k is for. Runs of older
// versions have neither setting: theirs are epochs.
func (s Settings) clock(perEpoch int) (clock inforeg.Clock, share float64) {
	lengths := map[string]inforeg.Clock{}
	for _, name := range []string{windowEvery, "k_every"} {
		text, ok := s[name].(string)
		if !ok {
			text = "epoch"
		}
		every, err := inforeg.ParseSchedule(text)
		if err == nil {
			lengths[name], err = inforeg.NewClock(every, perEpoch, s.whole("batch"))
		}
		if err != nil {
			panic(fmt.Errorf("host: %w", err)) // checkInterval lets nothing else in
		}
	}
	clock = lengths[windowEvery]
	return clock, float64(clock.Interval) / float64(lengths["k_every"].Interval)
}

const windowEvery = "window_every"
