package method_test

import (
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
)

// FuzzWindow: what the setting window takes, a method can act by; what it refuses it refuses in a line.
func FuzzWindow(f *testing.F) {
	for _, text := range []string{"all", "2:5", "2:5 8:9", "audio 2:5, visual 8:9", "audio", "5:2", "2:5:9", ",", "audio 1:2, audio 3:4", "-1:2", "1:99999999999999999999"} {
		f.Add(text, 3)
	}
	settings := map[string]any{}
	var window data.Setting
	for _, s := range (method.OGM{}).Settings() {
		settings[s.Name] = s.Default
		if s.Name == "window" {
			window = s
		}
	}
	f.Fuzz(func(t *testing.T, text string, epoch int) {
		v, err := window.Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		settings["window"] = v
		open, _, err := method.Windows(inforeg.Epoch{Index: max(0, epoch), Settings: settings, Modalities: []string{"audio", "visual"}})
		if err == nil && len(open) != 2 {
			t.Errorf("%q in epoch %d: %v", text, epoch, open)
		}
	})
}
