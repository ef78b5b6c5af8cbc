package inforeg_test

import (
	"testing"

	"github.com/primewindow/primewindow/inforeg"
)

// FuzzParseSchedule reads any text. What can be read is written and read again as the same, and says of any step
// whether it is due: of the first one yes, unless it is never.
func FuzzParseSchedule(f *testing.F) {
	for _, text := range []string{
		"never", "epoch", "1 epoch", "2 epochs", "8 steps", "step", "log", "5 per decade", "100 per decade",
		" 3  steps ", "0 steps", "-1 epochs", "1e3 steps", "", "log 2", "9999999 steps", "window", "2 windows",
		"1500 samples",
	} {
		f.Add(text, 12, 5)
	}
	f.Fuzz(func(t *testing.T, text string, done, perEpoch int) {
		s, err := inforeg.ParseSchedule(text)
		if err != nil {
			return
		}
		if again, err := inforeg.ParseSchedule(s.String()); err != nil || again != s {
			t.Errorf("%q is %+v, written %q and read %+v, %v", text, s, s.String(), again, err)
		}
		if s.Steps < 0 || s.Samples < 0 || s.Windows < 0 || s.Epochs < 0 || s.PerDecade < 0 {
			t.Errorf("%q is %+v", text, s)
		}
		if due := s.Due(0, inforeg.Clock{Epoch: 4, Interval: 3, Batch: 2}); due != (s != inforeg.Schedule{}) {
			t.Errorf("%q before the first step: due %v", text, due)
		}
		if done < 0 || perEpoch < 1 || perEpoch > 1<<40 {
			return
		}
		if due := s.Due(done, inforeg.Clock{Epoch: perEpoch, Interval: perEpoch, Batch: 64}); done == 0 &&
			due != (s != inforeg.Schedule{}) {
			t.Errorf("%q is due at step 0: %v", text, due)
		}
	})
}
