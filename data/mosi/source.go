package mosi

import (
	"github.com/primewindow/primewindow/data"
)

// Source is the set as the catalogue lists it.
var Source = data.Source{
	Name: Name, Doc: Doc, Settings: Settings,
	Open: Open, Folders: []string{Folder}, Ask: Ask,
	Paper: "CMU-MOSI", StandsFor: map[string]int{"CMU-MOSI": 1}, StepMillis: 2,
}
