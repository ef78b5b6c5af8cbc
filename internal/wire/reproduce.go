package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/primewindow/primewindow/internal/strict"
)

// ReproduceSchema is the version of a reproduction's record. Schema 1 had no families, all comparisons of a table were
// corrected together, and learning rates were chosen with seed 0 alone. It is still read.
const ReproduceSchema = 2

// Reproduction is the record of one table or figure of the paper, or of one question, on one set: all that is needed to
// draw it again without training. `primewindow reproduce` writes it. Accuracies are between 0 and 1. It is a function
// of the runs' folders alone.
type Reproduction struct {
	Schema int    `json:"schema"`
	Target string `json:"target"` // table1, fig5, window and so on
	Title  string `json:"title"`
	Scale  string `json:"scale"` // demo or paper
	Data   string `json:"data"`
	// the sets in whose place Data stands; empty where it is one of them
	PaperSets []string `json:"paper_sets,omitempty"`
	SplitHash string   `json:"split_hash"`
	Split     string   `json:"split"`   // whose accuracies these are
	Samples   int      `json:"samples"` // in it
	Select    string   `json:"select"`  // how the epoch of each run was chosen: val, last or test-best
	Seeds     int      `json:"seeds"`   // of each arm, 0 to Seeds-1, but for a target of one seed that was searched for
	// Searched is, of such a target, how many seeds might have been shown: the first with which the method acted is,
	// else 0.
	Searched   int  `json:"searched,omitempty"`
	Tuned      bool `json:"tuned"`                 // whether the learning rate was chosen, by the validation split
	TuneSeeds  int  `json:"tune_seeds,omitempty"`  // over how many seeds, where it was; in schema 1 with seed 0 alone
	ValSamples int  `json:"val_samples,omitempty"` // in the validation split
	// why the set's validation split chooses neither epoch nor rate, as the set says
	Unfit    string `json:"unfit,omitempty"`
	AsGiven  bool   `json:"as_given,omitempty"`  // whether nobody asked to choose rates
	OwnRates bool   `json:"own_rates,omitempty"` // whether the rates belong to the question, so that none is chosen
	// ChosenWith are the settings of the runs that chose learning rates beyond those of the reported ones, such as a
	// speaker who is held out: then the validation split is fit.
	ChosenWith map[string]any `json:"chosen_with,omitempty"`
	Baseline   string         `json:"baseline"`
	Modalities []string       `json:"modalities"`
	Classes    []string       `json:"classes,omitempty"` // where maps are drawn
	// Shared are the settings that all arms have and that are not the set's own.
	Shared      map[string]any  `json:"shared,omitempty"`
	Arms        []ReproducedArm `json:"arms"`
	Comparisons int             `json:"comparisons"` // to the baseline, of both families
	Notes       []string        `json:"notes,omitempty"`
	// Machine is the kind of machine that computed the runs: on the same kind they repeat to the last digit. Where they
	// were computed on several it names all of them.
	Machine string `json:"machine"`
}

// ReproducedArm is a method with its settings, over its seeds.
type ReproducedArm struct {
	Name     string         `json:"name"`
	Group    string         `json:"group,omitempty"` // row in a table of two ways, whose column is Column
	Column   string         `json:"column,omitempty"`
	Control  bool           `json:"control,omitempty"` // not in the paper
	Method   string         `json:"method"`
	Epochs   int            `json:"epochs"`
	LR       float64        `json:"lr"`
	Settings map[string]any `json:"settings,omitempty"` // those that are neither the default nor shared
	// Trials are the learning rates that were tried; RateOf is the arm whose choice this one takes.
	Trials []Trial `json:"trials,omitempty"`
	// MarginSamples is by how many samples of the validation split the chosen rate is ahead of the second best,
	// Saturated whether so few decide that the choice is none, Edge at which edge of the grid it is nevertheless: low
	// or high.
	MarginSamples *float64     `json:"margin_samples,omitempty"`
	Saturated     bool         `json:"saturated,omitempty"`
	Edge          string       `json:"edge,omitempty"`
	RateOf        string       `json:"rate_of,omitempty"`
	X             *float64     `json:"x,omitempty"` // of an arm in a curve over a setting
	Accuracies    []Summary    `json:"accuracy,omitempty"`
	Differences   []Difference `json:"difference,omitempty"` // to the baseline, paired by seed
	// Against is another arm to which the paired differences Apart are taken, too, because the question is about the
	// two. Nothing corrects them: their family is FamilyNone.
	Against string          `json:"against,omitempty"`
	Apart   []Difference    `json:"apart,omitempty"`
	Paper   []PaperNumber   `json:"paper,omitempty"`
	Missing string          `json:"missing,omitempty"` // why it has no runs at all
	Runs    []ReproducedRun `json:"runs,omitempty"`
}

