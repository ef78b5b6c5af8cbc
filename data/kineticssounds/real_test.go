package kineticssounds

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

func TestRealLists(t *testing.T) {
	l, err := findLists(filepath.Join(datatest.Real(t, "kinetics_sounds_splits"), "kinetics_sounds_splits"))
	if err != nil {
		t.Fatal(err)
	}
	count := func(list []clip) (n [classes]int) {
		for _, c := range list {
			n[c.label]++
		}
		return n
	}
	train, test := count(l.train), count(l.test)
	// Counted with cut, sort and uniq: the largest and the smallest class of each list.
	if len(l.train) != 14799 || train[1] != 690 || train[26] != 197 || len(l.test) != 2597 || test[23] != 92 ||
		test[30] != 63 {
		t.Errorf(
			"%d training clips, %v, and %d test clips, %v, want 14799 and 2597 as published", len(l.train), train,
			len(l.test), test,
		)
	}
	videos := map[string]data.Split{}
	parts := options{valShare: 0.1, seed: 1}.sort(l)
	for split, clips := range parts {
		for _, c := range clips {
			if s, ok := videos[c.video()]; ok && s != split {
				t.Errorf("video %s is in %s and in %s", c.video(), s, split)
			}
			videos[c.video()] = split
		}
	}
	// A share of 0.1 of 14,799 has a standard deviation of 36; four of them on either side.
	if n := len(parts[data.Validation]); n < 1480-146 || n > 1480+146 {
		t.Errorf("%d clips validate, want 1480, give or take 146", n)
	}
}

// TestFullSize opens a set of the published lists, every clip a link to the same files.
func TestFullSize(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 35,000 files; not with -short")
	}
	lists := filepath.Join(datatest.Real(t, "kinetics_sounds_splits"), "kinetics_sounds_splits")
	l, err := findLists(lists)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(t.TempDir(), Folder)
	recorded, shown := filepath.Join(root, "one.wav"), filepath.Join(root, "one.mp4")
	datatest.Put(t, recorded, datatest.WAV(madeRate, datatest.Tone(madeRate, 0.1)))
	datatest.Put(t, shown, []byte("\x00\x00\x00\x10ftypisom\x00\x00\x02\x00")) // as much of a video as opening looks at
	for part, list := range map[string][]clip{"train": l.train, "test": l.test} {
		dir := filepath.Join(root, part)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			for from, to := range map[string]string{
				recorded: filepath.Join(dir, c.id+".wav"), shown: filepath.Join(dir, c.id+".mp4"),
			} {
				if err := os.Link(from, to); err != nil {
					t.Skipf("no hard links here: %v", err)
				}
			}
		}
	}
	for _, names := range listNames[0] {
		b, err := os.ReadFile(filepath.Join(lists, names))
		if err != nil {
			t.Fatal(err)
		}
		datatest.Put(t, filepath.Join(root, names), bytes.TrimSpace(b))
	}
	t.Setenv(cache.DirVariable, "off")
	began := time.Now()
	d := datatest.Open(t, Open, filepath.Dir(root), nil)
	t.Logf("opened in %v", time.Since(began).Round(time.Millisecond))
	if n := d.Len(data.Train) + d.Len(data.Validation); n != 14799 || d.Len(data.Test) != 2597 {
		t.Errorf("%d and %d samples, want 14799 and 2597", n, d.Len(data.Test))
	}
	if source := d.Describe().Provenance.Source; !strings.HasSuffix(
		source, "17396 clips with sound of .wav, 17396 clips with frames of video",
	) {
		t.Errorf("source %q", source)
	}
}
