package reproduce

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

// figureKind is what a figure hangs on, and so how far it may be from a record's on another kind of processor. There
// XLA generates other code: sums are taken in another order, which moves the last digits of a step, and training
// carries that on from step to step.
type figureKind int

const (
	fixedFigure   figureKind = iota // by the settings alone: the same on every machine
	startFigure                     // measured before the first step: one sum over the probe set
	earlyFigure                     // a trace within the first epoch: training has not carried rounding far
	countedFigure                   // a share of samples that a trained network gets right
	grownFigure                     // anything else of a trained network: it is not the same elsewhere
	summedFigure                    // computed from figures of the record: the same but for the rounding of a sum
)

// Tolerances on another kind of machine. They rest on 150 runs of mosi, utdmhad and synth whose code XLA made for
// narrower vectors than the record's AVX-512, by XLA_FLAGS=--xla_cpu_max_isa=AVX2 and =SSE4_2. Nearly all of mosi's
// came out equal to the last digit, few of the others did.
const (
	// startTolerance is relative. Before the first step only the rounding of one forward and backward pass differs:
	// there all five digits of a record came out equal, and a float32 sum of some thousand terms may be off by 1e-4.
	startTolerance = 2e-3
	// earlyTolerance is relative. After the first epoch the furthest trace was 5 % from its record.
	earlyTolerance = 0.25
	// countedSigmas bounds a share of n samples by so many standard deviations of what another seed would do: of shares
	// of two draws of n samples, and of the record's own spread over seeds. By the former alone the furthest was 3.3,
	// but for one of AGM, whose seeds lie 29 points apart: it went 27 points.
	countedSigmas = 4
	// sumTolerance is of a mean, a difference or a p that is computed again from the same numbers, relative for those
	// above 1: other processors may fuse a product and a sum into one rounding.
	sumTolerance = 1e-9
)

// figure is one value of a record under the name by which a reader finds it there.
type figure struct {
	name  string
	kind  figureKind
	value float64
	text  string  // of what is no number
	sd    float64 // of a share: over the record's seeds, 0 where it has one
}

func (f figure) String() string {
	if f.text != "" {
		return f.text
	}
	return strconv.FormatFloat(f.value, 'g', -1, 64)
}

// figuresOf are all that a record keeps of a run, in its order. spread are the sums over its arm's seeds. Each has a
// name of its own within the run, by which compareFigures finds it on the other side.
func figuresOf(run wire.ReproducedRun, spread ...wire.Summary) []figure {
	if run.Missing != "" {
		return []figure{{name: "result", kind: grownFigure, text: "none: " + run.Missing}}
	}
	list := []figure{
		{name: "chosen epoch", kind: grownFigure, value: float64(run.Epoch)},
		{name: "its step", kind: grownFigure, value: float64(run.Step)},
	}
	for _, a := range run.Accuracies {
		f := figure{name: "accuracy " + a.Encoder + " " + a.Readout, kind: countedFigure, value: a.Value}
		for _, s := range spread {
			if s.Quantity == a.Quantity && s.SD != nil {
				f.sd = *s.SD
			}
		}
		list = append(list, f)
	}
	if run.Val != nil {
		// Of a split of another size than the reported one, so it is not judged as a share of so many samples.
		list = append(list, figure{name: "accuracy on the validation split", kind: grownFigure, value: *run.Val})
	}
	for _, c := range run.Curves {
		list = append(list, curveFigures(c)...)
	}
	for _, c := range run.Cosines {
		list = append(list, cosineFigures(c)...)
	}
	for _, m := range run.Maps {
		list = append(list, mapFigures(m)...)
	}
	return list
}

