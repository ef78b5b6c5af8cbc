package workbench

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
)

// Option is a part of a declaration: mostly one setting, by the name it has in records and on the command line.
type Option func(*declaration)

// declaration is what options are collected in.
type declaration struct {
	settings map[string]any
	like     *Run
	err      error // the first thing that is wrong
}

func (d *declaration) set(name string, value any) {
	if d.settings == nil {
		d.settings = map[string]any{}
	}
	d.settings[name] = value
}

func (d *declaration) fail(message, hint string) {
	if d.err == nil {
		d.err = &wire.Problem{Message: message, Hint: hint}
	}
}

// collect applies options in order.
func collect(options []Option) declaration {
	var d declaration
	for i, o := range options {
		if o == nil {
			d.fail(fmt.Sprintf("option %d is nil", i+1), "leave it out")
			continue
		}
		o(&d)
	}
	return d
}

// With sets any setting by its name, for example With("data.audio_noise", 0.5). The value is a number, a
// string or a bool; the host checks name, type and bounds.
func With(name string, value any) Option {
	return func(d *declaration) {
		switch v := value.(type) {
		case bool, string, float64, int:
		case float32:
			value = float64(v)
		case int64:
			value = float64(v)
		default:
			d.fail(
				fmt.Sprintf("setting %s: got %T, want a number, a string or a bool", name, value),
				"write the value itself, for example 0.5",
			)
			return
		}
		if name == "" {
			d.fail("a setting without a name", `for example wb.With("lr_step", 10)`)
			return
		}
		d.set(name, value)
	}
}

// Data names the set of samples; `primewindow data list` shows the sets.
func Data(name string) Option { return With("data", name) }

// Dir names the folder that the set is read from, relative to the working folder.
func Dir(path string) Option {
	return func(d *declaration) {
		abs, err := filepath.Abs(path)
		if err != nil {
			d.fail(err.Error(), "name the folder from the root")
			return
		}
		d.set("dir", abs)
	}
}

// Method names the training method.
func Method(name string) Option { return With("method", name) }

// Joint is plain training on the fused loss.
func Joint() Option { return Method("joint") }

// InfoReg is the paper's method, with its constants as the options say.
func InfoReg(options ...Option) Option {
	return func(d *declaration) {
		d.set("method", "inforeg")
		for _, o := range options {
			if o == nil {
				d.fail("InfoReg: an option is nil", "leave it out")
				continue
			}
			o(d)
		}
	}
}

// Seed fixes the initial weights and the order of samples.
func Seed(n int) Option { return With("seed", n) }

// LR is the learning rate at epoch 0. With 0 nothing is learnt: the run beside which a trace has to be read.
func LR(rate float64) Option { return With("lr", rate) }

// ShuffledLabels gives training samples each other's labels: a control, in which only memory can be learnt.
func ShuffledLabels() Option { return With("shuffle_labels", true) }

// Momentum is SGD's.
func Momentum(m float64) Option { return With("momentum", m) }

// WeightDecay is SGD's.
func WeightDecay(decay float64) Option { return With("weight_decay", decay) }

// Beta is β of the paper's eq. 16. At 0 the penalty has strength 1: see [Regulate] to take it away.
func Beta(beta float64) Option { return With("beta", beta) }

// K is the relative rise of the trace that opens the prime learning window, of the paper's eq. 11.
func K(k float64) Option { return With("k", k) }

// Regulate switches InfoReg's penalty on or off. Off, what is left is joint training.
func Regulate(on bool) Option { return With("regulate", on) }

// Batch is the number of samples in a step.
func Batch(size int) Option { return With("batch", size) }

// Epochs is the planned length, up to which [Run.Start] trains.
func Epochs(n int) Option { return With("epochs", n) }

// Probes chooses what a run measures by itself: "none", "economy", "standard" or "full"; see also [When].
func Probes(preset string) Option { return With("probes", preset) }

// When says when a probe measures by itself: one of the kinds of [Run.Probe], or [Share], [SignSums] or [DrawnLabels],
// which are measured in a training step out of its own passes.
func When(probe ProbeKind, schedule Schedule) Option {
	return With("every."+string(probe), string(schedule))
}

// Schedule says when a probe measures.
type Schedule string

// Schedules of [When]. Log is ten times for each factor of ten.
const (
	Never Schedule = "never"
	Log   Schedule = "log"
)

// EverySteps measures when so many more steps are done.
func EverySteps(n int) Schedule { return Schedule(fmt.Sprintf("%d steps", n)) }

// EveryEpochs measures at the end of every so many epochs.
func EveryEpochs(n int) Schedule { return Schedule(fmt.Sprintf("%d epochs", n)) }

// PerDecade measures so many times for each factor of ten.
func PerDecade(n int) Schedule { return Schedule(fmt.Sprintf("%d per decade", n)) }

