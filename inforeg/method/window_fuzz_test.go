package method

import (
	"slices"
	"testing"
)

// FuzzParseWindow reads any text as the setting "window". Epochs that can be read are whole, in order and not empty;
// each of the words stands for itself.
func FuzzParseWindow(f *testing.F) {
	for _, text := range []string{
		"all", "none", "auto", "outside", "2:5", "0:1 3:9", "audio 2:5, visual 3:4 6:7", "audio 2:5,audio 3:4", "2:5,",
		",", "", " ",
		"audio", "audio,visual", "5:2", "-1:3", "1:99999999999999999999", "2:5:7", "a:b", "2 :5", "all 2:5", "+1:+2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseWindow(text)
		if word := slices.Contains(
			[]string{WindowAll, WindowAuto, WindowOutside, WindowNone}, text,
		); word != (err != nil && checkWindow(text) == nil) {
			t.Fatalf("%q: epochs error %v, setting error %v", text, err, checkWindow(text))
		}
		if err != nil {
			return
		}
		if len(all) == 0 {
			t.Errorf("%q names no epochs and is no error", text)
		}
		for name, list := range all {
			if len(list) == 0 {
				t.Errorf("%q: no epochs of %q", text, name)
			}
			for _, r := range list {
				if r[0] < 0 || r[1] <= r[0] {
					t.Errorf("%q: epochs %v of %q", text, r, name)
				}
			}
		}
	})
}
