package mosi

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of each table.
func TestOdd(t *testing.T) {
	loader, f := datatest.Loader{Open: Open}, datatest.Files{}
	for name, b := range madeFiles() {
		f[Folder+"/"+name] = b
	}
	for _, name := range []string{"transcripts.csv", "text_train.csv", "text_test0.csv", "audio_train0.csv"} {
		name = Folder + "/" + name
		loader.Odd(t, f, name, datatest.Texts(string(f[name])))
		loader.Odd(t, f, name, datatest.StandIns()[:3])
	}
}
