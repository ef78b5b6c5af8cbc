package mosi

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
)

const (
	// Name is the set's name in the catalogue.
	Name = "mosi"
	// Doc describes the set in one line.
	Doc = "opinions in video monologues: features of text, sound and picture, negative or positive"
	// Folder is the set's folder below the data folder.
	Folder = "cmu_mosi"
	// Ask says where the files are to be had.
	Ask = "take the CSV files from github.com/declare-lab/multimodal-deep-learning, " +
		"contextual-multimodal-fusion/data, cite the corpus, and put them into a folder cmu_mosi"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{Name: "data_seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true, Doc: "of the choice of validation videos"},
		{
			Name: "features", Default: autoFeatures, Choices: []string{autoFeatures, tableFeatures, alignedFeatures},
			Doc: "which files are read: the tables, a vector an utterance; mosi_aligned.npz, sequences; or auto, the " +
				"tables where they are there",
		},
		{
			Name: "text", Default: featureText, Choices: []string{featureText, transcriptText},
			Doc: "what the text of the tables is: features, or the transcripts as token ids, for an encoder that is " +
				"trained from scratch",
		},
		{
			Name: "words", Default: 32.0, Min: 1, Max: 512, Whole: true,
			Doc: "tokens of a transcript; longer ones are cut, shorter ones completed with token 0",
		},
		{
			Name: "vocab", Default: 2000.0, Min: 16, Max: 1 << 16, Whole: true,
			Doc: "tokens of the vocabulary that is made of the training split's transcripts",
		},
		{
			Name: "zero", Default: positiveZero, Choices: zeroChoices,
			Doc: "class of a sentiment of 0 in mosi_aligned.npz",
		},
		{
			Name: "val_share", Default: 0.15, Min: 0, Max: 0.5,
			Doc: "share of the training part's videos that are the validation split",
		},
	}
}

// options are the settings, read.
type options struct {
	seed     uint64
	valShare float64
	features string
	zero     string
	text     string
	words    int
	vocab    int
}

// Choices of the setting text.
const (
	featureText    = "features"
	transcriptText = "transcripts"
)

// Choices of the setting features.
const (
	autoFeatures    = "auto"
	tableFeatures   = "tables"
	alignedFeatures = "aligned"
)

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("mosi: %w", err)
	}
	whole := func(name string) int { return int(values[name].(float64)) }
	return options{
		seed: uint64(values["data_seed"].(float64)), valShare: values["val_share"].(float64),
		features: values["features"].(string),
		zero:     values["zero"].(string), text: values["text"].(string), words: whole("words"), vocab: whole("vocab"),
	}, nil
}
