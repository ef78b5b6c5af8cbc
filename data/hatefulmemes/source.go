package hatefulmemes

import (
	"github.com/primewindow/primewindow/data"
)

// Source is the set as the catalogue lists it.
var Source = data.Source{
	Name: Name, Doc: Doc, Settings: Settings,
	Open: Open, Check: Check, Folders: []string{Folder}, Ask: Ask, Paper: "Hateful Memes",
}
