package nlvr

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
)

const (
	// Name is the set's name in the catalogue.
	Name = "nlvr"
	// Doc describes the set in one line.
	Doc = "sentences about made pictures, true or false: neither tells without the other"
	// Ask says where the files are to be had.
	Ask = "pictures and sentences are in github.com/lil-lab/nlvr; nlvr.csv and images.zip are put together of them, " +
		"into a folder nlvr: see go doc ./data/nlvr"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{
			Name: "data_seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true,
			Doc: "of the choice of validation sentences",
		},
		{
			Name: "val_share", Default: 0.15, Min: 0, Max: 0.5,
			Doc: "share of the training sentences that are the validation split",
		},
		{
			Name: "shrink", Default: 2.0, Min: 1, Max: 10, Whole: true,
			Doc: "pixels along each axis that become one; must divide 100",
		},
		{
			Name: "text", Default: oneHotText, Choices: []string{oneHotText, tokenText},
			Doc: "how a sentence is given: words, a sequence of one place for each word; or tokens, ids for an " +
				"embedding",
		},
		{
			Name: "words", Default: 24.0, Min: 4, Max: 64, Whole: true,
			Doc: "length of a sentence's sequence; what is longer is cut off",
		},
	}
}

// options are the settings, read.
type options struct {
	seed          uint64
	valShare      float64
	shrink, words int
	text          string
}

// Choices of the setting text.
const (
	oneHotText = "words"
	tokenText  = "tokens"
)

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("nlvr: %w", err)
	}
	number := func(name string) float64 { return values[name].(float64) }
	o := options{
		uint64(number("data_seed")), number("val_share"), int(number("shrink")), int(number("words")),
		values["text"].(string),
	}
	if rawHeight%o.shrink != 0 {
		return options{}, fmt.Errorf("nlvr: setting shrink: got %d, want a number that divides %d", o.shrink, rawHeight)
	}
	return o, nil
}
