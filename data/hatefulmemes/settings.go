package hatefulmemes

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/text"
)

const (
	// Name is the set's name in the catalogue.
	Name = "hatefulmemes"
	// Doc describes the set in one line.
	Doc = "Hateful Memes: pictures with a sentence on them, hateful or not, 10,000 memes"
	// Folder is the set's folder below the data folder.
	Folder = "hatefulmemes"
	// Ask says where the files are to be had.
	Ask = "the memes are to be had from hatefulmemeschallenge.com under Meta's licence, which one must agree to; put " +
		"img and the .jsonl lists below a folder hatefulmemes"
)

// Choices of the settings test and val: lists by name, and
const (
	auto      = "auto"
	fromTrain = "train" // of the training list, by lot
)

// The lists.
const (
	dev, devSeen, devUnseen    = "dev", "dev_seen", "dev_unseen"
	test, testSeen, testUnseen = "test", "test_seen", "test_unseen"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{
			Name: "test", Default: auto, Choices: []string{auto, test, testSeen, testUnseen, dev, devSeen, devUnseen},
			Doc: "list that is the test split; auto: test_seen or test where it has labels, else dev_seen or dev",
		},
		{
			Name: "val", Default: auto, Choices: []string{auto, fromTrain, dev, devSeen, devUnseen},
			Doc: "list that is the validation split; train: a share of the training list; auto: dev_seen or dev " +
				"where it is not the test split, else train",
		},
		{
			Name: "data_seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true,
			Doc: "of the choice of validation memes from the training list",
		},
		{
			Name: "val_share", Default: 0.1, Min: 0, Max: 0.5,
			Doc: "share of each class of the training list that is the validation split, where that is drawn from it",
		},
		{
			Name: "tokenizer", Default: text.WordPiece,
			Doc: "wordpiece or bpe: trained on the training split; else a file, BERT's vocab.txt or a " +
				"tokenizer.json, in the set's folder or with its whole path",
		},
		{
			Name: "vocab", Default: 4000.0, Min: 300, Max: 1 << 16, Whole: true,
			Doc: "tokens at most of a trained vocabulary",
		},
		{
			Name: "length", Default: 64.0, Min: 4, Max: 512, Whole: true,
			Doc: "tokens of a sentence; what is longer is cut off",
		},
		{
			Name: "image_side", Default: 224.0, Min: 8, Max: 512, Whole: true,
			Doc: "height and width of a picture, in pixels",
		},
		{
			Name: "picture_side", Default: 256.0, Min: 8, Max: 2160, Whole: true,
			Doc: "largest short side of a picture before it is cropped, in pixels; the cache holds it in this size",
		},
		{Name: "augment", Default: true, Doc: "crop and flip pictures at random in training"},
		{
			Name: "skip_broken", Default: false,
			Doc: "leave out broken samples and list them in the manifest, instead of stopping",
		},
	}
}

// options are the settings, read.
type options struct {
	test, val              string
	seed                   uint64
	valShare               float64
	tokenizer              string
	vocab, length          int
	imageSide, pictureSide int
	augment, skipBroken    bool
}

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("hatefulmemes: %w", err)
	}
	number := func(name string) float64 { return values[name].(float64) }
	o := options{
		test:        values["test"].(string),
		val:         values["val"].(string),
		seed:        uint64(number("data_seed")),
		valShare:    number("val_share"),
		tokenizer:   values["tokenizer"].(string),
		vocab:       int(number("vocab")),
		length:      int(number("length")),
		imageSide:   int(number("image_side")),
		pictureSide: int(number("picture_side")),
		augment:     values["augment"].(bool),
		skipBroken:  values["skip_broken"].(bool),
	}
	switch {
	case o.tokenizer == "":
		return options{}, fmt.Errorf(
			"hatefulmemes: setting tokenizer: got nothing, want %s, %s or a file", text.WordPiece, text.BPE,
		)
	case o.test == o.val && o.test != auto:
		return options{}, fmt.Errorf("hatefulmemes: settings test and val: got %s for both, want two lists", o.test)
	}
	return o, nil
}