// NotTrained is why a run that is not trained to its end has no result.
const NotTrained = "not trained to its end yet"

// Trial is a run that helped to choose the learning rate, by its accuracy on the validation split: at its last epoch
// where runs count there, else at the epoch where it is best.
type Trial struct {
	LR       float64 `json:"lr"`
	Seed     int     `json:"seed,omitempty"`
	Run      string  `json:"run"`
	Accuracy float64 `json:"accuracy"`          // fused, on the validation split
	Entropy  float64 `json:"entropy,omitempty"` // mean cross entropy there, which decides between equal ones
	Missing  string  `json:"missing,omitempty"`
	Chosen   bool    `json:"chosen,omitempty"`
}

// PaperNumber is a figure of the paper.
type PaperNumber struct {
	Set      string  `json:"set"`      // CREMA-D and so on
	Quantity string  `json:"quantity"` // accuracy, audio, video, macro F1
	Value    float64 `json:"value"`    // in percent, as printed
}

// ReproducedRun is what one run came to, and what it measured from epoch to epoch as far as the target shows it.
type ReproducedRun struct {
	RunOutcome // Run is its folder's name, the hash of its settings and samples
	// of a control: the epochs in which it acted, those of another arm's run
	Window  string             `json:"window,omitempty"`
	Curves  []ReproducedCurve  `json:"curves,omitempty"`
	Cosines []ReproducedCosine `json:"cosines,omitempty"`
	Maps    []ReproducedMap    `json:"maps,omitempty"`
}

// ReproducedCurve is a quantity after so many epochs.
type ReproducedCurve struct {
	Quantity   string    `json:"quantity"` // kind, encoder and readout, with spaces between: "fisher_emp audio"
	Definition string    `json:"definition,omitempty"`
	Epochs     []float64 `json:"epochs"` // so many are done
	Values     []float64 `json:"values"`
	// SE has a standard error for each value, nil where there is none; it is empty where no value has one.
	SE []*float64 `json:"se,omitempty"`
	// Of a trace: how its windows are tested, and the standard error of the rise up to each value, nil where none is
	// known.
	Test   *WindowTest `json:"test,omitempty"`
	RiseSE []*float64  `json:"rise_se,omitempty"`
}

// WindowTest is a test for the prime learning window (eq. 11). Where a record has none, it is the paper's: by epochs,
// with K 0.04.
type WindowTest struct {
	Every float64 `json:"every"` // epochs from one test to the next
	K     float64 `json:"k"`     // for a rise over that length
	Z     float64 `json:"z,omitempty"`
	Floor float64 `json:"floor,omitempty"`
}

// ReproducedCosine is a matrix of cosines between batch gradients of an encoder.
type ReproducedCosine struct {
	Encoder  string      `json:"encoder"`
	Epoch    float64     `json:"epoch"`
	First    int         `json:"first"` // step of the first batch
	Matrix   [][]float64 `json:"matrix"`
	Mean     float64     `json:"mean"`
	Batch    int         `json:"batch"`
	SD       *float64    `json:"sd,omitempty"`
	Expected *float64    `json:"expected,omitempty"` // by noise alone
	Noise    *float64    `json:"noise_scale,omitempty"`
	Chance   *float64    `json:"chance,omitempty"` // mean of permuted gradients
	ChanceSD *float64    `json:"chance_sd,omitempty"`
}

// ReproducedMap is a map of an encoder's features by t-SNE. Where Missing says why there is none, it has no points.
type ReproducedMap struct {
	Encoder    string       `json:"encoder"`
	Split      string       `json:"split"`
	Step       int          `json:"step"`
	Perplexity float64      `json:"perplexity"`
	Points     [][2]float64 `json:"points"`
	Labels     []int        `json:"labels"`
	Quality    MapQuality   `json:"quality"`
	Missing    string       `json:"missing,omitempty"`
}

