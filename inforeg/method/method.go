package method

import (
	"maps"
	"slices"

	"github.com/primewindow/primewindow/inforeg"
)

var byName = map[string]func() inforeg.Method{
	"joint":   func() inforeg.Method { return Joint{} },
	"inforeg": func() inforeg.Method { return InfoReg{} },
}

// Find returns the method of that name.
func Find(name string) (inforeg.Method, bool) {
	create, ok := byName[name]
	if !ok {
		return nil, false
	}
	return create(), true
}

// Names lists the methods in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(byName)) }
