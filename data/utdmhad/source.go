package utdmhad

import (
	"github.com/primewindow/primewindow/data"
)

// Source is the set as the catalogue lists it.
var Source = data.Source{
	Name: Name, Doc: Doc, Settings: Settings,
	Open: Open, Check: Check, Folders: []string{Folder}, Ask: Ask,
	StandsFor: map[string]int{"CREMA-D": 2, "Kinetics Sounds": 2, "Violent Flows": 1}, StepMillis: 35,
	Modalities: "inertial,depth", // a fast and a slow learner; with the skeleton there are three
}
