package page

import (
	"math"
	"slices"
	"strconv"
)

// Axis maps values to places: 0 at from, 1 at to.
type Axis struct {
	Label    string
	From, To float64
	Log      bool
	Percent  bool // values are fractions, written as percentages
	Whole    bool // values are whole numbers, and so are the labels
	Quiet    bool // the label is not drawn: a panel beside or below this one says it
	Ticks    []tick
	format   string // of the labels, as d3 writes numbers
}

// tick is a place on an axis; one without a label is drawn shorter.
type tick struct {
	Value float64
	Label string
}

// Place is where a value stands: from 0 to 1 inside the axis.
func (a *Axis) Place(v float64) float64 {
	if a.Log {
		return (math.Log(v) - math.Log(a.From)) / (math.Log(a.To) - math.Log(a.From))
	}
	return (v - a.From) / (a.To - a.From)
}

// Reach is the least and the greatest of what an axis must show.
type Reach struct{ Low, High float64 }

// Nothing is a reach that holds no value yet.
func Nothing() Reach { return Reach{math.Inf(1), math.Inf(-1)} }

// Add widens the reach to a value.
func (r *Reach) Add(v float64) { r.Low, r.High = min(r.Low, v), max(r.High, v) }

// Pad widens a reach by a share of itself on either side, and one of a single value so that it has a width.
func (r Reach) Pad(share float64) Reach {
	width := r.High - r.Low
	if width < 1/Limit || width <= 1e-9*max(math.Abs(r.Low), math.Abs(r.High)) {
		half := max(0.5, math.Abs(r.Low)/10)
		return Reach{r.Low - half, r.High + half}
	}
	return Reach{r.Low - share*width, r.High + share*width}
}

// PadLog widens a reach by a share of its ratio on either side, at least by a tenth. Its low end is above 0.
func (r Reach) PadLog(share float64) Reach {
	factor := max(1.1, math.Pow(r.High/r.Low, share))
	if math.IsInf(factor, 0) {
		factor = 10
	}
	return Reach{r.Low / factor, r.High * factor}
}

// SetTicks finds places for about count labels.
func (a *Axis) SetTicks(count int) {
	for more := count; a.Log && more <= 2*count+1; more++ { // rather more powers than one alone
		if a.setLogTicks(more); a.labels() >= 2 {
			return
		}
	}
	a.setLinearTicks(count)
}

// setTicksUp finds places for about count labels along a vertical axis, at least two.
func (a *Axis) setTicksUp(count int) {
	a.SetTicks(count)
	for more := count + 1; a.labels() < 2 && more <= 2*count+1; more++ {
		a.SetTicks(more)
	}
}

// SetTicksAlong finds places for labels along a horizontal axis, at least three where that leaves room between them.
func (a *Axis) SetTicksAlong(width float64) {
	count := int(width / 60)
	a.SetTicks(count)
	for more := count + 1; a.labels() < 3 && more <= max(3*count, 8); more++ {
		finer := *a
		if finer.SetTicks(more); float64(finer.labels())*(finer.widestLabel()+14) > width {
			if finer.halve(); a.labels() < 2 && finer.labels() > 1 {
				*a = finer // one label tells no length
			}
			return
		}
		*a = finer
	}
}

// halve takes the labels of every second tick away, and keeps that of 0.
func (a *Axis) halve() {
	zero := max(0, slices.IndexFunc(a.Ticks, func(t tick) bool { return t.Value == 0 }))
	for i := range a.Ticks {
		if (i-zero)%2 != 0 {
			a.Ticks[i].Label = ""
		}
	}
}

func (a *Axis) labels() int {
	n := 0
	for _, t := range a.Ticks {
		if t.Label != "" {
			n++
		}
	}
	return n
}

// widestLabel is how wide the widest label is, in CSS pixels.
func (a *Axis) widestLabel() float64 {
	widest := 0.0
	for _, t := range a.Ticks {
		widest = max(widest, WidthOf(SmallSize, t.Label))
	}
	return widest
}

func (a *Axis) setLinearTicks(count int) {
	from, to := a.From, a.To
	if a.Percent {
		from, to = 100*from, 100*to
	}
	step := niceStep((to - from) / float64(max(1, count)))
	if a.Whole {
		step = max(1, step)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	format := byte('f')
	if top := max(math.Abs(from), math.Abs(to)); top >= 1e6 || top < 1e-4 {
		format, decimals = 'g', min(17, max(4, 1+int(math.Ceil(math.Log10(top/step)))))
		a.format = "." + strconv.Itoa(decimals) + "~g"
	} else if a.Percent {
		a.format = "." + strconv.Itoa(decimals) + "%"
	} else {
		a.format = "." + strconv.Itoa(decimals) + "f"
	}
	a.Ticks = nil
	first, last := math.Ceil(from/step-1e-9), math.Floor(to/step+1e-9)
	for k := first; k <= last && len(a.Ticks) < 100; k++ {
		v := k*step + 0 // + 0 makes a negative zero positive
		label := strconv.FormatFloat(v, format, decimals, 64)
		if a.Percent {
			v, label = v/100, label+"%"
		}
		a.Ticks = append(a.Ticks, tick{v, label})
	}
}

// niceStep is the least of 1, 2 and 5 times a power of ten that is no less than v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// setLogTicks labels powers of ten, and between them 2 and 5 where there is room; the other digits are unlabelled.
func (a *Axis) setLogTicks(count int) {
	a.Ticks, a.format = nil, "~g"
	first, last := math.Floor(math.Log10(a.From)), math.Ceil(math.Log10(a.To))
	decades := math.Log10(a.To) - math.Log10(a.From)
	stride := math.Max(1, math.Ceil(decades/float64(max(1, count))))
	for e := first; e <= last; e++ {
		for m := 1.0; m <= 9; m++ {
			v, err := strconv.ParseFloat(strconv.Itoa(int(m))+"e"+strconv.Itoa(int(e)), 64)
			if err != nil || v < a.From || v > a.To {
				continue
			}
			room := m == 1 && math.Mod(e, stride) == 0 ||
				(m == 2 || m == 5) && 3*decades <= float64(count+1)
			label := ""
			if room {
				label = shortNumber(v)
			}
			if label != "" || stride == 1 {
				a.Ticks = append(a.Ticks, tick{v, label})
			}
		}
	}
}

// shortNumber writes a number in full from 0.001 to 99999, and with an exponent beyond.
func shortNumber(v float64) string {
	if size := math.Abs(v); size == 0 || size >= 1e-3 && size < 1e5 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// At is the value that stands at a place, the inverse of place.
func (a *Axis) At(place float64) float64 {
	if a.Log {
		return math.Exp(math.Log(a.From) + place*(math.Log(a.To)-math.Log(a.From)))
	}
	return a.From + place*(a.To-a.From)
}
