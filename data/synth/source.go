package synth

import (
	"github.com/primewindow/primewindow/data"
)

// Source is the set as the catalogue lists it.
var Source = data.Source{
	Name: Name, Doc: Doc, Settings: Settings,
	Open:      Open,
	StandsFor: map[string]int{"CREMA-D": 3, "Kinetics Sounds": 3, "Violent Flows": 3, "CMU-MOSI": 2}, StepMillis: 60,
}