func curveFigures(c wire.ReproducedCurve) []figure {
	list := []figure{
		{name: "definition of " + c.Quantity, text: fmt.Sprintf("%q", c.Definition)},
		{name: "points of " + c.Quantity, value: float64(len(c.Epochs))},
	}
	if t := c.Test; t != nil {
		list = append(list, figure{
			name: "window test of " + c.Quantity,
			text: fmt.Sprintf("every %v epochs, K %v, z %v, floor %v", t.Every, t.K, t.Z, t.Floor),
		})
	}
	for i, epoch := range c.Epochs {
		kind := grownFigure
		switch {
		case epoch == 0:
			kind = startFigure
		case epoch <= 1 && strings.HasPrefix(c.Quantity, inforeg.KindFisherEmp):
			kind = earlyFigure
		}
		at := fmt.Sprintf("%s after %s epochs", c.Quantity, strconv.FormatFloat(epoch, 'g', -1, 64))
		list = append(list, figure{name: at, kind: kind, value: c.Values[i]})
		if len(c.SE) > 0 && c.SE[i] != nil {
			list = append(list, figure{name: "standard error of " + at, kind: kind, value: *c.SE[i]})
		}
		// A rise is a difference of two traces, of which rounding is a larger share than of either.
		if i < len(c.RiseSE) && c.RiseSE[i] != nil {
			list = append(
				list, figure{name: "standard error of the rise of " + at, kind: grownFigure, value: *c.RiseSE[i]},
			)
		}
	}
	return list
}

// asRecorded leaves out of a run what the version that made its record did not keep: cosines of an epoch inside the
// window, the tests of windows with the errors of rises, the accuracy on the validation split.
func asRecorded(run, recorded wire.ReproducedRun) wire.ReproducedRun {
	run.Cosines = slices.DeleteFunc(slices.Clone(run.Cosines), func(c wire.ReproducedCosine) bool {
		return !slices.ContainsFunc(
			recorded.Cosines, func(have wire.ReproducedCosine) bool { return have.Epoch == c.Epoch },
		)
	})
	run.Curves = slices.Clone(run.Curves)
	for i := range run.Curves {
		c := &run.Curves[i]
		if have, ok := recorded.Curve(c.Quantity); ok && have.Test == nil {
			c.Test, c.RiseSE = nil, nil
		}
	}
	if recorded.Val == nil {
		run.Val = nil
	}
	return run
}

func cosineFigures(c wire.ReproducedCosine) []figure {
	at := fmt.Sprintf("%s after %s epochs", c.Encoder, strconv.FormatFloat(c.Epoch, 'g', -1, 64))
	list := []figure{
		{name: "first batch of the cosines of " + at, value: float64(c.First)},
		{name: "batch size of the cosines of " + at, value: float64(c.Batch)},
		{name: "mean cosine of " + at, kind: grownFigure, value: c.Mean},
	}
	for _, v := range []struct {
		what  string
		value *float64
	}{
		{"error of the mean cosine", c.SD}, {"expected cosine", c.Expected}, {"noise scale", c.Noise},
		{"cosine by chance", c.Chance}, {"spread by chance", c.ChanceSD},
	} {
		if v.value != nil {
			list = append(list, figure{name: v.what + " of " + at, kind: grownFigure, value: *v.value})
		}
	}
	for i, row := range c.Matrix {
		for j, v := range row {
			list = append(list, figure{name: fmt.Sprintf("cosine %d, %d of %s", i, j, at), kind: grownFigure, value: v})
		}
	}
	return list
}

func mapFigures(m wire.ReproducedMap) []figure {
	of := fmt.Sprintf(" of the map of %s", m.Encoder)
	if m.Missing != "" {
		return []figure{{name: "points" + of, kind: grownFigure, text: "none: " + m.Missing}}
	}
	list := []figure{
		{name: "split" + of, text: m.Split}, {name: "points" + of, value: float64(len(m.Points))},
		{name: "perplexity" + of, value: m.Perplexity},
		{name: "points judged" + of, value: float64(m.Quality.Points)},
		{name: "neighbours judged" + of, value: float64(m.Quality.Neighbors)},
		{name: "step" + of, kind: grownFigure, value: float64(m.Step)},
	}
	for i, p := range m.Points {
		list = append(list,
			figure{name: fmt.Sprintf("label %d%s", i, of), value: float64(m.Labels[i])},
			figure{name: fmt.Sprintf("x of point %d%s", i, of), kind: grownFigure, value: p[0]},
			figure{name: fmt.Sprintf("y of point %d%s", i, of), kind: grownFigure, value: p[1]})
	}
	q := m.Quality
	for _, v := range []struct {
		what  string
		value float64
	}{
		{"KL divergence", q.KL}, {"trustworthiness", q.Trustworthiness}, {"continuity", q.Continuity},
		{"preservation", q.Preservation},
		{"accuracy in the features", q.AccuracyFeatures}, {"accuracy in the map", q.AccuracyMap},
	} {
		list = append(list, figure{name: v.what + of, kind: grownFigure, value: v.value})
	}
	return list
}

