package mosi_test

import (
	"fmt"

	"github.com/primewindow/primewindow/data/mosi"
)

func ExampleSettings() {
	for _, s := range mosi.Settings() {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// data_seed 0
	// features auto
	// text features
	// words 32
	// vocab 2000
	// zero positive
	// val_share 0.15
}
