package nlvr

import (
	"strings"
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

// TestNearImage names the entry that the list nearly names.
func TestNearImage(t *testing.T) {
	dir := write(t, strings.Replace(madeList(), "1-0.png", "01-0.png", 1), madeArchive(t, nil))
	if _, err := Open(dir, nil); err == nil || !strings.Contains(err.Error(), "images.zip/01-0.png: not in the archive, but 1-0.png is") {
		t.Errorf("%v, want the entry that is there", err)
	}
}
