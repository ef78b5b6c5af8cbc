package violentflows

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestNames decodes clips whatever they are called, and names what is broken in one line.
func TestNames(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	whole := plain(t, ".avi", "red", 1, 440)
	for _, name := range datatest.Names() {
		m := madeClips(1, whole, nil)
		clip := "violentflows/2/" + folders[0] + "/" + name + ".avi"
		m[clip] = whole
		d, err := Open(m.Write(t), loader.Settings())
		if err != nil {
			t.Errorf("%q: %v, want it read", name, err)
			continue
		}
		for i := range d.Len(data.Train) {
			if id, _ := d.Identity(data.Train, i); !strings.Contains(id, name) {
				continue
			}
			if _, err := d.Read(data.Train, []int{i}, 0); err != nil {
				t.Errorf("%q: %v, want it read", name, err)
			}
		}
		m[clip] = whole[:len(whole)/2]
		_, err = Open(m.Write(t), loader.Settings())
		if err == nil || strings.ContainsAny(err.Error(), "\n\t\x1b") ||
			!strings.Contains(err.Error(), filepath.Base(data.OneLine(name))) {
			t.Errorf("%q: %q, want the cut clip in one line", name, err)
		}
	}
}
