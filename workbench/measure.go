package workbench

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/internal/wire"
)

// StatusContext says where the run is; it creates the run if it is new.
func (r *Run) StatusContext(ctx context.Context) (Status, error) {
	_, s, err := r.attach(ctx)
	return s, err
}

// Change is a setting that [Run.SetContext] changed, or found at that value already.
type Change struct {
	Name     string
	Old, New any // float64, string or bool
}

// SetContext changes settings from the present step on. Only those that may change in the middle of a run can be
// named; setting the present value records nothing. The changes are in alphabetical order.
func (r *Run) SetContext(ctx context.Context, options ...Option) (Status, []Change, error) {
	d := collect(options)
	switch {
	case d.err != nil:
		return Status{}, nil, r.told(d.err)
	case d.like != nil:
		return Status{}, nil, r.told(
			&wire.Problem{Message: "Set: Like cannot be set", Hint: "name the settings themselves"},
		)
	case len(d.settings) == 0:
		return Status{}, nil, r.told(
			&wire.Problem{Message: "Set: nothing to set", Hint: "for example run.Set(wb.Beta(0.5))"},
		)
	}
	c, before, err := r.attach(ctx)
	if err != nil {
		return before, nil, err
	}
	var after Status
	if err := c.call(ctx, "POST", r.path("set"), d.settings, &after); err != nil {
		return before, nil, err
	}
	var changes []Change
	for _, name := range slices.Sorted(maps.Keys(d.settings)) {
		changes = append(changes, Change{name, before.Settings[name], after.Settings[name]})
	}
	return after, changes, nil
}

// EvaluateContext measures accuracies on a split at the present step and puts them on record: of the fused
// prediction, of each modality by its part of the head, and by fresh linear probes on frozen features. With them it
// measures the mean cross entropies, and the [MacroF1] of the fused prediction.
func (r *Run) EvaluateContext(ctx context.Context, split Split) ([]Record, error) {
	return r.measure(ctx, "evaluate", map[string]string{"split": string(split)})
}

// ProbeContext measures a kind of probe at the present step and puts it on record. Measured twice at one step it
// stands there once. Options choose among the definitions of [FisherEmp] and [FisherTrue]; what differs from the
// run's own definition is on record under its own name and enters no trace.
func (r *Run) ProbeContext(ctx context.Context, kind ProbeKind, options ...ProbeOption) ([]Record, error) {
	ask := wire.Probe{Kind: string(kind)}
	for _, o := range options {
		o.apply(&ask)
	}
	return r.measure(ctx, "probe", ask)
}

// ProbeOption is a part of a probe's definition.
type ProbeOption struct{ apply func(*wire.Probe) }

// OfLoss chooses the loss whose gradient is taken: "fused", "unimodal" or "sum".
func OfLoss(loss string) ProbeOption { return ProbeOption{func(p *wire.Probe) { p.Loss = loss }} }

// Statistics chooses batch norm's: "recalibrated", "eval", "const", "coupled" or "share".
func Statistics(bn string) ProbeOption { return ProbeOption{func(p *wire.Probe) { p.BN = bn }} }

// SampledLabels draws the labels of [FisherTrue] from the model, so many times, in place of the sum over classes.
func SampledLabels(draws int) ProbeOption {
	return ProbeOption{func(p *wire.Probe) { p.Labels, p.Draws = "sampled", draws }}
}

// Signs estimates by so many sums with random signs, "rademacher" or "balanced".
func Signs(estimator string, draws int) ProbeOption {
	return ProbeOption{func(p *wire.Probe) { p.Estimator, p.Draws = estimator, draws }}
}

// WeightsOnly leaves out biases and norm layers.
var WeightsOnly = ProbeOption{func(p *wire.Probe) { p.Weights = true }}

// WholeModel measures the model as a whole, all encoders and the fusion head together, and the head's own part, in
// place of each encoder: records of "model" and "head". The gradients are those of the fused loss at the observed
// labels.
var WholeModel = ProbeOption{func(p *wire.Probe) { p.Whole = true }}

// LastBatches chooses how many of the last batch gradients a [Cosine] is of.
func LastBatches(n int) ProbeOption { return ProbeOption{func(p *wire.Probe) { p.Batches = n }} }

