package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/primewindow/primewindow/viz"
)

// draw reads a [viz.PanelsFigure] as JSON and writes it as a PNG.
func draw(file string, from io.Reader) error {
	var f viz.PanelsFigure
	if err := json.NewDecoder(from).Decode(&f); err != nil {
		return fmt.Errorf("figure: %w", err)
	}
	picture, err := viz.Panels(f)
	if err != nil {
		return err
	}
	return os.WriteFile(file, picture.PNG, 0o644)
}