// Modalities names those to train on; without it all of them are.
func Modalities(names ...string) Option {
	return func(d *declaration) {
		for i, name := range names {
			if strings.Trim(name, ", \t\n") != name || name == "" {
				d.fail(
					fmt.Sprintf("Modalities: name %d is %q", i+1, name),
					`for example wb.Modalities("audio", "visual"); without the option all are trained on`,
				)
				return
			}
			if slices.Contains(names[:i], name) {
				d.fail(fmt.Sprintf("Modalities: %s is named twice", name), "name each once")
				return
			}
		}
		d.set("modalities", strings.Join(names, ","))
	}
}

// Encoder chooses a modality's encoder, for example Encoder("visual", "resnet18,width=0.5,stem=small").
func Encoder(modality, spec string) Option { return With("encoder."+modality, spec) }

// Like takes over the settings with which another run was declared; options beside it change them. Of a method
// that is changed, settings of the other method are left behind.
func Like(other *Run) Option {
	return func(d *declaration) {
		if other == nil {
			d.fail("Like: the run is nil", "declare it above, with wb.Open")
			return
		}
		d.like = other
	}
}

// At is a point in a run: a number of steps or of epochs done.
type At struct{ step, epoch *int }

// Step is the point at which n steps are done.
func Step(n int) At { return At{step: &n} }

// Epoch is the point at which n epochs are done.
func Epoch(n int) At { return At{epoch: &n} }

func (a At) String() string {
	switch {
	case a.step != nil:
		return fmt.Sprintf("step %d", *a.step)
	case a.epoch != nil:
		return fmt.Sprintf("epoch %d", *a.epoch)
	}
	return "no step"
}

// check reports a point that no run has.
func (a At) check() error {
	for _, n := range []*int{a.step, a.epoch} {
		if n != nil && *n < 0 {
			return &wire.Problem{Message: fmt.Sprintf("fork at %v: want 0 or more", a), Hint: "a run begins at step 0"}
		}
	}
	if a.step == nil && a.epoch == nil {
		return &wire.Problem{Message: "fork at no step", Hint: "say where, for example wb.Epoch(3) or wb.Step(40)"}
	}
	return nil
}

// Split names a part of a set of samples.
type Split = data.Split

// The splits.
const (
	Train      = data.Train
	Validation = data.Validation // choices are made on it
	Test       = data.Test       // reported once
)

// ProbeKind names what can be measured of a run.
type ProbeKind string

// What [Run.Probe] measures, and [When] schedules.
const (
	// FisherEmp is the mean per-sample squared gradient norm at the observed labels, the paper's eq. 7.
	FisherEmp ProbeKind = "fisher_emp"
	// FisherTrue is the same at the model's own labels: the trace of the Fisher information itself.
	FisherTrue  ProbeKind = "fisher_true"
	BatchSquare ProbeKind = "batch_g2" // mean over an epoch of the squared norm of the batch gradient
	Noise       ProbeKind = "noise"    // gradient noise and signal, whose ratio is the noise scale
	Linear      ProbeKind = "linear"   // accuracy of fresh linear probes on frozen features
)

// What [When] alone schedules: it is measured in a training step, out of the step's own passes.
const (
	Share       ProbeKind = "share"  // squared norms of the samples' shares of a step's gradient
	SignSums    ProbeKind = "signs"  // fisher_emp of a step's batch, by balanced signs
	DrawnLabels ProbeKind = "labels" // fisher_true of a step's batch, by drawn labels
)

// FigureKind names what can be drawn of runs.
type FigureKind string

// What [Draw] draws and nothing measures by that name.
const (
	Trace     FigureKind = "trace"   // Fisher traces, with the prime learning windows
	TrueTrace FigureKind = "true"    // the same of [FisherTrue]
	Running   FigureKind = "running" // what steps measured out of their own passes, each definition in a panel
	// Smooth shows one trace as measured, smoothed, and smoothed as in the published code, with their windows.
	Smooth     FigureKind = "smooth"
	Layers     FigureKind = "layers"  // which layers carry the trace
	Gap        FigureKind = "gap"     // between the modalities, in gradient norm and in trace
	TopSamples FigureKind = "samples" // the samples that carry most of the trace, as pictures
	Loss       FigureKind = "loss"
)

// What is a [ProbeKind] and a [FigureKind], as it is used: these constants have no type of their own.
const (
	Released = "released" // what the published code accumulates
	Cosine   = "cosine"   // between the last batch gradients
	Motion   = "motion"   // gradient norm, size of the update, distance from the start, by layer
	Accuracy = "accuracy" // of the fused prediction and of each modality, on the validation split
)

// MacroF1 is what [Run.Evaluate] measures beside accuracies: the mean over all classes of the fused prediction's F1,
// which is the harmonic mean of precision and recall. A class that is neither there nor predicted counts as 0.
const MacroF1 = wire.MacroF1

// View says what is shown while a run trains, beside the line of text.
type View int

// Live draws loss, traces and accuracies while they grow.
const Live View = 1
