package inforeg

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Clock says how many steps of a run are an epoch, and how many an interval of the window test: what stands for an
// epoch wherever eqs. 11 and 12 and algorithm 1 speak of one. Counted in samples, an interval is the same amount of
// training whatever the size of the set, which an epoch is not; not in the paper.
type Clock struct {
	Epoch    int // steps in an epoch
	Interval int // steps from one window test to the next
	Batch    int // samples in a step
}

// NewClock is the clock of a run whose windows are tested on a schedule of steps, samples or epochs. Samples are
// rounded to whole steps, at least one. It returns an error for another schedule.
func NewClock(every Schedule, perEpoch, batch int) (Clock, error) {
	c := Clock{Epoch: perEpoch, Interval: every.Steps, Batch: batch}
	switch {
	case every.Samples > 0:
		c.Interval = c.steps(every.Samples)
	case every.Epochs > 0:
		c.Interval = every.Epochs * perEpoch
	case every.Steps == 0:
		return Clock{}, fmt.Errorf(
			"inforeg: windows tested every %q, want epoch, 2 epochs, 24 steps or 1500 samples", every,
		)
	}
	return c, nil
}

// steps is the number of whole steps nearest to so many samples, at least 1.
func (c Clock) steps(samples int) int {
	return max(1, int(math.Round(float64(samples)/float64(max(1, c.Batch)))))
}

// Epochs is how many epochs so many intervals are.
func (c Clock) Epochs(intervals float64) float64 {
	return intervals * float64(c.Interval) / float64(c.Epoch)
}

// Schedule says after which steps a probe measures. The zero value is never.
type Schedule struct {
	Steps     int // every so many steps
	Samples   int // every so many samples, in whole steps
	Epochs    int // at the end of every so many epochs
	Windows   int // at the end of every so many intervals of the window test
	PerDecade int // at steps in geometric progression, so many for each factor of ten
}

// ParseSchedule reads what [Schedule.String] writes: "never", "8 steps", "1 step", "1500 samples", "epoch", "2 epochs",
// "window", "log", which is ten a decade, or "5 per decade".
func ParseSchedule(text string) (Schedule, error) {
	bad := fmt.Errorf(
		"inforeg: schedule %q, want never, epoch, 2 epochs, window, 8 steps, 1500 samples, log or 5 per decade", text,
	)
	count, unit, found := strings.Cut(strings.TrimSpace(text), " ")
	n := 1
	if found {
		var err error
		if n, err = strconv.Atoi(count); err != nil || n < 1 || n > 1e9 {
			return Schedule{}, bad
		}
	} else {
		unit = count
	}
	switch unit = strings.TrimSpace(unit); unit {
	case "sample", "samples":
		return Schedule{Samples: n}, nil
	case "step", "steps", "epoch", "epochs", "window", "windows":
		switch {
		case n > 1e6:
		case strings.HasPrefix(unit, "step"):
			return Schedule{Steps: n}, nil
		case strings.HasPrefix(unit, "epoch"):
			return Schedule{Epochs: n}, nil
		default:
			return Schedule{Windows: n}, nil
		}
	case "per decade":
		if found && n <= 100 {
			return Schedule{PerDecade: n}, nil
		}
	case "log":
		if !found {
			return Schedule{PerDecade: 10}, nil
		}
	case "never":
		if !found {
			return Schedule{}, nil
		}
	}
	return Schedule{}, bad
}

func (s Schedule) String() string {
	many := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case s.Steps > 0:
		return many(s.Steps, "step")
	case s.Samples > 0:
		return many(s.Samples, "sample")
	case s.Epochs > 0:
		return many(s.Epochs, "epoch")
	case s.Windows > 0:
		return many(s.Windows, "window")
	case s.PerDecade > 0:
		return fmt.Sprintf("%d per decade", s.PerDecade)
	}
	return "never"
}

// Due reports whether the probe measures when so many steps are done. Before the first step all do that ever do, so
// that a change can be told from where it began.
func (s Schedule) Due(done int, c Clock) bool {
	switch {
	case s == Schedule{}:
		return false
	case done == 0:
		return true
	case s.Steps > 0:
		return done%s.Steps == 0
	case s.Samples > 0:
		return done%c.steps(s.Samples) == 0
	case s.Epochs > 0:
		return done%(s.Epochs*c.Epoch) == 0
	case s.Windows > 0:
		return done%(s.Windows*c.Interval) == 0
	}
	k := math.Round(float64(s.PerDecade) * math.Log10(float64(done)))
	return done == int(math.Round(math.Pow(10, k/float64(s.PerDecade))))
}
