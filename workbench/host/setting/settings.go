package setting

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
)

// Values are a run's settings by name: float64, string or bool, whole numbers too as float64, which is what JSON gives
// back. Those that [Resolve] made have every setting that [Table] lists, of its type. Once a run has them they are not
// changed: whoever wants others clones them.
type Values map[string]any

// Number is a setting that is a number. It panics where there is none, which [Resolve] does not leave.
func (s Values) Number(name string) float64 { return s[name].(float64) }

// Whole is a setting that is a whole number; see [Values.Number].
func (s Values) Whole(name string) int { return int(s[name].(float64)) }

// Text is a setting that is a text; see [Values.Number].
func (s Values) Text(name string) string { return s[name].(string) }

// Data is the name of the set.
func (s Values) Data() string { return s.Text("data") }

// Method is the name of the method.
func (s Values) Method() string { return s.Text("method") }

// Seed is that of the initial weights and of the order of samples.
func (s Values) Seed() int { return s.Whole("seed") }

// Batch is how many samples a step takes.
func (s Values) Batch() int { return s.Whole("batch") }

// Epochs is the planned length.
func (s Values) Epochs() int { return s.Whole("epochs") }

// LR is the learning rate before its schedule.
func (s Values) LR() float64 { return s.Number("lr") }

// Hash names the settings: equal settings, equal hash. One setting more, as a new version has, is another hash.
func (s Values) Hash() string {
	text, err := json.Marshal(s) // keys are sorted
	if err != nil {
		panic(err) // only numbers, strings and booleans
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Choices of the settings probe_bn and probe_params.
const (
	BNRecalibrated = "recalibrated" // statistics of the probe samples
	BNRunning      = "eval"         // the run's running averages

	ParamsAll     = "all"
	ParamsWeights = "weights" // of convolutions and linear layers alone
)

// DefaultMethod is the method of a run that names none.
const DefaultMethod = "joint"

// OfRun are the settings that every run has, whatever its data and method. The list is the caller's.
func OfRun() []data.Setting {
	return slices.Concat([]data.Setting{
		{Name: "data", Default: catalog.Default, Choices: catalog.Names(), Doc: "set of samples"},
		{Name: "dir", Default: "", Doc: "folder of the set; empty: where PRIMEWINDOW_DATA says"},
		{Name: "method", Default: DefaultMethod, Choices: method.Names(), Doc: "training method"},
		{
			// a larger one would not be exact as float64
			Name: "seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true,
			Doc: "of the initial weights and of the order of samples",
		},
		{
			Name: "batch", Default: 64.0, Min: 2, Max: 1 << 16, Whole: true,
			Doc: "samples in a step; an epoch's last, incomplete batch is left out",
		},
		{
			Name: "epochs", Default: 12.0, Min: 1, Max: 1e6, Whole: true, Mutable: true,
			Doc: "planned length, for progress and for `primewindow run`",
		},
		{
			Name: "lr_step", Default: 0.0, Min: 0, Max: 1e6, Whole: true, Mutable: true,
			Doc: "the learning rate is multiplied by lr_gamma every so many epochs; 0 never",
		},
		{Name: "lr_gamma", Default: 0.1, Min: 0, Max: 1, Mutable: true, Doc: "see lr_step"},
		{
			Name: WindowEvery, Default: "epoch", Check: checkInterval,
			Doc: "how often the prime learning window is tested, and the weights are noted from which a penalty " +
				"holds back: epoch as in the paper, 2 epochs, 24 steps, or 1500 samples, which is the same amount of " +
				"training whatever the size of the set; traces are measured as often",
		},
		{
			Name: "k_every", Default: "epoch", Check: checkInterval,
			Doc: "the length of training over which a rise by k opens the window, written as window_every; tests " +
				"after another length take their share of it",
		},
		{
			Name: "modalities", Default: "", Check: checkModalities,
			Doc: "names joined by commas: train on these alone; empty: all",
		},
		{
			Name: "shuffle_labels", Default: false,
			Doc: "training samples carry each other's labels: a control, in which only memory can be learnt",
		},
		{
			Name: "fusion", Default: "concat", Choices: models.Fusions,
			Doc: "fusion head: concat, sum, or of two modalities gated or film, in which the first gates or " +
				"modulates the second",
		},
		{
			Name: "probe_samples", Default: 128.0, Min: 2, Max: 1 << 20, Whole: true,
			Doc: "training samples, always the same, on which the Fisher trace is measured",
		},
		{
			Name: "probe_chunk", Default: 16.0, Min: 1, Max: 1 << 16, Whole: true,
			Doc: "samples of a probe treated at once: bounds its memory",
		},
		{
			Name: "probe_bn", Default: BNRecalibrated, Choices: []string{BNRecalibrated, BNRunning}, Mutable: true,
			Doc: "batch-norm statistics of the Fisher trace: re-estimated on the probe samples, or the run's running " +
				"averages, whose lag shows early in training",
		},
		{
			Name: "probe_params", Default: ParamsAll, Choices: []string{ParamsAll, ParamsWeights}, Mutable: true,
			Doc: "variables that count: all, or convolution and linear weights only",
		},
		{
			Name: "probe_draws", Default: 1.0, Min: 1, Max: 64, Whole: true, Mutable: true,
			Doc: "draws of signs or labels in a step that measures by them; with one, only the mean over an epoch's " +
				"steps has a standard error",
		},
		{
			Name: "linear_samples", Default: 1024.0, Min: 16, Max: 1 << 20, Whole: true, Mutable: true,
			Doc: "training samples a linear probe is fitted on, at most",
		},
		{
			Name: "snapshot_gib", Default: 2.0, Min: 0.001, Max: 1e6, Mutable: true,
			Doc: "largest size of a run's snapshots together, in GiB; old ones are thinned out",
		},
	}, scheduleSettings(), inforeg.OptimizerSettings())
}

// EncoderPrefix stands before a modality's name in the name of the setting that chooses its encoder.
const EncoderPrefix = "encoder."

// Table lists all settings of a run with that data and method. desc may be nil when the set is not open yet: then the
// set's recipe is not applied and encoders have no defaults. A recipe takes the place of defaults, but for constants of
// published code. Names do not clash: a set's own have a prefix.
func Table(dataName, methodName string, desc *data.Description) ([]data.Setting, error) {
	list := OfRun()
	set, ok := catalog.Find(dataName)
	if !ok {
		return nil, catalog.Unknown(dataName)
	}
	m, ok := method.Find(methodName)
	if !ok {
		return nil, wire.Unknown("method", methodName, method.Names(), "")
	}
	list = append(list, m.Settings()...)
	for _, s := range set.Settings() {
		s.Name = catalog.Prefix + s.Name
		list = append(list, s)
	}
	if desc != nil {
		for _, mod := range desc.Modalities {
			list = append(
				list,
				data.Setting{
					Name: EncoderPrefix + mod.Name, Default: defaultEncoder(mod), Doc: "encoder of " + mod.Name,
				},
			)
		}
		for i, s := range list {
			if v, ok := desc.Recipe[s.Name]; ok && !s.Own {
				parsed, err := s.Parse(v)
				if err != nil {
					return nil, fmt.Errorf("recipe of %s: %w", dataName, err)
				}
				// list is made for this call: the tables of methods and sets stay
				list[i].Default = parsed
			}
		}
	}
	return list, nil
}

// List describes the settings of a run that is declared with these, or of them those whose names have a text in them.
// desc may be nil when the set is not open. Settings that a run could not be declared with are refused.
func List(asked map[string]any, desc *data.Description, text string) ([]wire.Setting, error) {
	declared, err := Resolve(asked, desc)
	if err != nil {
		return nil, err
	}
	table, err := Table(declared.Data(), declared.Method(), desc)
	if err != nil {
		return nil, err
	}
	var list []wire.Setting
	names := make([]string, len(table))
	for i, s := range table {
		names[i] = s.Name
		if s.Name == text {
			return []wire.Setting{described(s)}, nil
		}
		if strings.Contains(s.Name, text) {
			list = append(list, described(s))
		}
	}
	if len(list) == 0 {
		return nil, Unknown(text, names, declared.Method())
	}
	slices.SortFunc(list, func(a, b wire.Setting) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// described is a setting as a client is told of it.
func described(s data.Setting) wire.Setting {
	return wire.Setting{Name: s.Name, Default: s.Default, Range: s.Range(), Mutable: s.Mutable, Doc: s.Doc}
}

// defaultEncoder is the encoder of a modality for which nobody chose one, by what its array stands for.
func defaultEncoder(m data.Modality) string {
	switch m.Kind {
	case data.Sequence:
		return "cnn1d:32-64-128,kernel=5"
	case data.Vector:
		return "mlp:64-32"
	case data.Clip:
		return "resnet18"
	default:
		return "cnn2d:16-32-64"
	}
}

// Resolve completes what was asked for with the defaults, and refuses what does not exist. Without desc the modalities
// are not known, and encoders are taken unseen. asked is not changed.
func Resolve(asked map[string]any, desc *data.Description) (Values, error) {
	pick := func(name, def string) string {
		if v, ok := asked[name]; ok {
			return fmt.Sprint(v)
		}
		return def
	}
	// which settings there are depends on these two, before they are checked as settings
	list, err := Table(pick("data", catalog.Default), pick("method", DefaultMethod), desc)
	if err != nil {
		return nil, err
	}
	settings := Values{}
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
		settings[s.Name] = s.Default
		if v, ok := asked[s.Name]; ok {
			parsed, err := s.Parse(v)
			if err != nil {
				return nil, &wire.Problem{Message: err.Error(), Hint: s.Name + ": " + s.Doc}
			}
			settings[s.Name] = parsed
		}
	}
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		_, known := settings[name]
		if !known && desc == nil && strings.HasPrefix(name, EncoderPrefix) {
			settings[name] = asked[name]
			known = true
		}
		if !known {
			slices.Sort(names)
			return nil, Unknown(name, names, pick("method", DefaultMethod))
		}
	}
	return settings, nil
}

// Unknown reports a setting that runs of a method do not have: whose it is, where it is another's, else the nearest.
func Unknown(name string, known []string, methodName string) error {
	has := func(list []data.Setting, name string) bool {
		return slices.ContainsFunc(list, func(s data.Setting) bool { return s.Name == name })
	}
	var owners []string
	for _, m := range method.Names() {
		if found, ok := method.Find(m); ok && has(found.Settings(), name) {
			owners = append(owners, m)
		}
	}
	if len(owners) > 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("unknown setting %q: method %s has none of that name", name, methodName),
			Hint: fmt.Sprintf(
				"it belongs to %s; a run keeps its method: open another one with it", strings.Join(owners, ", "),
			),
		}
	}
	if own, ok := strings.CutPrefix(name, catalog.Prefix); ok {
		for _, set := range catalog.All() {
			if has(set.Settings(), own) {
				owners = append(owners, set.Name)
			}
		}
		if len(owners) > 0 {
			return &wire.Problem{
				Message: fmt.Sprintf("unknown setting %q: the set has none of that name", name),
				Hint:    "it belongs to data " + strings.Join(owners, ", "),
			}
		}
	}
	return wire.Unknown("setting", name, known, "`primewindow settings` lists them, in a cell wb.Settings()")
}

