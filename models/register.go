package models

import (
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/registry"
)

// EncoderParser makes an encoder for inputs of a modality from a line such as "name:32-16,width=2": channels is what
// stands after the colon, and option takes an option out of the rest, or gives the default. What is left is an error.
type EncoderParser func(channels string, m data.Modality, option func(name, def string) string) (Encoder, error)

// encoderForm is an encoder as a line of text names it.
type encoderForm struct {
	name    string
	parse   EncoderParser
	bare    string // for one that takes no channels after a colon: what it takes instead
	comesIn bool   // with this package
}

// forms are all encoders, those that come with the package first.
var forms = registry.New(func(f encoderForm) string { return f.name },
	encoderForm{name: "cnn1d", parse: parseCNN1D, comesIn: true},
	encoderForm{name: "cnn2d", parse: parseCNN2D, comesIn: true},
	encoderForm{name: "resnet18", parse: parseResNet, bare: "width=, not channels", comesIn: true},
	encoderForm{name: "mlp", parse: parseMLP, comesIn: true},
	encoderForm{name: "transformer", parse: parseTransformer, bare: ",dim= and no colon", comesIn: true},
	encoderForm{name: "bag", parse: parseBag, comesIn: true},
)

// RegisterEncoder makes an encoder known to [ParseEncoder]. It panics when there is one of that name, or when the name
// could not stand in a line: a name on record means one thing. For exact probes, which take a gradient for each
// sample, an encoder has to pass its variables through layers of this package: embed one, or wrap it.
func RegisterEncoder(name string, parse EncoderParser) {
	fits := parse != nil && !strings.ContainsAny(name, ":,= ")
	if fits {
		_, err := forms.Add(encoderForm{name: name, parse: parse})
		fits = err == nil
	}
	if !fits {
		panic(fmt.Errorf("models: RegisterEncoder(%q): want a new name without colon, comma, equals sign or space, "+
			"and a parser", name))
	}
}

// RegisteredEncoders lists what [RegisterEncoder] was told, in alphabetical order.
func RegisteredEncoders() []string { return slices.Sorted(slices.Values(names(false))) }

// Encoders lists all that [ParseEncoder] knows, those that come with the package first.
func Encoders() []string { return slices.Concat(names(true), RegisteredEncoders()) }

// names are those of encoders that come with the package, or of the others.
func names(comeIn bool) []string {
	var list []string
	for _, f := range forms.All() {
		if f.comesIn == comeIn {
			list = append(list, f.name)
		}
	}
	return list
}

// EncoderName is the encoder that a line names.
func EncoderName(spec string) string {
	head, _, _ := strings.Cut(strings.ReplaceAll(spec, " ", ""), ",")
	name, _, _ := strings.Cut(head, ":")
	return name
}
