package hatefulmemes

import (
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of a list and of a picture.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t)
	for _, name := range []string{"hatefulmemes/train.jsonl", "hatefulmemes/dev.jsonl"} {
		loader.Odd(t, m, name, datatest.Texts(string(m[name])))
	}
	picture := "hatefulmemes/" + madeImage(2)
	loader.Odd(t, m, picture, datatest.StandIns())
	for _, odd := range datatest.Pictures(t, 42, 30) {
		if odd.Want != "" {
			loader.Odd(t, m, picture, []datatest.Odd{odd})
		}
	}
}

// TestNearPicture names the file that a list nearly names.
func TestNearPicture(t *testing.T) {
	m := madeSet(t)
	list := "hatefulmemes/train.jsonl"
	m[list] = []byte(strings.Replace(string(m[list]), `img\/00003.png`, `img\/3.png`, 1))
	faults := loader.Check(m.Write(t), loader.Settings())
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "3.png: no such file, but 00003.png is there") {
		t.Errorf("%v, want the file that is there", faults)
	}
}
