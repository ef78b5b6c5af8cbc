package cremad_test

import (
	"fmt"

	"github.com/primewindow/primewindow/data/cremad"
)

func ExampleSettings() {
	for _, s := range cremad.Settings() {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// split auto
	// data_seed 0
	// val_share 0.1
	// test_share 0.2
	// frames 1
	// choose any
	// image_side 224
	// frame_side 0
	// keep pixels
	// augment true
	// skip_broken false
}

func ExampleOpen() {
	_, err := cremad.Open("nowhere", nil)
	fmt.Println(err != nil)
	faults := cremad.Check("nowhere", map[string]any{"frames": 9})
	fmt.Println(faults)
	// Output:
	// true
	// [cremad: setting frames: got 9, want between 1 and 8]
}
