package folder

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of each kind of file.
func TestOdd(t *testing.T) {
	loader := datatest.Loader{Open: Open, Check: Check, Small: map[string]any{"bins": 8, "frames": 4, "window": 64}}
	f := datatest.Files(madeFiles())
	for _, id := range []string{"s00", "s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11"} {
		f["said/"+id+".txt"] = []byte("what größe is said of " + id + "\nhere\n")
	}
	loader.Odd(t, f, "labels.csv", datatest.Texts(string(f["labels.csv"])))
	loader.Odd(t, f, "body.csv", datatest.Texts(string(f["body.csv"])))
	loader.Odd(t, f, "said/s02.txt", datatest.Texts(string(f["said/s02.txt"])))
	for _, name := range []string{"sound/s03.wav", "photo/s05.jpg", "drawing/s05.png", "motion/s02.npy", "sensor.npy"} {
		loader.Odd(t, f, name, datatest.StandIns())
	}
	for _, name := range []string{"labels.csv", "body.csv"} {
		loader.Odd(t, f, name, datatest.StandIns()[:4])
	}
	loader.Odd(t, f, "said/s02.txt", datatest.StandIns()[:2]) // any other is a text
}
