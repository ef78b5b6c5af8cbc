package hatefulmemes

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/data/stream"
)

// Names of the modalities, in the paper's order.
const (
	picture  = "image"
	sentence = "text"
)

var classes = []string{"not hateful", "hateful"}

// Open reads the lists of the set below dir, or in dir when that has them itself; settings that are absent have their
// defaults. It looks for the pictures and decodes none yet, unless skip_broken asks for whole samples. It returns the
// first of the faults that [Check] lists, and says how many there are, and an error for a setting that is unknown or
// out of bounds, a vocabulary that cannot be read, and a split without samples.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	o, err := parseOptions(settings)
	if err != nil {
		return nil, err
	}
	f, err := o.find(dir)
	if err != nil {
		return nil, data.Explain(err)
	}
	if err := f.faults.Err(); err != nil && !o.skipBroken {
		return nil, err
	}
	return o.open(f)
}

// Check lists what is wrong with the lists, and which pictures are absent or empty; with skip_broken such memes are no
// faults. What shows in decoding alone the open set's own Check finds, see [data.Checked].
func Check(dir string, settings map[string]any) []error {
	o, err := parseOptions(settings)
	if err != nil {
		return []error{err}
	}
	f, err := o.find(dir)
	if err == nil && len(f.faults) == 0 {
		_, _, err = o.vocabulary(f.root)
	}
	return stream.Check(stream.Config{Faults: f.faults, SkipBroken: o.skipBroken}, err)
}

// found is what the set consists of.
type found struct {
	root     string
	protocol string
	parts    map[data.Split][]meme
	files    map[string]file   // by identity
	groups   map[string]string // likewise
	faults   stream.Faults
}

// find reads the lists and looks for the pictures.
func (o options) find(dir string) (f found, err error) {
	if f.root, err = findRoot(dir); err != nil {
		return f, err
	}
	l, err := o.readLists(f.root)
	if err != nil {
		return f, err
	}
	f.faults = l.faults
	f.parts, f.files, f.groups = map[data.Split][]meme{}, map[string]file{}, map[string]string{}
	var all []meme
	var splits []data.Split
	for split, part := range l.bySplit() {
		files := look(f.root, part.memes)
		for i, m := range part.memes {
			if err := files[i].err; err != nil {
				f.faults = append(f.faults, err)
				continue
			}
			all, splits = append(all, m), append(splits, split)
			f.files[m.id] = files[i]
		}
	}
	f.group(all)
	var trained []meme
	var names []string
	for i, m := range all {
		if splits[i] == data.Train {
			trained, names = append(trained, m), append(names, f.groups[m.id])
		}
	}
	drawn := make([]bool, len(trained))
	if l.val.name == "" {
		drawn = o.validating(trained, names)
	}
	for i, m := range all {
		split := splits[i] // training memes are the first ones
		if split == data.Train && drawn[i] {
			split = data.Validation
		}
		f.parts[split] = append(f.parts[split], m)
	}
	f.protocol = o.protocol(l)
	return f, nil
}

// bySplit yields the lists in the order of the splits.
func (l lists) bySplit() func(yield func(data.Split, list) bool) {
	return func(yield func(data.Split, list) bool) {
		_ = yield(data.Train, l.train) && yield(data.Validation, l.val) && yield(data.Test, l.test)
	}
}

// group names the groups of all memes.
func (f *found) group(all []meme) {
	files := make([]file, len(all))
	for i, m := range all {
		files[i] = f.files[m.id]
	}
	for i, name := range groups(all, files) {
		f.groups[all[i].id] = name
	}
}

// protocol says how the splits were made.
func (o options) protocol(l lists) string {
	val := l.val.name + " validates"
	if l.val.name == "" {
		val = fmt.Sprintf(
			"of train about %v of each class validates by data_seed %d, no sentence or picture in both", o.valShare,
			o.seed,
		)
	}
	return fmt.Sprintf("the lists train and %s: %s is tested, %s", l.test.name, l.test.name, val)
}

// open makes the set of what was found.
func (o options) open(f found) (data.Dataset, error) {
	var sentences []string
	items := map[data.Split][]stream.Item{}
	for split, memes := range f.parts {
		for _, m := range memes {
			items[split] = append(
				items[split], stream.Item{ID: m.id, Label: m.label, Detail: data.Detail{Group: f.groups[m.id]}},
			)
			if split == data.Train {
				sentences = append(sentences, m.text)
			}
		}
	}
	if len(sentences) == 0 {
		return nil, &data.FormatError{File: f.root, Reason: "no whole sample in split train"}
	}
	tokenizer, vocabulary, err := o.openTokenizer(f.root, sentences)
	if err != nil {
		return nil, err
	}
	tokens, cut := o.tokens(tokenizer, f.parts[data.Train], f.parts[data.Validation], f.parts[data.Test])
	kept, err := cache.Default()
	if err != nil {
		return nil, err
	}
	pictures, err := stream.New(stream.Config{
		Description: data.Description{
			Name:    Name,
			Classes: classes,
			Provenance: data.Provenance{
				Source: "Hateful Memes, D. Kiela, H. Firooz, A. Mohan, V. Goswami, A. Singh, P. Ringshia, D. " +
					"Testuggine, NeurIPS 2020",
				Licence: "Hateful Memes Challenge dataset licence agreement, for research; pictures by Getty Images",
				Protocol: fmt.Sprintf(
					"%s; %s; %d of %d sentences cut off behind %d tokens", f.protocol, vocabulary, cut, len(tokens),
					o.length,
				),
			},
			Recipe: map[string]any{
				"lr": 0.002, "momentum": 0.9, "weight_decay": 1e-4, "batch": 64.0, "epochs": 50.0, "lr_step": 30.0,
				"lr_gamma":           0.1,
				"encoder." + picture: "resnet18",
				"encoder." + sentence: fmt.Sprintf(
					"transformer,vocab=%d,pad=1,dim=128,heads=4,layers=2", tokenizer.Size(),
				),
			},
		},
		Parts:      items,
		Modalities: []stream.Modality{o.pictures(f.files)},
		Cache:      kept,
		Faults:     f.faults,
		SkipBroken: o.skipBroken,
	})
	if err != nil {
		return nil, err
	}
	return newSet(pictures, tokens, o.length), nil
}
