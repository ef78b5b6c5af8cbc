package violentflows

import (
	"testing"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts files that stand in for others in the place of a clip.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeClips(2, plain(t, ".avi", "red", 1, 1000), plain(t, ".avi", "red", 1, 0))
	loader.Odd(t, m, "violentflows/2/"+folders[0]+"/"+madeName(2, 0, 0), datatest.StandIns())
}
