package violentflows_test

import (
	"fmt"
	"strings"

	"github.com/primewindow/primewindow/data/violentflows"
)

// A folder that is not the set's.
func ExampleOpen() {
	_, err := violentflows.Open("empty", nil)
	what, _, _ := strings.Cut(err.Error(), ", want")
	fmt.Println(what)
	// Output: empty/violentflows: no folders 1 to 5
}

func ExampleCheck() {
	for _, err := range violentflows.Check("empty", map[string]any{"fold": 6}) {
		fmt.Println(err)
	}
	// Output: violentflows: setting fold: got 6, want between 1 and 5
}

func ExampleSettings() {
	for _, s := range violentflows.Settings() {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// fold 1
	// data_seed 0
	// val_share 0.1
	// silent zeros
	// sound_seconds 3
	// frames 3
	// choose segments
	// fps 4
	// image_side 224
	// frame_side 256
	// augment true
	// skip_broken false
}
