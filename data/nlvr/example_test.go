package nlvr_test

import (
	"fmt"

	"github.com/primewindow/primewindow/data/nlvr"
)

func ExampleSettings() {
	for _, s := range nlvr.Settings() {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// data_seed 0
	// val_share 0.15
	// shrink 2
	// text words
	// words 24
}
