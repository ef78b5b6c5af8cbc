package nlvr

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of the list, of the archive, and of an image inside.
func TestOdd(t *testing.T) {
	loader := datatest.Loader{Open: Open, Small: map[string]any{"shrink": 10}}
	f := datatest.Files{"nlvr/nlvr.csv": []byte(madeList()), "nlvr/images.zip": madeArchive(t, nil)}
	loader.Odd(t, f, "nlvr/nlvr.csv", datatest.Texts(madeList()))
	loader.Odd(t, f, "nlvr/images.zip", datatest.StandIns())
	for _, odd := range datatest.Pictures(t, rawWidth, rawHeight) {
		if odd.Want != "" { // those that are read show other pixels
			odd.Bytes = madeArchive(t, map[string][]byte{"1-0.png": append([]byte{}, odd.Bytes...)})
			loader.Odd(t, f, "nlvr/images.zip", []datatest.Odd{odd})
		}
	}
}