// Differences lists, one a line, the settings in which two runs differ. Both have to be complete: what one lacks counts
// as not set.
func Differences(have, want Values) []string {
	var lines []string
	names := slices.Sorted(maps.Keys(have))
	for name := range want {
		if _, ok := have[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if have[name] != want[name] {
			lines = append(lines, fmt.Sprintf("%s is %v there, %v here", name, Show(have[name]), Show(want[name])))
		}
	}
	return lines
}

// Show is a setting as a person writes it.
func Show(v any) any {
	if v == nil || v == "" {
		return "not set"
	}
	return v
}

// ModalityNames are those that a run is to be trained on; none where all are.
func ModalityNames(s Values) []string {
	return strings.FieldsFunc(s.Text("modalities"), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// checkModalities refuses a list that cannot have been meant so: a comma beside which no name is, a name twice.
func checkModalities(text string) error {
	if text == "" {
		return nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		names := strings.Fields(part)
		if len(names) == 0 {
			return fmt.Errorf("got %q, in which a name is missing", text)
		}
		for _, n := range names {
			if seen[n] {
				return fmt.Errorf("got %q, which names %s twice", text, n)
			}
			seen[n] = true
		}
	}
	return nil
}

// BuildModel makes the model that the settings describe. It is made anew each time, as a method may add to it. Nothing
// is computed: variables have no values yet.
func BuildModel(settings Values, desc data.Description) (*models.Multimodal, error) {
	m := &models.Multimodal{
		Encoders: map[string]models.Encoder{}, Fusion: settings.Text("fusion"), Classes: len(desc.Classes),
	}
	wanted := ModalityNames(settings)
	var names []string
	for _, mod := range desc.Modalities {
		names = append(names, mod.Name)
		if len(wanted) > 0 && !slices.Contains(wanted, mod.Name) {
			continue
		}
		spec := settings.Text(EncoderPrefix + mod.Name)
		encoder, err := models.ParseEncoder(spec, mod)
		if err != nil {
			hint := "for example cnn2d:16-32-64, cnn1d:32-64-128,kernel=5 or resnet18,width=0.5,stem=small"
			if name := models.EncoderName(spec); !slices.Contains(models.Encoders(), name) {
				hint = wire.Nearest(
					name, models.Encoders(), "there are "+strings.Join(models.Encoders(), ", "),
				) + "; " + hint
			}
			return nil, &wire.Problem{Message: fmt.Sprintf("encoder of %s: %v", mod.Name, err), Hint: hint}
		}
		m.Modalities = append(m.Modalities, mod)
		m.Encoders[mod.Name] = encoder
	}
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			return nil, wire.Unknown("modality", w, names, "")
		}
	}
	if err := m.Validate(); err != nil {
		return nil, &wire.Problem{
			Message: err.Error(),
			Hint: "the modalities are " + strings.Join(
				names, ", ",
			) + "; the setting modalities chooses among them, and fusion the head",
		}
	}
	// last, as the method may add heads or gates to a model that is valid
	if meth, ok := method.Find(settings.Method()); ok {
		if err := meth.Prepare(m, settings); err != nil {
			return nil, &wire.Problem{
				Message: err.Error(),
				Hint: "the modalities are " + strings.Join(
					names, ", ",
				) + "; choose others with modalities, or another method",
			}
		}
	}
	return m, nil
}

// At are the settings under which the step after so many is taken: those at step 0 and what was set since. The values
// are the caller's. Changes are gone through in their order, so that of two at one step the later one counts; there
// are few.
func At(base Values, changes []wire.Change, step int) Values {
	s := maps.Clone(base)
	for _, c := range changes {
		if c.Event == wire.EventSet && c.Step <= step {
			s[c.Name] = c.New
		}
	}
	return s
}
