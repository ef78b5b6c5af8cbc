package folder

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestNames reads samples whatever they are called, or says in one line why not, and names what is broken in one line.
func TestNames(t *testing.T) {
	for _, name := range datatest.Names() {
		for _, broken := range []bool{false, true} {
			var labels strings.Builder
			w := csv.NewWriter(&labels)
			rows := [][]string{{"id", "label", "split"}, {name, "x", "train"}, {"b", "y", "train"}, {"c", "y", "test"}}
			if err := w.WriteAll(rows); err != nil {
				t.Fatal(err)
			}
			f := datatest.Files{"labels.csv": []byte(labels.String())}
			for k, id := range []string{name, "b", "c"} {
				f["sound/"+id+".wav"] = datatest.WAV(8000, datatest.Tone(800, 0.01*float64(k+1)))
			}
			if broken {
				f["sound/"+name+".wav"] = f["sound/"+name+".wav"][:100]
			}
			dir := f.Write(t)
			d, err := Open(dir, map[string]any{"bins": 8, "frames": 4, "window": 64})
			faults := Check(dir, map[string]any{"bins": 8, "frames": 4, "window": 64})
			switch {
			case (err == nil) != (len(faults) == 0):
				t.Errorf("%q: Open: %v, Check: %v, want both to agree", name, err, faults)
			case err != nil && (strings.ContainsAny(err.Error(), "\n\t\x1b") || len(faults) == 0):
				t.Errorf("%q: %q, %d faults, want some in one line each", name, err, len(faults))
			case broken && err == nil:
				t.Errorf("%q: no fault, want the cut recording named", name)
			case err != nil && !broken && !strings.ContainsAny(name, `\`):
				t.Errorf("%q: %v, want it read", name, err)
			case err == nil:
				if id, _ := d.Identity(data.Train, 0); id != name {
					t.Errorf("%q is called %q", name, id)
				}
			}
		}
	}
}