// OnSamples chooses the number of training samples.
func OnSamples(n int) ProbeOption { return ProbeOption{func(p *wire.Probe) { p.Samples = n }} }

func (r *Run) measure(ctx context.Context, call string, ask any) ([]Record, error) {
	c, _, err := r.attach(ctx)
	if err != nil {
		return nil, err
	}
	var list []Record
	err = c.call(ctx, "POST", r.path(call), ask, &list)
	return list, err
}

// HistoryContext gives all that is on record: one map for each step, the probes, and what was changed when.
func (r *Run) HistoryContext(ctx context.Context) (History, error) {
	c, _, err := r.attach(ctx)
	if err != nil {
		return History{}, err
	}
	var h History
	err = c.call(ctx, "GET", r.path("history"), nil, &h)
	return h, err
}

// FeaturesContext gives a modality's features of all samples of a split at the present step: [n, D].
func (r *Run) FeaturesContext(ctx context.Context, split Split, modality string) (Array, error) {
	return r.array(ctx, "features", url.Values{"split": {string(split)}, "modality": {modality}})
}

// VarContext gives a variable at the present step, in the host's layout: kernels of convolutions are
// [k..., in, out]. With the prefix "momentum." it is the optimizer's buffer.
func (r *Run) VarContext(ctx context.Context, name string) (Array, error) {
	return r.array(ctx, "var", url.Values{"name": {name}})
}

// GradientContext gives the gradient of the mean fused loss of the batch that the next step takes with respect to a
// variable, in training mode and before the method changes it; shaped as [Run.VarContext] gives the variable.
func (r *Run) GradientContext(ctx context.Context, name string) (Array, error) {
	return r.array(ctx, "gradient", url.Values{"name": {name}})
}

// ActivationContext gives what a layer returns for that batch in eval mode, before the activation function:
// [B*frames, ..., C]. A layer goes by the prefix of its variables, such as "enc.audio.conv0".
func (r *Run) ActivationContext(ctx context.Context, layer string) (Array, error) {
	return r.array(ctx, "activation", url.Values{"layer": {layer}})
}

// SampleNormsContext gives the squared gradient norms of the probe samples for a modality's encoder at the present
// step, the largest first: rows of position in the training split and norm in nats², [n, 2]. Their mean is the trace.
func (r *Run) SampleNormsContext(ctx context.Context, modality string) (Array, error) {
	return r.array(ctx, "samples", url.Values{"modality": {modality}})
}

func (r *Run) array(ctx context.Context, call string, q url.Values) (Array, error) {
	c, _, err := r.attach(ctx)
	if err != nil {
		return Array{}, err
	}
	return c.array(ctx, r.path(call)+"?"+q.Encode())
}

// BatchContext gives the batch that the next step takes, by modality [B, shape...], and its labels [B] under
// "label".
func (r *Run) BatchContext(ctx context.Context) (map[string]Array, error) {
	c, s, err := r.attach(ctx)
	if err != nil {
		return nil, err
	}
	arrays := map[string]Array{}
	for _, name := range append(slices.Clone(s.Modalities), "label") {
		if arrays[name], err = c.array(ctx, r.path("batch")+"?"+url.Values{"modality": {name}}.Encode()); err != nil {
			return nil, err
		}
	}
	return arrays, nil
}

// ExportContext writes the run for other programs and returns the path from the root: "safetensors" the weights
// with PyTorch's names and layouts, "csv" and "tensorboard" what is on record. A path that is not from the root
// is below the working folder.
func (r *Run) ExportContext(ctx context.Context, format, path string) (string, error) {
	if path == "" {
		return "", r.told(&wire.Problem{Message: "export: no path", Hint: "say where to, for example out.safetensors"})
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", r.told(&wire.Problem{Message: err.Error(), Hint: "name the path from the root"})
	}
	c, _, err := r.attach(ctx)
	if err != nil {
		return "", err
	}
	var reply struct{ Path string }
	if err := c.call(
		ctx, "POST", r.path("export"), map[string]string{"format": format, "path": abs}, &reply,
	); err != nil {
		return "", err
	}
	return reply.Path, nil
}

