package inforeg

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Schedule says after which steps a probe measures. The zero value is never.
type Schedule struct {
	Steps     int // every so many steps
	Epochs    int // at the end of every so many epochs
	PerDecade int // at steps in geometric progression, so many for each factor of ten
}

// ParseSchedule reads what [Schedule.String] writes: "never", "8 steps", "1 step", "epoch", "2 epochs", "log", which
// is ten a decade, or "5 per decade".
func ParseSchedule(text string) (Schedule, error) {
	bad := fmt.Errorf("inforeg: schedule %q, want never, epoch, 2 epochs, 8 steps, log or 5 per decade", text)
	count, unit, found := strings.Cut(strings.TrimSpace(text), " ")
	n := 1
	if found {
		var err error
		if n, err = strconv.Atoi(count); err != nil || n < 1 || n > 1e6 {
			return Schedule{}, bad
		}
	} else {
		unit = count
	}
	switch strings.TrimSpace(unit) {
	case "step", "steps":
		return Schedule{Steps: n}, nil
	case "epoch", "epochs":
		return Schedule{Epochs: n}, nil
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
	case s.Epochs > 0:
		return many(s.Epochs, "epoch")
	case s.PerDecade > 0:
		return fmt.Sprintf("%d per decade", s.PerDecade)
	}
	return "never"
}

// Due reports whether the probe measures when so many steps are done, in a run of perEpoch steps an epoch. Before the
// first step all do that ever do, so that a change can be told from where it began.
func (s Schedule) Due(done, perEpoch int) bool {
	switch {
	case s == Schedule{}:
		return false
	case done == 0:
		return true
	case s.Steps > 0:
		return done%s.Steps == 0
	case s.Epochs > 0:
		return done%(s.Epochs*perEpoch) == 0
	}
	k := math.Round(float64(s.PerDecade) * math.Log10(float64(done)))
	return done == int(math.Round(math.Pow(10, k/float64(s.PerDecade))))
}
