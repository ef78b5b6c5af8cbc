package cremad

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

func TestRealLists(t *testing.T) {
	l, found, err := findLists(filepath.Join(datatest.Real(t, "cremad_meta"), "cremad_meta"))
	if err != nil || !found {
		t.Fatal(found, err)
	}
	for _, tt := range []struct {
		name   string
		list   []clip
		counts [6]int
		reason string
	}{
		{"train", l.train, [6]int{973, 1148, 1131, 1138, 1142, 1166}, "6,698 rows, counted with cut, sort and uniq"},
		{"test", l.test, [6]int{114, 123, 140, 133, 129, 105}, "744 rows, likewise"},
	} {
		var counts [6]int
		actors := map[string]bool{}
		for _, c := range tt.list {
			counts[c.label]++
			actors[c.actor] = true
		}
		if counts != tt.counts || len(actors) != 91 {
			t.Errorf(
				"%s: %v clips a class of %d actors, want %v of 91\nreason: %s", tt.name, counts, len(actors), tt.counts,
				tt.reason,
			)
		}
	}
	parts := options{valShare: 0.1, testShare: 0.2}.byActor(slices.Concat(l.train, l.test))
	// Actors have 82 clips but for one or two: a split misses its share by half of that at most.
	for split, want := range map[data.Split]int{data.Train: 5210, data.Validation: 744, data.Test: 1488} {
		if n := len(parts[split]); n < want-82 || n > want+82 {
			t.Errorf("by actor: %d clips in %s, want %d, give or take 82", n, split, want)
		}
	}
}

// TestFullSize opens a set of the published lists, every clip a link to the same files.
func TestFullSize(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 22,000 files; not with -short")
	}
	lists := filepath.Join(datatest.Real(t, "cremad_meta"), "cremad_meta")
	l, _, err := findLists(lists)
	if err != nil {
		t.Fatal(err)
	}
	m := madeSet(t, 1)
	dir := m.Write(t)
	from := map[string]string{
		".wav": filepath.Join(dir, "cremad", "AudioWAV", madeID(0, 0)+".wav"),
		".jpg": filepath.Join(dir, "cremad", "Image-01-FPS", madeID(0, 0), "00000.jpg"),
	}
	root := filepath.Join(t.TempDir(), Folder)
	for _, c := range slices.Concat(l.train, l.test) {
		frames := filepath.Join(root, "Image-01-FPS", c.id)
		if err := os.MkdirAll(frames, 0o755); err != nil {
			t.Fatal(err)
		}
		for path, ext := range map[string]string{
			filepath.Join(root, "AudioWAV", c.id+".wav"): ".wav", filepath.Join(frames, "00000.jpg"): ".jpg",
		} {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Link(from[ext], path); err != nil {
				t.Skipf("no hard links here: %v", err)
			}
		}
	}
	for _, name := range []string{"ogm_train.csv", "ogm_test.csv"} {
		b, err := os.ReadFile(filepath.Join(lists, name))
		if err != nil {
			t.Fatal(err)
		}
		datatest.Put(t, filepath.Join(filepath.Dir(root), "cremad_meta", name), b)
	}
	t.Setenv(cache.DirVariable, "off")
	began := time.Now()
	d := datatest.Open(t, Open, filepath.Dir(root), map[string]any{"image_side": 16})
	t.Logf("opened in %v", time.Since(began).Round(time.Millisecond))
	if n := d.Len(data.Train) + d.Len(data.Validation); n != 6698 || d.Len(data.Test) != 744 {
		t.Errorf("%d and %d samples, want 6698 and 744", n, d.Len(data.Test))
	}
	if b, err := d.Read(data.Test, []int{0, 743}, 0); err != nil || len(b.X[face]) != 2*16*16*3 {
		t.Errorf("Read: %v", err)
	}
}