// FreshContext archives the run's folder and starts the run over. A run that does not exist yet is created.
func (r *Run) FreshContext(ctx context.Context) (Status, error) {
	if err := r.check(); err != nil {
		return Status{}, err
	}
	c, err := connect(ctx)
	if err != nil {
		return Status{}, err
	}
	tell(ctx, nil)
	var runs []Status
	if err := c.call(ctx, "GET", "/runs", nil, &runs); err != nil {
		return Status{}, err
	}
	if slices.ContainsFunc(runs, func(s Status) bool { return s.Name == r.name }) {
		var s Status
		if err := c.call(ctx, "POST", r.path("fresh"), r.declaration(), &s); err != nil {
			return s, err
		}
	}
	return r.declare(ctx, c, 0)
}

// RunsContext lists the project's runs in alphabetical order.
func RunsContext(ctx context.Context) ([]Status, error) {
	c, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	tell(ctx, nil)
	var list []Status
	if err := c.call(ctx, "GET", "/runs", nil, &list); err != nil {
		return nil, err
	}
	if list == nil {
		list = []Status{}
	}
	return list, nil
}

// Set is an entry of the catalogue of sets.
type Set = wire.Set

// SetView is what a set holds, in lines, and some of its samples as pictures.
type SetView = wire.SetView

// SetsContext lists the sets of samples in alphabetical order.
func SetsContext(ctx context.Context) ([]Set, error) {
	c, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	tell(ctx, nil)
	var list []Set
	return list, c.call(ctx, "GET", "/sets", nil, &list)
}

// Setting is one of a run's settings.
type Setting = wire.Setting

// SettingList are settings of a run, and why its set cannot be read, if it cannot.
type SettingList = wire.SettingList

// SettingsContext lists the settings of a run declared with these options: all, or those whose names have a text in
// them. Where the set cannot be read, the list says why in Problem, and defaults are those of any set.
func SettingsContext(ctx context.Context, name string, options ...Option) (*SettingList, error) {
	d := collect(options)
	if d.err != nil {
		return nil, d.err
	}
	c, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	tell(ctx, nil)
	var list SettingList
	if err := c.call(ctx, "POST", "/settings", wire.SettingsAsk{Settings: d.settings, Name: name}, &list); err != nil {
		return nil, err
	}
	return &list, nil
}

// DataContext looks at the set that a run declared with these options would be trained on: what it holds, and n of its
// training samples.
func DataContext(ctx context.Context, n int, options ...Option) (*SetView, error) {
	d := collect(options)
	if d.err != nil {
		return nil, d.err
	}
	if d.like != nil {
		return nil, &wire.Problem{
			Message: "a look at data like a run's", Hint: `name the set, for example wb.Data("digits")`,
		}
	}
	c, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	tell(ctx, nil)
	var v SetView
	if err := c.call(ctx, "POST", "/sets/view", wire.SetAsk{Settings: d.settings, Samples: n}, &v); err != nil {
		return nil, err
	}
	return &v, nil
}

// figurePath asks for a figure of runs that are attached.
func figurePath(kind FigureKind, names []string) string {
	return "/figure?" + url.Values{"kind": {string(kind)}, "run": names}.Encode()
}

// DrawContext draws a figure of what runs have on record: PNG, Vega-Lite spec, and a sentence in their place.
func DrawContext(ctx context.Context, kind FigureKind, runs ...*Run) (*Figure, error) {
	f, _, err := drawn(ctx, kind, runs)
	return f, err
}

// Figure is a drawn figure: PNG, Vega-Lite v5 spec, a sentence that stands in for both, and its size in CSS pixels.
type Figure = wire.Figure

// drawn also tells the folder of the first run.
func drawn(ctx context.Context, kind FigureKind, runs []*Run) (*Figure, string, error) {
	if len(runs) == 0 {
		return nil, "", &wire.Problem{
			Message: "draw: no run", Hint: fmt.Sprintf("name at least one: wb.Draw(%q, run)", kind),
		}
	}
	var c *client
	dir, names := "", make([]string, len(runs))
	for i, r := range runs {
		var s Status
		var err error
		if c, s, err = r.attach(ctx); err != nil {
			return nil, "", err
		}
		if names[i] = r.name; i == 0 {
			dir = s.Dir
		}
	}
	var f Figure
	if err := c.call(ctx, "GET", figurePath(kind, names), nil, &f); err != nil {
		return nil, "", err
	}
	return &f, dir, nil
}
