package kineticssounds_test

import (
	"fmt"

	"github.com/primewindow/primewindow/data/kineticssounds"
)

func ExampleSettings() {
	for _, s := range kineticssounds.Settings() {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// data_seed 0
	// val_share 0.1
	// frames 3
	// image_side 224
	// frame_side 256
	// keep jpeg
	// augment true
	// skip_broken false
}

func ExampleOpen() {
	_, err := kineticssounds.Open("nowhere", nil)
	fmt.Println(err != nil)
	faults := kineticssounds.Check("nowhere", map[string]any{"val_share": 0.7})
	fmt.Println(faults)
	// Output:
	// true
	// [kineticssounds: setting val_share: got 0.7, want between 0 and 0.5]
}
