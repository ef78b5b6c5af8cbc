package inforeg_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
)

func TestSchedule(t *testing.T) {
	for _, tt := range []struct {
		text   string
		want   inforeg.Schedule
		due    []int // of 0 to 24 steps done, in epochs of 6
		reason string
	}{
		{"never", inforeg.Schedule{}, nil, "not even before the first step"},
		{"8 steps", inforeg.Schedule{Steps: 8}, []int{0, 8, 16, 24}, ""},
		{"epoch", inforeg.Schedule{Epochs: 1}, []int{0, 6, 12, 18, 24}, "ends of epochs"},
		{"2 epochs", inforeg.Schedule{Epochs: 2}, []int{0, 12, 24}, ""},
		{"3 per decade", inforeg.Schedule{PerDecade: 3}, []int{0, 1, 2, 5, 10, 22}, "10^(1/3) = 2.15, 10^(2/3) = 4.64, 10^(4/3) = 21.5"},
		{"log", inforeg.Schedule{PerDecade: 10}, []int{0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20}, "1.26, 1.58, 2, 2.51, 3.16, 3.98, 5.01, 6.31, 7.94, 10, 12.6, 15.8, 20, 25.1"},
	} {
		got, err := inforeg.ParseSchedule(tt.text)
		if err != nil || got != tt.want {
			t.Errorf("ParseSchedule(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
			continue
		}
		if again, err := inforeg.ParseSchedule(got.String()); err != nil || again != got {
			t.Errorf("ParseSchedule(%q) = %+v, %v, want %+v again", got.String(), again, err, got)
		}
		var due []int
		for step := range 25 {
			if got.Due(step, 6) {
				due = append(due, step)
			}
		}
		if diff := cmp.Diff(tt.want == inforeg.Schedule{}, len(due) == 0); diff != "" || fmt.Sprint(due) != fmt.Sprint(tt.due) {
			t.Errorf("%s: due at %v, want %v\nreason: %s", tt.text, due, tt.due, tt.reason)
		}
	}
	for _, bad := range []string{"", "8", "0 steps", "-1 epochs", "1.5 steps", "8 hours", "2 log", "per decade", "200 per decade", "1 never", "9999999 steps"} {
		if s, err := inforeg.ParseSchedule(bad); err == nil {
			t.Errorf("ParseSchedule(%q) = %+v, want an error", bad, s)
		}
	}
}
