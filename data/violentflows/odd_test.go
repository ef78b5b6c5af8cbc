package violentflows

import (
	"testing"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of a clip.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	whole := plain(t, ".avi", "red", 1, 1000)
	m := madeClips(2, whole, plain(t, ".avi", "red", 1, 0))
	name := "violentflows/2/" + folders[0] + "/" + madeName(2, 0, 0)
	loader.Table(t, Name, []datatest.Row{{Kind: datatest.Video, Files: m, Name: name, Odd: datatest.Videos(whole)}})
}