// MapQuality says how far a map may be believed.
type MapQuality struct {
	Points           int     `json:"points"`
	Neighbors        int     `json:"neighbors"`
	KL               float64 `json:"kl"`
	Trustworthiness  float64 `json:"trustworthiness"`
	Continuity       float64 `json:"continuity"`
	Preservation     float64 `json:"preservation"`
	AccuracyFeatures float64 `json:"accuracy_features"`
	AccuracyMap      float64 `json:"accuracy_map"`
}

// Curve finds a quantity of a run.
func (r ReproducedRun) Curve(quantity string) (ReproducedCurve, bool) {
	i := slices.IndexFunc(r.Curves, func(c ReproducedCurve) bool { return c.Quantity == quantity })
	if i < 0 {
		return ReproducedCurve{}, false
	}
	return r.Curves[i], true
}

// ReadReproduction reads a record from a file. What is damaged, cut short, of another schema or holds what is no number
// is one [Problem].
func ReadReproduction(path string) (*Reproduction, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		hint := "name a record that can be read"
		if errors.Is(err, fs.ErrNotExist) {
			hint = "`primewindow reproduce TARGET` writes it as DIR/SET/TARGET.json"
		}
		return nil, &Problem{Message: err.Error(), Hint: hint}
	}
	r, err := ParseReproduction(text)
	if err != nil {
		p := &Problem{
			Message: fmt.Sprintf("%s: %v", path, err), Hint: "primewindow reproduce writes it anew from the runs",
		}
		if newer, ok := errors.AsType[newerSchema](err); ok {
			p.Hint = "it was made by another version: " + newer.do
		}
		return nil, p
	}
	return r, nil
}

// newerSchema is a record of another schema.
type newerSchema struct{ text, do string }

func (e newerSchema) Error() string { return e.text }

// ParseReproduction reads a record.
func ParseReproduction(text []byte) (*Reproduction, error) {
	var head struct {
		Schema *int   `json:"schema"`
		Target string `json:"target"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("damaged or cut short: %w", err)
	}
	switch {
	case head.Schema == nil || head.Target == "":
		return nil, errors.New("not the record of a reproduction")
	case *head.Schema < 1 || *head.Schema > ReproduceSchema:
		do := "update"
		if *head.Schema < 1 {
			do = "reproduce it again"
		}
		return nil, newerSchema{fmt.Sprintf("schema %d, this program reads 1 to %d", *head.Schema, ReproduceSchema), do}
	}
	var r Reproduction
	if err := strict.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	return &r, r.check()
}

// check wants what drawing relies on. JSON has no NaN: a record that says so does not get here.
func (r *Reproduction) check() error {
	if len(r.Arms) == 0 || r.Data == "" || len(r.Modalities) == 0 {
		return errors.New("damaged: it names no set, no modalities or no methods")
	}
	for _, a := range r.Arms {
		for _, s := range a.Accuracies {
			if s.Mean < 0 || s.Mean > 1 {
				return fmt.Errorf("damaged: %s of %s is %v, want 0 to 1", s.Quantity, a.Name, s.Mean)
			}
		}
		for _, run := range a.Runs {
			if err := run.check(len(r.Classes)); err != nil {
				return fmt.Errorf("damaged: %s, seed %d: %w", a.Name, run.Seed, err)
			}
		}
	}
	return nil
}

func (r ReproducedRun) check(classes int) error {
	for _, a := range r.Accuracies {
		if a.Value < 0 || a.Value > 1 {
			return fmt.Errorf("%s is %v, want 0 to 1", a.Quantity, a.Value)
		}
	}
	for _, c := range r.Curves {
		if len(c.Epochs) != len(c.Values) || len(c.SE) != 0 && len(c.SE) != len(c.Values) {
			return fmt.Errorf(
				"curve %s has %d epochs, %d values and %d errors", c.Quantity, len(c.Epochs), len(c.Values), len(c.SE),
			)
		}
	}
	for _, c := range r.Cosines {
		for _, row := range c.Matrix {
			if len(row) != len(c.Matrix) {
				return fmt.Errorf("cosines of %s are %d by %d", c.Encoder, len(c.Matrix), len(row))
			}
		}
	}
	for _, m := range r.Maps {
		if len(m.Points) != len(m.Labels) {
			return fmt.Errorf("map of %s has %d points and %d labels", m.Encoder, len(m.Points), len(m.Labels))
		}
		if i := slices.IndexFunc(m.Labels, func(l int) bool { return l < 0 || l >= classes }); i >= 0 {
			return fmt.Errorf("map of %s: label %d, want 0 to %d", m.Encoder, m.Labels[i], classes-1)
		}
	}
	return nil
}
