package nlvr

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/primewindow/primewindow/data"
)

// Names of the modalities.
const (
	picture  = "image"
	sentence = "sentence"
)

// Open reads the set below dir, all of it into memory; settings that are absent have their defaults. It returns an
// error that names the file for one that is missing, a [data.FormatError] for one that is broken, and an error for a
// setting that is unknown or out of bounds and for a split without samples.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	d, err := readSet(dir, settings)
	if err != nil {
		return nil, data.Gather([]error{err})[0]
	}
	return d, nil
}

func readSet(dir string, settings map[string]any) (data.Dataset, error) {
	o, err := parseOptions(settings)
	if err != nil {
		return nil, err
	}
	folder := data.Subfolder(dir, Name)
	name := filepath.Join(folder, "nlvr.csv")
	b, err := data.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("nlvr: %w", err)
	}
	list, err := decodeList(name, b)
	if err != nil {
		return nil, err
	}
	splits := o.sort(list)
	for _, split := range []data.Split{data.Train, data.Test} {
		if len(splits[split]) == 0 {
			return nil, &data.FormatError{
				File: name, Reason: fmt.Sprintf("no row for split %s, want some of dev, hidden and test", split),
			}
		}
	}
	images, err := openArchive(filepath.Join(folder, "images.zip"))
	if err != nil {
		return nil, err
	}
	defer images.file.Close()
	words := newVocabulary(splits[data.Train])
	parts := map[data.Split]data.Part{}
	for split, list := range splits {
		pixels, err := images.readAll(list, o.shrink)
		if err != nil {
			return nil, err
		}
		p := data.Part{}
		var codes []byte
		var ids []float32
		for _, e := range list {
			p.IDs, p.Labels = append(p.IDs, e.image), append(p.Labels, e.label)
			p.Details = append(p.Details, data.Detail{Group: "sentence \"" + strings.Join(e.sentence, " ") + "\""})
			if o.text == tokenText {
				ids = append(ids, words.ids(e.sentence, o.words)...)
			} else {
				codes = append(codes, words.codes(e.sentence, o.words)...)
			}
		}
		p.X = map[string]data.Column{picture: {Bytes: pixels}, sentence: {Bytes: codes, Values: ids}}
		parts[split] = p
	}
	return data.NewMemory(o.describe(words), parts)
}

// sort puts the examples into splits, in their order.
func (o options) sort(list []example) map[data.Split][]example {
	var sentences []string
	for _, e := range list {
		if e.part != "test" {
			sentences = append(sentences, strings.Join(e.sentence, " "))
		}
	}
	slices.Sort(sentences)
	sentences = slices.Compact(sentences)
	rand.New(rand.NewPCG(o.seed, 1)).Shuffle(len(sentences), func(a, b int) {
		sentences[a], sentences[b] = sentences[b],
			sentences[a]
	})
	validates := map[string]bool{}
	n := int(math.Round(o.valShare * float64(len(sentences))))
	if n == 0 && o.valShare > 0 && len(sentences) > 1 {
		n = 1
	}
	for _, s := range sentences[:n] {
		validates[s] = true
	}
	splits := map[data.Split][]example{}
	for _, e := range list {
		split := data.Train
		switch {
		case e.part == "test":
			split = data.Test
		case validates[strings.Join(e.sentence, " ")]:
			split = data.Validation
		}
		splits[split] = append(splits[split], e)
	}
	return splits
}

// readAll reads the images of some examples side by side.
func (a *archive) readAll(list []example, shrink int) ([]byte, error) {
	size := rawHeight / shrink * (rawWidth / shrink) * 3
	out, errs := make([]byte, len(list)*size), make([]error, len(list))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(list); i += workers {
				var x []byte
				x, errs[i] = a.read(list[i].image, shrink)
				copy(out[i*size:], x)
			}
		})
	}
	wg.Wait()
	for _, err := range errs { // the first in order, whichever was met first
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o options) describe(words vocabulary) data.Description {
	sentences, encoder := data.Modality{Name: sentence, Kind: data.Sequence, Shape: []int{o.words, words.size()}},
		"cnn1d:64-64"
	if o.text == tokenText {
		sentences = data.Modality{Name: sentence, Kind: data.Vector, Shape: []int{o.words}}
		encoder = fmt.Sprintf("transformer,vocab=%d,pad=1", len(words)+2)
	}
	return data.Description{
		Name: Name,
		Modalities: []data.Modality{
			{Name: picture, Kind: data.Image, Shape: []int{rawHeight / o.shrink, rawWidth / o.shrink, 3}},
			sentences,
		},
		Classes: []string{"false", "true"},
		Provenance: data.Provenance{
			Source: "NLVR, A. Suhr, M. Lewis, J. Yeh, Y. Artzi, ACL 2017; the first order of boxes of each " +
				"example, without the training part",
			Licence: "CC BY 4.0",
			Protocol: fmt.Sprintf(
				"parts dev and hidden are trained on, test is tested; %v of the training sentences are validation by "+
					"data_seed %d",
				o.valShare, o.seed,
			),
		},
		Recipe: map[string]any{
			"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32.0, "epochs": 20.0, "lr_step": 16.0,
			"lr_gamma":           0.1,
			"encoder." + picture: "cnn2d:16-32-64-64", "encoder." + sentence: encoder, "probe_samples": 128.0,
		},
	}
}
