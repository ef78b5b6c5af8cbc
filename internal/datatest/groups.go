package datatest

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
)

// Strangers checks that what is chosen on the validation split is chosen as it is tested: where a set knows groups and
// its test split shows none that is trained on, its validation split shows none either. What is not known says nothing.
func Strangers(d data.Dataset) error {
	groups := data.Groups(d)
	if len(groups[data.Test]) == 0 {
		return nil
	}
	for g := range groups[data.Test] {
		if groups[data.Train][g] {
			return nil
		}
	}
	for g := range groups[data.Validation] {
		if groups[data.Train][g] {
			return fmt.Errorf("group %q is trained on and validates, and none that is tested is trained on", g)
		}
	}
	return nil
}
