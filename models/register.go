package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/primewindow/primewindow/data"
)

// EncoderParser makes an encoder for inputs of a modality from a line such as "name:32-16,width=2": channels is what
// stands after the colon, and option takes an option out of the rest, or gives the default. What is left is an error.
type EncoderParser func(channels string, m data.Modality, option func(name, def string) string) (Encoder, error)

var registered = struct {
	sync.Mutex
	byName map[string]EncoderParser
}{byName: map[string]EncoderParser{}}

// builtIn are the encoders that [ParseEncoder] knows by itself.
var builtIn = []string{"cnn1d", "cnn2d", "resnet18", "mlp", "transformer", "bag"}

// RegisterEncoder makes an encoder known to [ParseEncoder]. It panics when there is one of that name, or when the name
// could not stand in a line: a name on record means one thing. For exact probes, which take a gradient for each
// sample, an encoder has to pass its variables through layers of this package: embed one, or wrap it.
func RegisterEncoder(name string, parse EncoderParser) {
	registered.Lock()
	defer registered.Unlock()
	_, taken := registered.byName[name]
	if taken || slices.Contains(builtIn, name) || parse == nil || name == "" || strings.ContainsAny(name, ":,= ") {
		panic(fmt.Errorf("models: RegisterEncoder(%q): want a new name without colon, comma, equals sign or space, and a parser", name))
	}
	registered.byName[name] = parse
}

// RegisteredEncoders lists what [RegisterEncoder] was told, in alphabetical order.
func RegisteredEncoders() []string {
	registered.Lock()
	defer registered.Unlock()
	return slices.Sorted(maps.Keys(registered.byName))
}

// Encoders lists all that [ParseEncoder] knows, those that come with the package first.
func Encoders() []string { return slices.Concat(builtIn, RegisteredEncoders()) }

// EncoderName is the encoder that a line names.
func EncoderName(spec string) string {
	head, _, _ := strings.Cut(strings.ReplaceAll(spec, " ", ""), ",")
	name, _, _ := strings.Cut(head, ":")
	return name
}

func registeredEncoder(name string) (EncoderParser, bool) {
	registered.Lock()
	defer registered.Unlock()
	parse, ok := registered.byName[name]
	return parse, ok
}