// trialFigures are what a record keeps of a run that helped to choose the learning rate.
func trialFigures(t wire.Trial) []figure {
	if t.Missing != "" {
		return []figure{{name: "result", kind: grownFigure, text: "none: " + t.Missing}}
	}
	return []figure{
		{name: "accuracy on the validation split", kind: countedFigure, value: t.Accuracy},
		{name: "cross entropy there", kind: grownFigure, value: t.Entropy},
	}
}

// Apart is a figure that is not as recorded, with both values as text: absent stands for one that a side lacks.
type Apart struct{ Name, Recorded, Here string }

// String is the figure in one line.
func (a Apart) String() string {
	return fmt.Sprintf("%s is %s, on record %s", a.Name, a.Here, a.Recorded)
}

// Verified is how a run that was trained again stands beside its record.
type Verified struct {
	Figures int     // that the record keeps of it
	Equal   int     // of them, to the last digit of the record
	Near    int     // of them, not equal but within the tolerance of another kind of machine
	Free    int     // of them, not equal and not compared: elsewhere training takes them elsewhere
	Apart   []Apart // the others
	Exact   bool    // whether each had to be equal, since this is the kind of machine that made the record
}

// absent stands for a figure that one side has not.
const absent = "absent"

// compareFigures sets figures beside those on record. With exact each has to be equal, else as far as its kind can be,
// of shares of so many samples. A figure that only one side has is apart. On another kind of machine a grown one that
// differs is counted, not judged.
func compareFigures(recorded, here []figure, exact bool, samples int) Verified {
	v := Verified{Figures: len(recorded), Exact: exact}
	now := make(map[string]figure, len(here))
	for _, f := range here {
		now[f.name] = f
	}
	for _, want := range recorded {
		got, ok := now[want.name]
		delete(now, want.name)
		switch {
		case !ok:
			v.Apart = append(v.Apart, Apart{want.name, want.String(), absent})
		case got.text == want.text && got.value == want.value:
			v.Equal++
		case !exact && want.kind == grownFigure:
			v.Free++
		case !exact && tolerated(want, got, samples):
			v.Near++
		default:
			v.Apart = append(v.Apart, Apart{want.name, want.String(), got.String()})
		}
	}
	for _, got := range here {
		if _, left := now[got.name]; left {
			v.Apart = append(v.Apart, Apart{got.name, absent, got.String()})
		}
	}
	return v
}

// tolerated reports whether a figure is as near to the recorded one as its kind is on another kind of machine. For a
// share, the variance of the difference is that of two shares of n samples, 2p(1-p)/n, and of two seeds, 2·sd².
func tolerated(want, got figure, samples int) bool {
	d := math.Abs(got.value - want.value)
	switch want.kind {
	case startFigure:
		return d <= startTolerance*math.Abs(want.value)
	case earlyFigure:
		return d <= earlyTolerance*math.Abs(want.value)
	case summedFigure:
		return want.text == "" && got.text == "" && d <= sumTolerance*max(1, math.Abs(want.value))
	case countedFigure:
		p, n := (want.value+got.value)/2, float64(max(1, samples))
		return d <= countedSigmas*math.Sqrt(2*p*(1-p)/n+2*want.sd*want.sd)+1/n // and one sample, where p is near 0 or 1
	}
	return false
}
