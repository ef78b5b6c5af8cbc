package viz

import (
	"math"
	"slices"
	"strconv"
)

// axis maps values to places: 0 at from, 1 at to.
type axis struct {
	label    string
	from, to float64
	log      bool
	percent  bool // values are fractions, written as percentages
	whole    bool // values are whole numbers, and so are the labels
	quiet    bool // the label is not drawn: a panel beside or below this one says it
	ticks    []tick
	format   string // of the labels, as d3 writes numbers
}

// tick is a place on an axis; one without a label is drawn shorter.
type tick struct {
	value float64
	label string
}

// place is where a value stands: from 0 to 1 inside the axis.
func (a *axis) place(v float64) float64 {
	if a.log {
		return (math.Log(v) - math.Log(a.from)) / (math.Log(a.to) - math.Log(a.from))
	}
	return (v - a.from) / (a.to - a.from)
}

// reach is the least and the greatest of what an axis must show.
type reach struct{ low, high float64 }

func nothing() reach { return reach{math.Inf(1), math.Inf(-1)} }

func (r *reach) add(v float64) { r.low, r.high = min(r.low, v), max(r.high, v) }

// pad widens a reach by a share of itself on either side, and one of a single value so that it has a width.
func (r reach) pad(share float64) reach {
	width := r.high - r.low
	if width < 1/limit || width <= 1e-9*max(math.Abs(r.low), math.Abs(r.high)) {
		half := max(0.5, math.Abs(r.low)/10)
		return reach{r.low - half, r.high + half}
	}
	return reach{r.low - share*width, r.high + share*width}
}

// padLog widens a reach by a share of its ratio on either side, at least by a tenth. Its low end is above 0.
func (r reach) padLog(share float64) reach {
	factor := max(1.1, math.Pow(r.high/r.low, share))
	if math.IsInf(factor, 0) {
		factor = 10
	}
	return reach{r.low / factor, r.high * factor}
}

// setTicks finds places for about count labels.
func (a *axis) setTicks(count int) {
	for more := count; a.log && more <= 2*count+1; more++ { // rather more powers than one alone
		if a.setLogTicks(more); a.labels() >= 2 {
			return
		}
	}
	a.setLinearTicks(count)
}

// setTicksUp finds places for about count labels along a vertical axis, at least two.
func (a *axis) setTicksUp(count int) {
	a.setTicks(count)
	for more := count + 1; a.labels() < 2 && more <= 2*count+1; more++ {
		a.setTicks(more)
	}
}

// setTicksAlong finds places for labels along a horizontal axis, at least three where that leaves room between them.
func (a *axis) setTicksAlong(width float64) {
	count := int(width / 60)
	a.setTicks(count)
	for more := count + 1; a.labels() < 3 && more <= max(3*count, 8); more++ {
		finer := *a
		if finer.setTicks(more); float64(finer.labels())*(finer.widestLabel()+14) > width {
			if finer.halve(); a.labels() < 2 && finer.labels() > 1 {
				*a = finer // one label tells no length
			}
			return
		}
		*a = finer
	}
}

// halve takes the labels of every second tick away, and keeps that of 0.
func (a *axis) halve() {
	zero := max(0, slices.IndexFunc(a.ticks, func(t tick) bool { return t.value == 0 }))
	for i := range a.ticks {
		if (i-zero)%2 != 0 {
			a.ticks[i].label = ""
		}
	}
}

func (a *axis) labels() int {
	n := 0
	for _, t := range a.ticks {
		if t.label != "" {
			n++
		}
	}
	return n
}

// widestLabel is how wide the widest label is, in CSS pixels.
func (a *axis) widestLabel() float64 {
	widest := 0.0
	for _, t := range a.ticks {
		widest = max(widest, widthOf(smallSize, t.label))
	}
	return widest
}

func (a *axis) setLinearTicks(count int) {
	from, to := a.from, a.to
	if a.percent {
		from, to = 100*from, 100*to
	}
	step := niceStep((to - from) / float64(max(1, count)))
	if a.whole {
		step = max(1, step)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	format := byte('f')
	if top := max(math.Abs(from), math.Abs(to)); top >= 1e6 || top < 1e-4 {
		format, decimals = 'g', min(17, max(4, 1+int(math.Ceil(math.Log10(top/step)))))
		a.format = "." + strconv.Itoa(decimals) + "~g"
	} else if a.percent {
		a.format = "." + strconv.Itoa(decimals) + "%"
	} else {
		a.format = "." + strconv.Itoa(decimals) + "f"
	}
	a.ticks = nil
	first, last := math.Ceil(from/step-1e-9), math.Floor(to/step+1e-9)
	for k := first; k <= last && len(a.ticks) < 100; k++ {
		v := k*step + 0 // + 0 makes a negative zero positive
		label := strconv.FormatFloat(v, format, decimals, 64)
		if a.percent {
			v, label = v/100, label+"%"
		}
		a.ticks = append(a.ticks, tick{v, label})
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
func (a *axis) setLogTicks(count int) {
	a.ticks, a.format = nil, "~g"
	first, last := math.Floor(math.Log10(a.from)), math.Ceil(math.Log10(a.to))
	decades := math.Log10(a.to) - math.Log10(a.from)
	stride := math.Max(1, math.Ceil(decades/float64(max(1, count))))
	for e := first; e <= last; e++ {
		for m := 1.0; m <= 9; m++ {
			v, err := strconv.ParseFloat(strconv.Itoa(int(m))+"e"+strconv.Itoa(int(e)), 64)
			if err != nil || v < a.from || v > a.to {
				continue
			}
			room := m == 1 && math.Mod(e, stride) == 0 ||
				(m == 2 || m == 5) && 3*decades <= float64(count+1)
			label := ""
			if room {
				label = shortNumber(v)
			}
			if label != "" || stride == 1 {
				a.ticks = append(a.ticks, tick{v, label})
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

// at is the value that stands at a place, the inverse of place.
func (a *axis) at(place float64) float64 {
	if a.log {
		return math.Exp(math.Log(a.from) + place*(math.Log(a.to)-math.Log(a.from)))
	}
	return a.from + place*(a.to-a.from)
}
