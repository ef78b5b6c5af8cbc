package data

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Kind says what a modality's array stands for, so that it can be drawn and given a fitting encoder.
type Kind string

const (
	Image       Kind = "image"       // [H, W, C]
	Spectrogram Kind = "spectrogram" // [frequency, time, 1], low frequencies first
	Clip        Kind = "clip"        // [T, H, W, C], frames of one sample
	Sequence    Kind = "sequence"    // [T, F]
	Vector      Kind = "vector"      // [F]
)

// Modality is one of the signals of a sample.
type Modality struct {
	Name  string `json:"name"`
	Kind  Kind   `json:"kind"`
	Shape []int  `json:"shape"` // of one sample, channels last
}

// Size is the number of values of one sample.
func (m Modality) Size() int {
	n := 1
	for _, d := range m.Shape {
		n *= d
	}
	return n
}

// Split names a part of a set. The parts share no sample.
type Split string

const (
	Train      Split = "train"
	Validation Split = "val"  // choices are made on it: epochs, constants
	Test       Split = "test" // reported once
)

// Splits lists the splits in their usual order.
var Splits = []Split{Train, Validation, Test}

// ParseSplit reads a split's name.
func ParseSplit(name string) (Split, error) {
	if s := Split(name); slices.Contains(Splits, s) {
		return s, nil
	}
	return "", fmt.Errorf("data: unknown split %q, want train, val or test", name)
}

// Sample is one sample with its identity, for looking at.
type Sample struct {
	ID    string               // as its owners name it, for example a file name
	Label int                  // 0 <= Label < len(Description.Classes)
	X     map[string][]float32 // by modality name
}

// Batch is B samples side by side.
type Batch struct {
	Indices []int                // [B], positions in the split
	Labels  []int32              // [B]
	X       map[string][]float32 // by modality name, [B, Modality.Shape...]
}

// Provenance says where a set's samples come from and which they are.
type Provenance struct {
	Source    string `json:"source"`     // where the files come from, or "made" with the version of the recipe
	Licence   string `json:"licence"`    //
	SplitHash string `json:"split_hash"` // SHA-256 over every split's sample identities and labels, in order
	Protocol  string `json:"protocol"`   // one sentence: how the splits were made

	// broken samples that were left out because it was asked for: each with file and reason
	Skipped []string `json:"skipped,omitempty"`
}

// Description is what a set says of itself.
type Description struct {
	Name       string     `json:"name"`
	Modalities []Modality `json:"modalities"` // in a fixed order, the leading one of the set's demo first
	Classes    []string   `json:"classes"`
	Provenance Provenance `json:"provenance"`
	// settings of a run that suit the set, by name ("lr", "epochs"); the user's own come first
	Recipe map[string]any `json:"recipe"`
	// Unfit is why nothing should be chosen by the validation split: what is good on it need not be on the test split,
	// as where features were made with its labels. It completes "the validation split is unfit: ". Empty where it is
	// fit.
	Unfit string `json:"unfit,omitempty"`
	// Choose are settings, by their names among those of a run, under which the validation split is fit though it is
	// not by default: runs that choose a learning rate have them, and those that are reported do not. Empty where the
	// validation split serves as it is, and where nothing does.
	Choose map[string]any `json:"choose,omitempty"`
}

// Dataset is a set of labelled multimodal samples. Its methods may be called from several goroutines.
type Dataset interface {
	Describe() Description
	// Len is the number of samples in a split; 0 for a split the set does not have.
	Len(split Split) int
	// Read returns the samples of a split at the given positions, in that order. draw keys the random part
	// of augmentation: 0 means none; equal draws give equal bits.
	Read(split Split, indices []int, draw uint64) (*Batch, error)
	// Identity is a sample's name as its owners give it, and its label.
	Identity(split Split, index int) (id string, label int)
}

// Detail is what may be known of a sample beside its values.
type Detail struct {
	// who or what it shows, for example its actor: a split that has one group on both sides measures less than it
	// seems; empty when unknown
	Group    string
	Duration time.Duration // of its recording; 0 when unknown
}

// Detailed is a [Dataset] that knows details of its samples.
type Detailed interface {
	Dataset
	Detail(split Split, index int) Detail
}

// Groups are the groups that each split shows; those of samples whose group is not known are left out.
func Groups(d Dataset) map[Split]map[string]bool {
	groups := map[Split]map[string]bool{}
	known, ok := d.(Detailed)
	if !ok {
		return groups
	}
	for _, split := range Splits {
		groups[split] = map[string]bool{}
		for i := range d.Len(split) {
			if g := known.Detail(split, i).Group; g != "" {
				groups[split][g] = true
			}
		}
	}
	return groups
}

// Checked is a [Dataset] that reads its files when they are wanted, so that opening it does not find every fault.
type Checked interface {
	Dataset
	// Check reads every sample and lists what is wrong with the files. progress, which may be nil, is told how many
	// samples are done; it is called from one goroutine at a time. When ctx ends, so does the check, with its error
	// last.
	Check(ctx context.Context, progress func(done, total int)) []error
}

// One reads a single sample without augmentation.
func One(d Dataset, split Split, index int) (Sample, error) {
	b, err := d.Read(split, []int{index}, 0)
	if err != nil {
		return Sample{}, err
	}
	id, label := d.Identity(split, index)
	return Sample{ID: id, Label: label, X: b.X}, nil
}
