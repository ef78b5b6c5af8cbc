package nlvr

import (
	"github.com/primewindow/primewindow/data"
)

// Source is the set as the catalogue lists it.
var Source = data.Source{
	Name: Name, Doc: Doc, Settings: Settings,
	Open: Open, Folders: []string{Name}, Ask: Ask,
	StandsFor: map[string]int{"Hateful Memes": 1}, StepMillis: 64,
}
