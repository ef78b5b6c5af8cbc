package wire

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/strict"
)

// CompareSchema is the version of compare.json. Schema 1 had no families: all comparisons of a table were corrected
// together.
const CompareSchema = 2

// NewerComparison is the schema of a compare.json that a newer version wrote.
type NewerComparison int

func (e NewerComparison) Error() string {
	return fmt.Sprintf("schema %d, this program knows up to %d", int(e), CompareSchema)
}

// ParseCompared reads compare.json, of which nothing is passed over. One of a newer schema is a [NewerComparison]; what
// is damaged, cut short, misspelt or something else is another error.
func ParseCompared(text []byte) (*Compared, error) {
	var head struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(text, &head); err == nil && head.Schema > CompareSchema { // whatever else it holds
		return nil, NewerComparison(head.Schema)
	}
	if _, err := seal.Check(text); err != nil { // older versions wrote no checksum
		return nil, err
	}
	var c struct {
		Compared
		Sum string `json:"seal.crc32c"`
	}
	if err := strict.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	if c.Schema < 1 {
		return nil, errors.New("no schema")
	}
	return &c.Compared, nil
}

// Compared is what a comparison of methods came to, and what compare.json holds. Accuracies are between 0 and 1. It is
// a function of the runs' folders alone: the same runs give the same file, however often they were interrupted.
type Compared struct {
	Schema    int    `json:"schema"`
	Data      string `json:"data"`
	SplitHash string `json:"split_hash"`
	Split     string `json:"split"`   // whose accuracies these are
	Samples   int    `json:"samples"` // in it
	// how the epoch of each run was chosen: val, last or test-best
	Select      string         `json:"select"`
	Seeds       int            `json:"seeds"`                 // 0 to Seeds-1
	ValSamples  int            `json:"val_samples,omitempty"` // in the validation split
	Unfit       string         `json:"unfit,omitempty"`       // why it does not choose, as the set says
	Baseline    string         `json:"baseline"`
	Methods     []MethodResult `json:"methods"`
	Comparisons int            `json:"comparisons"` // all differences below, of both families
	Runs        []RunOutcome   `json:"runs"`
}

// MethodResult is what a method came to over its seeds.
type MethodResult struct {
	Method      string         `json:"method"`
	Epochs      int            `json:"epochs"`
	LR          float64        `json:"lr,omitempty"` // learning rate, which is not tuned
	Settings    map[string]any `json:"settings"`     // those that are not the default of data and method
	Accuracies  []Summary      `json:"accuracy"`
	Differences []Difference   `json:"difference,omitempty"` // to the baseline
}

// RunOutcome is what one run came to.
type RunOutcome struct {
	Run        string          `json:"run"` // folder below the comparison's
	Method     string          `json:"method"`
	Seed       int             `json:"seed"`
	Epoch      int             `json:"epoch,omitempty"` // chosen one: so many epochs were done
	Step       int             `json:"step,omitempty"`  // at its end
	Accuracies []NamedAccuracy `json:"accuracy,omitempty"`
	// fused, on the validation split at that epoch, where it was measured
	Val      *float64          `json:"val_accuracy,omitempty"`
	Missing  string            `json:"missing,omitempty"` // why it has no accuracies
	Warning  string            `json:"warning,omitempty"`
	Backend  string            `json:"backend,omitempty"`
	Versions map[string]string `json:"versions,omitempty"` // of what made the run
}

// Quantity names an accuracy.
type Quantity struct {
	Encoder string `json:"encoder"` // modality, or "fused"
	Readout string `json:"readout"` // head, split, linear and so on, as in [Record]
}

// String names the encoder, and the readout where it is not the head's.
func (q Quantity) String() string {
	if q.Readout == "head" || q.Readout == "split" {
		return q.Encoder
	}
	return q.Encoder + " " + q.Readout
}

// NamedAccuracy is one accuracy of a run.
type NamedAccuracy struct {
	Quantity
	Value float64 `json:"value"` // 0 to 1
}

// Summary is an accuracy of a method over its seeds.
type Summary struct {
	Quantity
	Mean  float64  `json:"mean"`
	SD    *float64 `json:"sd"` // over seeds, with n-1 in the denominator; null with one seed
	Seeds int      `json:"seeds"`
}

// Difference is that of an accuracy to the baseline's, paired by seed: both runs of a pair had the same order of
// samples.
type Difference struct {
	Quantity
	Mean float64 `json:"mean"`
	// Low and High bound the interval of 95 % by Student's t. P is two-sided, Holm the same after Holm's correction for
	// the comparisons of its family. They are null with one seed, and where the seeds' differences are all equal: then
	// their spread, which the interval rests on, is unknown.
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	P         *float64 `json:"p"`
	Holm      *float64 `json:"p_holm"`
	Excludes0 bool     `json:"excludes_0"` // whether the interval lies to one side of 0, before any correction
	Seeds     int      `json:"seeds"`
	// Family is that for whose FamilySize comparisons Holm accounts: FamilyPrimary, FamilySecondary, or FamilyNone,
	// where Holm is null. It is empty in records of schema 1, where all comparisons of a table were one family.
	Family     string `json:"family,omitempty"`
	FamilySize int    `json:"family_size,omitempty"`
}

// FamilySchema is the first schema of records, of compare.json and of reproductions, whose comparisons are in families.
const FamilySchema = 2

// Families of comparisons.
const (
	FamilyPrimary   = "primary"   // the fused accuracy by the head, of all methods that are compared
	FamilySecondary = "secondary" // every other readout of all of them
	FamilyNone      = "none"      // not corrected: a question about two arms, see [ReproducedArm]
)

// Primary is the readout that is compared first: the fused accuracy by the head.
var Primary = Quantity{Encoder: "fused", Readout: "head"}

// FamilyOf is the family in which a readout is compared.
func FamilyOf(q Quantity) string {
	if q == Primary {
		return FamilyPrimary
	}
	return FamilySecondary
}
