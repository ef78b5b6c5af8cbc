package draw

import (
	"cmp"
	"fmt"
	"math"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
)

// ruleOf is a curve's window test, and how many epochs lie between two. Records of older versions have none: theirs was
// the paper's. The test is kept with the curve, because a figure is drawn from the record alone, without the
// run's settings.
func ruleOf(c wire.ReproducedCurve) (rule inforeg.WindowRule, every float64) {
	if c.Test == nil {
		return inforeg.WindowRule{K: 0.04}, 1
	}
	return inforeg.WindowRule{K: c.Test.K, Z: c.Test.Z, Floor: c.Test.Floor}, cmp.Or(c.Test.Every, 1)
}

// armRule is the window test by which an arm's curve is looked at, and how many epochs lie between two.
func armRule(a wire.ReproducedArm, c wire.ReproducedCurve) (rule inforeg.WindowRule, every float64) {
	// nothing was regulated by it: the floor of windows that are only looked at
	if c.Test == nil && a.Method == "joint" {
		return method.RuleOf(nil, 1, 0), 1
	}
	return ruleOf(c)
}

// ruleWords say by which test windows were found, of the first curve that has one.
func ruleWords(a wire.ReproducedArm, quantity string) string {
	for _, run := range a.Runs {
		if c, ok := run.Curve(quantity); ok {
			rule, every := armRule(a, c)
			text := fmt.Sprintf("K = %g", rule.K)
			if every != 1 {
				text += fmt.Sprintf(" every %.3g epochs", every)
			}
			if rule.Floor > 0 {
				text += fmt.Sprintf(" where the trace is at least %g of its maximum", rule.Floor)
			}
			return text
		}
	}
	return "K = 0.04"
}

// atTests puts numbers of a curve in the order of the window tests that read them, from 0; NaN where there is none. A
// curve has points at the ends of epochs too, and one before the first step; these are left out where no test lies.
func atTests(c wire.ReproducedCurve, numbers []float64) []float64 {
	_, every := ruleOf(c)
	var list []float64
	for i, x := range c.Epochs {
		at := int(math.Round(x / every))
		// epochs are quotients of steps, which round
		if at < 1 || i >= len(numbers) || math.Abs(float64(at)*every-x) > 1e-6*every {
			continue
		}
		for len(list) < at {
			list = append(list, math.NaN())
		}
		list[at-1] = numbers[i]
	}
	return list
}

// traceOf is a curve at the window tests, NaN where there is no value.
func traceOf(c wire.ReproducedCurve) []float64 { return atTests(c, c.Values) }

// orNaN has NaN for what is absent, and for 0, which records of older versions have in its place.
func orNaN(list []*float64) []float64 {
	values := make([]float64, len(list))
	for i, v := range list {
		if values[i] = math.NaN(); v != nil && *v != 0 {
			values[i] = *v
		}
	}
	return values
}

// riseErrorsOf are the standard errors of a curve's rises, by interval as [inforeg.PrimeLearningWindow.Rise]; nil where
// the record knows none. Paired errors are known to the record where it was made from samples' parts. Else they are
// computed from the errors of the two traces as if these were of different samples, which says too much.
func riseErrorsOf(c wire.ReproducedCurve) []float64 {
	switch {
	// Records of older versions may lack places for the last points, which are no tests.
	case len(c.RiseSE) > 0 && len(c.RiseSE) <= len(c.Values):
		// RiseSE has the rise up to each value, and the detector wants the rise into each interval: one place
		// further on.
		return append([]float64{math.NaN()}, atTests(c, orNaN(c.RiseSE))...)
	case len(c.SE) != len(c.Values):
		return nil
	}
	trace, se := traceOf(c), atTests(c, orNaN(c.SE)) // of an older version, which kept no samples to pair
	list := make([]float64, len(trace)+1)
	for t := range list {
		if list[t] = math.NaN(); t >= 2 {
			list[t] = inforeg.RiseErrorApart(trace[t-2], se[t-2], trace[t-1], se[t-1])
		}
	}
	return list
}

// ruleOfMeans is a window test for means over several intervals. The errors of neighbouring means go together, so that
// none is known, nor has the published test, which reads such means, a floor.
func ruleOfMeans(rule inforeg.WindowRule) inforeg.WindowRule {
	rule.Z, rule.Floor = 0, 0
	return rule
}

// seedIntervals are, of each of an arm's runs that has a quantity, the epochs in which eq. 11, by the run's own test,
// opens the window: uncertain where the rise is within two standard errors of K. smooth and padded look at the trace as
// the published code does. Interval t of the test is drawn from its beginning to its end, [t, t+1) times every; the
// interval after the last value is left out, as it was not trained.
func (d drawing) seedIntervals(a wire.ReproducedArm, quantity string, smooth int, padded bool) ([][]interval, error) {
	var seeds [][]interval
	for _, run := range a.Runs {
		c, ok := run.Curve(quantity)
		if !ok {
			continue
		}
		rule, every := armRule(a, c)
		trace, errs := traceOf(c), riseErrorsOf(c)
		if padded || smooth > 1 {
			var err error
			if trace, err = inforeg.Smooth(trace, smooth, padded); err != nil {
				return nil, err
			}
			errs, rule = nil, ruleOfMeans(rule)
		}
		w, err := inforeg.DetectPrimeLearningWindow(trace, errs, rule)
		if err != nil {
			return nil, err
		}
		uncertain := w.Uncertain(errs, rule, 2)
		var list []interval
		for t := range trace {
			if w.Open[t] {
				list = append(list, interval{every * float64(t), every * float64(t+1), uncertain[t]})
			}
		}
		seeds = append(seeds, list)
	}
	return seeds, nil
}
