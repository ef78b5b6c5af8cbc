package viz_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/viz"
)

func ExampleSave() {
	fig, err := viz.Trace(viz.TraceFigure{
		XLabel: "epoch", YLabel: "Tr(F) (nats²)", Width: viz.Column,
		Series: []viz.Series{
			{Name: "audio", Modality: "audio", Points: []viz.Point{{X: 1, Y: 10}, {X: 2, Y: 40}, {X: 3, Y: 20}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	folder, err := os.MkdirTemp("", "figures")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() {
		if err := os.RemoveAll(folder); err != nil {
			fmt.Println(err)
		}
	}()
	if err := viz.Save(fig, filepath.Join(folder, "paper", "fig1")); err != nil {
		fmt.Println(err)
		return
	}
	files, err := os.ReadDir(filepath.Join(folder, "paper"))
	for _, f := range files {
		fmt.Println(f.Name(), err)
	}
	// Output:
	// fig1.pdf <nil>
	// fig1.png <nil>
	// fig1.svg <nil>
	// fig1.vl.json <nil>
}
