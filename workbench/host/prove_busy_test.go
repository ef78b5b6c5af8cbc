package host

import "testing"

// TestSettled: faults that a look finds because the run is opened meanwhile are looked at again; those that stay are
// told, also of a run that never rests.
func TestSettled(t *testing.T) {
	for _, tt := range []struct {
		name   string
		opened int // it is in use from this look on, in its middle; -1: never
		writes int // so many looks see it being written
		faults func(look int, busy bool) bool
		looks  int
		told   bool
	}{
		{"whole", -1, 0, func(int, bool) bool { return false }, 1, false},
		{"broken", -1, 0, func(int, bool) bool { return true }, 1, true},
		{"opened meanwhile", 1, 0, func(_ int, busy bool) bool { return !busy }, 2, false},
		{"opened and closed meanwhile", -1, 1, func(look int, _ bool) bool { return look == 1 }, 2, false},
		{"broken and in use", 0, 0, func(int, bool) bool { return true }, 1, true},
		{"broken and written all the time", 0, 99, func(int, bool) bool { return true }, mostLooks, true},
		{"file that was being replaced", 0, 1, func(look int, _ bool) bool { return look == 1 }, 2, false},
	} {
		looks, stamps := 0, 0
		p := settled(
			func(busy bool) Proof {
				looks++
				if tt.faults(looks, busy) {
					return Proof{Faults: []string{"broken"}}
				}
				return Proof{}
			},
			func() bool { return tt.opened >= 0 && looks >= tt.opened },
			func() string {
				if stamps++; stamps%2 == 0 && looks <= tt.writes {
					return "written"
				}
				return "as it was"
			},
		)
		if looks != tt.looks || len(p.Faults) > 0 != tt.told {
			t.Errorf("%s: %d looks, faults %v, want %d, %v", tt.name, looks, p.Faults, tt.looks, tt.told)
		}
	}
}
