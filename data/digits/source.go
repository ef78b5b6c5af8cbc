package digits

import (
	"context"

	"github.com/primewindow/primewindow/data"
)

// Source is the set as the catalogue lists it.
var Source = data.Source{
	Name: Name, Doc: Doc, Settings: Settings,
	Open: Open, Folders: []string{"fsdd", "mnist"},
	Fetch: &data.Fetch{
		Mirrors: []data.Mirror{
			{Name: "fsdd", Doc: "of the spoken digits", Address: DefaultSources.FSDD},
			{Name: "mnist", Doc: "of the written digits", Address: DefaultSources.MNIST},
		},
		Run: func(ctx context.Context, dir string, from map[string]string, progress func(string, int64, int64)) error {
			return Fetch(ctx, dir, Sources{FSDD: from["fsdd"], MNIST: from["mnist"]}, progress)
		},
	},
	StandsFor: map[string]int{"CREMA-D": 1, "Kinetics Sounds": 1, "Violent Flows": 2}, StepMillis: 60,
}
