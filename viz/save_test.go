package viz_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

func small(t *testing.T) *viz.Figure {
	t.Helper()
	f, err := viz.Trace(viz.TraceFigure{Series: []viz.Series{line("audio", 1, 2)}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSaveReplaces holds files to what was saved last, and the folder to these files alone.
func TestSaveReplaces(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "deep", "fig")
	f := small(t)
	for range 2 {
		if err := viz.Save(f, path, viz.PNG, viz.SVG); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path + ".png")
	if err != nil || !bytes.Equal(got, f.PNG) {
		t.Errorf("%d bytes, err %v, want the %d of the PNG", len(got), err, len(f.PNG))
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 2 || files[0].Name() != "fig.png" || files[1].Name() != "fig.svg" {
		t.Errorf("folder holds %v, err %v, want fig.png and fig.svg", files, err)
	}
}

func TestSaveErrors(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "taken.png", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := small(t)
	for _, tt := range []struct {
		name, path string
		format     viz.Format
		want       string // with the folder left out
		reason     string
	}{
		{"no name", "", viz.PNG, `viz: save: path "", want a folder and a name without a suffix`, "nothing to call it"},
		{
			"folder", folder + "/", viz.PNG, `viz: save: path "/", want a folder and a name without a suffix`,
			"a folder alone",
		},
		{
			"unwritable", file + "/figures/fig", viz.PNG,
			"viz: save /file/figures/fig: folder /file/figures: not a directory",
			"a file stands where the folder should",
		},
		{
			"taken", folder + "/taken", viz.PNG, "viz: save /taken.png: is a directory",
			"a folder has the name of the file",
		},
		{
			"format", folder + "/fig", "eps", `viz: encode: format "eps", want one of ["png" "svg" "pdf" "vl.json"]`,
			"no such format",
		},
	} {
		err := viz.Save(f, tt.path, tt.format)
		if err == nil || strings.ReplaceAll(err.Error(), folder, "") != tt.want || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s in one line; reason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 2 {
		t.Errorf("folder holds %v, err %v, want what it held before alone", left, err)
	}
}
