package utdmhad_test

import (
	"fmt"

	"github.com/primewindow/primewindow/data/utdmhad"
)

func ExampleSettings() {
	for _, s := range utdmhad.Settings() {
		fmt.Println(s.Name, s.Default)
	}
	// Output:
	// val_subjects 7
	// inertial_steps 64
	// skeleton_steps 32
	// depth_frames channels
	// skip_broken false
}
