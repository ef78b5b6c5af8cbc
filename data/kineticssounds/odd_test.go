package kineticssounds

import (
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of lists, names of classes, a recording and a frame.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t)
	names := ""
	for i := range classes {
		names += fmt.Sprintf("größe %d\n", i)
	}
	m["kineticssounds/classes.txt"] = []byte(names)
	for _, name := range []string{"my_train.txt", "my_test.txt", "classes.txt"} {
		name = "kineticssounds/" + name
		m[name] = []byte(strings.ReplaceAll(string(m[name]), "\r\n", "\n"))
		loader.Odd(t, m, name, datatest.Texts(string(m[name])))
	}
	frame := fmt.Sprintf("kineticssounds/visual/train_img/Image-01-FPS/%s.mp4/%05d.jpg", madeID(0), 0)
	loader.Odd(t, m, fmt.Sprintf("kineticssounds/audio/train/class 0/%s.wav", madeID(0)), datatest.StandIns())
	loader.Odd(t, m, frame, datatest.StandIns())
	for _, odd := range datatest.Pictures(t, 48, 36) {
		if odd.Want != "" {
			loader.Odd(t, m, frame, []datatest.Odd{odd})
		}
	}
}

// TestListedFiles reads lists that name files.
func TestListedFiles(t *testing.T) {
	for _, row := range []string{"made-clip_a_000000_000010.mp4,10,3", "made-clip_a_000000_000010.WAV 10 3"} {
		if c, err := parseClip(row); err != nil || c != (clip{"made-clip_a_000000_000010", 3}) {
			t.Errorf("%s: %v, %v, want the clip", row, c, err)
		}
	}
}
