package utdmhad

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of the index and of a compressed array.
func TestOdd(t *testing.T) {
	loader, f := datatest.Loader{Open: Open, Check: Check}, datatest.Files{}
	for name, b := range madeFiles() {
		if name != indexFile {
			b = zipped(t, b)
		}
		f[Folder+"/"+name] = b
	}
	loader.Odd(t, f, Folder+"/"+indexFile, datatest.Texts(string(f[Folder+"/"+indexFile])))
	loader.Odd(t, f, Folder+"/"+indexFile, datatest.StandIns()[:3])
	loader.Odd(t, f, Folder+"/"+depthFile, datatest.StandIns())
}
