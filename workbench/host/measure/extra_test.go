package measure

import (
	"testing"

	"github.com/primewindow/primewindow/viz"
)

// TestEpochInside: cosines inside the window are measured after the first epoch that ends in one.
func TestEpochInside(t *testing.T) {
	for _, tt := range []struct {
		name    string
		windows []viz.Window
		epochs  int
		want    int
		reason  string
	}{
		{"none", nil, 5, 0, "no window"},
		{"an epoch", []viz.Window{{From: 2, To: 3}}, 5, 3, "the third epoch is from 2 to 3"},
		{
			"noise", []viz.Window{{From: 2, To: 3, Uncertain: true}, {From: 4, To: 5}}, 5, 5,
			"noise alone may have opened the first",
		},
		{"between ends", []viz.Window{{From: 2.25, To: 2.75}}, 5, 0, "it is shut when the third epoch ends"},
		{"over an end", []viz.Window{{From: 2.5, To: 4.25}}, 5, 3, "the earliest of two ends"},
		{"two modalities", []viz.Window{{From: 3, To: 4}, {From: 1, To: 2}}, 5, 2, "the earlier, whosever it is"},
		{"not there yet", []viz.Window{{From: 2, To: 3}}, 2, 0, "two epochs are done"},
	} {
		if got := epochInside(tt.windows, tt.epochs); got != tt.want {
			t.Errorf("%s: %d, want %d\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}
