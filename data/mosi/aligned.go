package mosi

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/npy"
)

const (
	alignedFile = "mosi_aligned.npz"

	maxAlignedBytes = 8 << 30 // of all arrays together
)

// alignedParts are the splits' names in the file, which are those of the pickles that it is made from.
var alignedParts = map[data.Split]string{data.Train: "train", data.Validation: "valid", data.Test: "test"}

// alignedNames are the modalities' names in the file, each by one of these.
var alignedNames = map[string][]string{"text": {"text"}, "audio": {"audio"}, "video": {"vision", "video"}}

// AlignedPath is where [Open] looks for aligned sequences.
func AlignedPath(dir string) string { return filepath.Join(data.Subfolder(dir, Folder), alignedFile) }

// openAligned reads the sequences of aligned features.
func openAligned(path string, o options) (data.Dataset, error) {
	f, st, err := data.OpenFile(path)
	if err != nil {
		return nil, fmt.Errorf("mosi: %w", err)
	}
	defer f.Close()
	wanted := map[string]bool{}
	for _, part := range alignedParts {
		for _, names := range append(slices.Collect(maps.Values(alignedNames)), scoreNames, []string{classLabels}) {
			for _, name := range names {
				wanted[part+"_"+name] = true
			}
		}
	}
	a := aligned{path: path}
	a.arrays, err = npy.DecodeZip(path, f, st.Size(), maxAlignedBytes, func(name string) bool {
		a.names = append(a.names, name)
		return wanted[name]
	})
	if err != nil {
		return nil, err
	}
	shapes := map[string][]int{}
	parts := map[data.Split]data.Part{}
	for _, split := range data.Splits {
		if parts[split], err = a.part(split, shapes, o); err != nil {
			return nil, err
		}
	}
	desc := o.describeAligned(shapes)
	for _, m := range desc.Modalities {
		data.StandardizeRows(parts, m.Name, m.Shape[1])
	}
	return data.NewMemory(desc, parts)
}

// aligned is the file's arrays.
type aligned struct {
	path   string
	names  []string // of all that it holds
	arrays map[string]npy.Array
}

func (a aligned) broken(reason string, args ...any) error {
	return &data.FormatError{File: a.path, Reason: fmt.Sprintf(reason, args...)}
}

// first is the first of some arrays of a split that the file has, and its name.
func (a aligned) first(part string, names ...string) (npy.Array, string, error) {
	for _, name := range names {
		if x, ok := a.arrays[part+"_"+name]; ok {
			return x, part + "_" + name, nil
		}
	}
	have := strings.Join(a.names, " ")
	if len(have) > 200 {
		have = have[:200] + "…"
	}
	return npy.Array{}, "", &data.FormatError{
		File:   a.path,
		Reason: fmt.Sprintf("no array %s, want it beside %s", part+"_"+strings.Join(names, " or "+part+"_"), have),
		Hint:   "`go doc ./data/mosi` has five lines of Python that make the file of the usual pickles",
	}
}

// part reads a split. shapes collects each modality's shape, which is the same in all splits.
func (a aligned) part(split data.Split, shapes map[string][]int, o options) (data.Part, error) {
	name := alignedParts[split]
	scores, err := a.scores(name)
	if err != nil {
		return data.Part{}, err
	}
	n := len(scores)
	p := data.Part{X: map[string]data.Column{}}
	var keep []int
	for i, score := range scores {
		if score == 0 && o.zero == skipZero {
			continue
		}
		label := 0
		if score > 0 || score == 0 && o.zero == positiveZero {
			label = 1
		}
		keep = append(keep, i)
		p.IDs, p.Labels = append(p.IDs, fmt.Sprintf("%s/%d", name, i)), append(p.Labels, label)
	}
	if len(keep) == 0 {
		return p, a.broken("no utterance in split %s", split)
	}
	if split == data.Train && !slices.ContainsFunc(p.Labels, func(label int) bool { return label != p.Labels[0] }) {
		return p, a.broken("all %d utterances of split train are of one class, want sentiments from -3 to 3", len(keep))
	}
	for _, m := range modalities {
		x, array, err := a.first(name, alignedNames[m]...)
		switch {
		case err != nil:
			return p, err
		case len(x.Shape) != 3 || x.Shape[0] != n:
			return p, a.broken("%s of shape %v, want [%d, T, F]", array, x.Shape, n)
		case x.Size() == 0:
			return p, a.broken("%s of shape %v, which holds no value", array, x.Shape)
		case shapes[m] == nil:
			shapes[m] = x.Shape[1:]
		case x.Shape[1] != shapes[m][0] || x.Shape[2] != shapes[m][1]:
			return p, a.broken(
				"%s of shape %v, want [%d, %d, %d] as in the other splits", array, x.Shape, n, shapes[m][0],
				shapes[m][1],
			)
		}
		size, all := x.Shape[1]*x.Shape[2], x.Floats()
		values := make([]float32, 0, size*len(keep))
		for _, i := range keep {
			values = append(values, all[i*size:(i+1)*size]...)
		}
		p.X[m] = data.Column{Values: values}
	}
	return p, nil
}

func (o options) describeAligned(shapes map[string][]int) data.Description {
	zero := map[string]string{
		positiveZero: "of 0 or more is positive", negativeZero: "of 0 or less is negative",
		skipZero: "of 0 is left out",
	}[o.zero]
	desc := data.Description{
		Name:    Name,
		Classes: []string{"negative", "positive"},
		Provenance: data.Provenance{
			Source: "CMU-MOSI, A. Zadeh, R. Zellers, E. Pincus, L.-P. Morency, 2016; aligned features of " +
				alignedFile,
			Licence:  "corpus for research",
			Protocol: "the splits of the file, which are the corpus's own; a sentiment " + zero,
		},
		Recipe: map[string]any{
			"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32.0, "epochs": 30.0, "lr_step": 20.0,
			"lr_gamma": 0.1, "probe_samples": 128.0,
			"probe_bn": "eval", // no encoder has batch norm: there is nothing to re-estimate
		},
	}
	for _, m := range modalities {
		desc.Modalities = append(desc.Modalities, data.Modality{Name: m, Kind: data.Sequence, Shape: shapes[m]})
		desc.Recipe["encoder."+m] = "transformer,dim=32,heads=4,layers=2,pad=1"
	}
	return desc
}

// What becomes of utterances of sentiment 0.
const (
	positiveZero = "positive"
	negativeZero = "negative"
	skipZero     = "skip"
)

// zeroChoices are these, the default first: the usual binary label is whether the sentiment is at least 0.
var zeroChoices = []string{positiveZero, negativeZero, skipZero}

// hasAligned reports whether the file of aligned features is there.
func hasAligned(path string) bool {
	_, err := os.Lstat(path)
	return err == nil && strings.HasSuffix(path, ".npz")
}
