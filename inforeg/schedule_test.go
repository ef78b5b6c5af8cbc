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
		due    []int // of 0 to 24 steps done, in epochs of 6 and intervals of 4 steps of 10 samples
		reason string
	}{
		{"never", inforeg.Schedule{}, nil, "not even before the first step"},
		{"8 steps", inforeg.Schedule{Steps: 8}, []int{0, 8, 16, 24}, ""},
		{"epoch", inforeg.Schedule{Epochs: 1}, []int{0, 6, 12, 18, 24}, "ends of epochs"},
		{"2 epochs", inforeg.Schedule{Epochs: 2}, []int{0, 12, 24}, ""},
		{"window", inforeg.Schedule{Windows: 1}, []int{0, 4, 8, 12, 16, 20, 24}, "ends of intervals"},
		{"2 windows", inforeg.Schedule{Windows: 2}, []int{0, 8, 16, 24}, ""},
		{"66 samples", inforeg.Schedule{Samples: 66}, []int{0, 7, 14, 21}, "6.6 steps are 7"},
		{
			"4 samples", inforeg.Schedule{Samples: 4},
			[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24},
			"a step at least",
		},
		{
			"3 per decade", inforeg.Schedule{PerDecade: 3}, []int{0, 1, 2, 5, 10, 22},
			"10^(1/3) = 2.15, 10^(2/3) = 4.64, 10^(4/3) = 21.5",
		},
		{
			"log", inforeg.Schedule{PerDecade: 10}, []int{0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20},
			"1.26, 1.58, 2, 2.51, 3.16, 3.98, 5.01, 6.31, 7.94, 10, 12.6, 15.8, 20, 25.1",
		},
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
			if got.Due(step, inforeg.Clock{Epoch: 6, Interval: 4, Batch: 10}) {
				due = append(due, step)
			}
		}
		if diff := cmp.Diff(tt.want == inforeg.Schedule{}, len(due) == 0); diff != "" ||
			fmt.Sprint(due) != fmt.Sprint(tt.due) {
			t.Errorf("%s: due at %v, want %v\nreason: %s", tt.text, due, tt.due, tt.reason)
		}
	}
	for _, bad := range []string{
		"", "8", "0 steps", "-1 epochs", "1.5 steps", "8 hours", "2 log", "per decade", "200 per decade", "1 never",
		"9999999 steps", "9999999 windows", "9999999999 samples", "1 log",
	} {
		if s, err := inforeg.ParseSchedule(bad); err == nil {
			t.Errorf("ParseSchedule(%q) = %+v, want an error", bad, s)
		}
	}
}

func TestClock(t *testing.T) {
	for _, tt := range []struct {
		every  string
		want   int // steps in an interval, of epochs of 23 steps of 64 samples; 0: an error
		reason string
	}{
		{"epoch", 23, "the paper's"},
		{"2 epochs", 46, ""},
		{"5 steps", 5, ""},
		{"1500 samples", 23, "23.4 steps"},
		{"1 sample", 1, "a step at least"},
		{"window", 0, "an interval is not counted in intervals"},
		{"log", 0, "no two intervals would be alike"},
		{"never", 0, "windows are never tested where a method says so, not its clock"},
	} {
		every, err := inforeg.ParseSchedule(tt.every)
		if err != nil {
			t.Fatal(err)
		}
		c, err := inforeg.NewClock(every, 23, 64)
		if c.Interval != tt.want || (err != nil) != (tt.want == 0) {
			t.Errorf("%s: %d steps, error %v, want %d\nreason: %s", tt.every, c.Interval, err, tt.want, tt.reason)
		}
	}
	c := inforeg.Clock{Epoch: 46, Interval: 23, Batch: 64}
	if got := c.Epochs(3); got != 1.5 {
		t.Errorf("3 intervals of half an epoch are %v epochs, want 1.5", got)
	}
}
