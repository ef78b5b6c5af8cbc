package mosi

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/text"
)

// modalities, the leading one first.
var modalities = []string{"text", "audio", "video"}

// Open reads the set below dir, all of it into memory; settings that are absent have their defaults. It returns an
// error that names the file for one that is missing, a [data.FormatError] for one that is broken or does not fit the
// others, and an error for a setting that is unknown or out of bounds.
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
	folder := data.Subfolder(dir, Folder)
	name := filepath.Join(folder, "transcripts.csv")
	path := AlignedPath(dir)
	if _, err := os.Stat(name); o.features == alignedFeatures ||
		o.features == autoFeatures && err != nil && hasAligned(path) {
		return openAligned(path, o)
	}
	b, err := data.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("mosi: %w", err)
	}
	all, err := decodeTranscripts(name, b)
	if err != nil {
		return nil, err
	}
	train, err := readPart(folder, "train", all)
	if err != nil {
		return nil, err
	}
	test, err := readPart(folder, "test", all)
	if err != nil {
		return nil, err
	}
	if err := disjoint(train, test); err != nil {
		return nil, err
	}
	desc := o.describe(train)
	for i, t := range test.tables {
		if t.columns != train.tables[i].columns {
			return nil, t.broken(
				"%d columns, want %d as in %s", t.columns, train.tables[i].columns, train.tables[i].name,
			)
		}
	}
	validates := chosen(train.list, o)
	parts := map[data.Split]data.Part{
		data.Train:      train.part(func(u utterance) bool { return !validates[u.video()] }),
		data.Validation: train.part(func(u utterance) bool { return validates[u.video()] }),
		data.Test:       test.part(func(utterance) bool { return true }),
	}
	for _, m := range desc.Modalities {
		data.Standardize(parts, m.Name, m.Shape[0])
	}
	if o.text == transcriptText {
		if err := o.transcribe(&desc, parts, slices.Concat(train.list, test.list)); err != nil {
			return nil, fmt.Errorf("mosi: %w", err)
		}
	}
	return data.NewMemory(desc, parts)
}

// transcribe puts token ids of what was said in the place of the text's features.
func (o options) transcribe(desc *data.Description, parts map[data.Split]data.Part, list []utterance) error {
	said := map[string]string{}
	for _, u := range list {
		said[u.id] = u.said
	}
	var training []string
	for _, id := range parts[data.Train].IDs {
		training = append(training, said[id])
	}
	tokens, err := text.Train(training, text.Options{Vocab: o.vocab, Lower: true, Kind: text.WordPiece})
	if err != nil {
		return err
	}
	for _, p := range parts {
		var ids []float32
		for _, id := range p.IDs {
			ids = append(ids, tokens.Ids(said[id], o.words)...)
		}
		p.X[modalities[0]] = data.Column{Values: ids}
	}
	desc.Modalities[0].Shape = []int{o.words}
	desc.Recipe["encoder."+modalities[0]] = fmt.Sprintf("transformer,vocab=%d,pad=1", tokens.Size())
	desc.Provenance.Protocol += fmt.Sprintf(
		"; text is %d tokens of a vocabulary of %d, made of the training split", o.words, tokens.Size(),
	)
	return nil
}

// published is one of the two published parts.
type published struct {
	list   []utterance
	tables []table // by modality, each row features and label
}

func readPart(folder, part string, all []utterance) (published, error) {
	places, err := readTable(folder, "text_"+part+".csv")
	if err != nil {
		return published{}, err
	}
	var p published
	if p.list, err = places.utterances(all); err != nil {
		return published{}, err
	}
	for _, m := range modalities {
		t, err := readTable(folder, m+"_"+part+"0.csv")
		if err != nil {
			return published{}, err
		}
		if err := t.check(p.list); err != nil {
			return published{}, err
		}
		p.tables = append(p.tables, t)
	}
	return p, same(places, p.tables[0])
}

func readTable(folder, name string) (table, error) {
	path := filepath.Join(folder, name)
	b, err := data.ReadFile(path)
	if err != nil {
		return table{}, fmt.Errorf("mosi: %w", err)
	}
	return decodeTable(path, b)
}

// disjoint wants no video in both parts.
func disjoint(train, test published) error {
	in := map[string]bool{}
	for _, u := range train.list {
		in[u.video()] = true
	}
	for i, u := range test.list {
		if in[u.video()] {
			return test.tables[0].broken("row %d: video %s is in the training part too", i, u.video())
		}
	}
	return nil
}

// chosen draws the videos of the validation split. At least one is left to train on.
func chosen(list []utterance, o options) map[string]bool {
	var videos []string
	for _, u := range list {
		if !slices.Contains(videos, u.video()) {
			videos = append(videos, u.video())
		}
	}
	slices.Sort(videos)
	rand.New(rand.NewPCG(o.seed, 1)).Shuffle(len(videos), func(a, b int) {
		videos[a], videos[b] = videos[b],
			videos[a]
	})
	validates := map[string]bool{}
	n := int(math.Round(o.valShare * float64(len(videos)-1)))
	if n == 0 && o.valShare > 0 && len(videos) > 1 {
		n = 1
	}
	for _, v := range videos[:n] {
		validates[v] = true
	}
	return validates
}

// part keeps the utterances that it is asked to, in their order.
func (p published) part(keep func(utterance) bool) data.Part {
	out := data.Part{X: map[string]data.Column{}}
	for i, u := range p.list {
		if !keep(u) {
			continue
		}
		out.IDs, out.Labels = append(out.IDs, u.id), append(out.Labels, u.label)
		out.Details = append(out.Details, data.Detail{Group: "video " + u.video()})
		for k, m := range modalities {
			c := out.X[m]
			c.Values = append(c.Values, p.tables[k].rows[i][:p.tables[k].columns-1]...)
			out.X[m] = c
		}
	}
	return out
}

func (o options) describe(p published) data.Description {
	desc := data.Description{
		Name:    Name,
		Classes: []string{"negative", "positive"},
		Provenance: data.Provenance{
			Source: "CMU-MOSI, A. Zadeh, R. Zellers, E. Pincus, L.-P. Morency, 2016; features as bc-LSTM " +
				"publishes them",
			Licence: "corpus for research; the features' repository MIT",
			Protocol: fmt.Sprintf(
				"the published parts, which share no video; %v of the training part's videos are validation by "+
					"data_seed %d, whose features know its labels",
				o.valShare, o.seed,
			),
		},
		Recipe: map[string]any{
			"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-3, "batch": 32.0, "epochs": 12.0, "lr_step": 10.0,
			"lr_gamma": 0.1, "probe_samples": 128.0,
			"probe_bn": "eval", // no encoder has batch norm: there is nothing to re-estimate
		},
	}
	desc.Unfit = "its features of text were made with its labels"
	if o.text == transcriptText {
		desc.Unfit = "its features of pictures were made, it seems, with its labels"
	}
	for k, m := range modalities {
		desc.Modalities = append(
			desc.Modalities, data.Modality{Name: m, Kind: data.Vector, Shape: []int{p.tables[k].columns - 1}},
		)
		desc.Recipe["encoder."+m] = "mlp:64-32"
	}
	return desc
}
