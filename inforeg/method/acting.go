package method

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
)

// Forms of the setting "window": when a method acts (paper table 4).
const (
	WindowAll     = "all"     // in every epoch
	WindowAuto    = "auto"    // inside the prime learning window of eq. 11
	WindowOutside = "outside" // outside it
	WindowNone    = "none"    // never
)

// Forms of the setting "window_source".
const (
	sourceOwn   = "own"   // each modality's window by its own trace
	sourceFirst = "first" // all by the first modality's, as in the published code
)

var windowTraces = []string{
	inforeg.KindFisherEmp, inforeg.KindFisherTrue, inforeg.KindReleased, inforeg.KindBatchSquare, inforeg.KindSigns,
	inforeg.KindLabels, inforeg.KindShare,
}

// acting is when a method acts, by its defaults: every method but joint training can act in the whole run, inside the
// prime learning window, or outside it. Its epochs are those of the window test: intervals of [inforeg.Clock], which
// the run's setting window_every makes shorter or longer than an epoch of the data.
type acting struct {
	window       string
	first, last  float64
	k, floor     float64
	trace        string
	source       string
	smooth       float64
	padded, open bool // open: whether epoch 0, before any trace, counts as inside
	published    bool // whether the constants are those of published code, which no set's recipe changes
}

// always acts in every epoch.
var always = acting{
	window: WindowAll, last: maxEpoch, k: 0.04, trace: inforeg.KindFisherEmp, source: sourceOwn, smooth: 1,
}

const maxEpoch = 1e6

func (a acting) settings() []data.Setting {
	return []data.Setting{
		{
			Name: "window", Default: a.window, Check: checkWindow, Mutable: true,
			Doc: "when the method acts: all, none, auto (inside the window of eq. 11), outside (outside it), or " +
				"epochs such as 2:5 8:9, from and up to, also by modality: audio 2:5, visual 8:9; here and below an " +
				"epoch is an interval of window_every",
		},
		{
			Name: "first_epoch", Default: a.first, Min: 0, Max: maxEpoch, Whole: true, Mutable: true,
			Doc: "first epoch in which the method may act",
		},
		{
			Name: "last_epoch", Default: a.last, Min: 0, Max: maxEpoch, Whole: true, Mutable: true,
			Doc: "last epoch in which it may",
		},
		{
			Name: "k", Default: a.k, Min: -100, Max: 1, Mutable: true,
			Doc: "K of eq. 11, the relative rise of the trace over k_every that opens the window; over another " +
				"interval 1 - (1-K)^share, share times as long",
		},
		{
			Name: "k_z", Default: 0.0, Min: 0, Max: 100, Mutable: true,
			Doc: "standard errors by which the rise has to exceed K, measured on the same samples before and after; " +
				"0 in the paper",
		},
		{
			Name: "floor", Default: a.floor, Own: a.published, Min: 0, Max: 1, Mutable: true,
			Doc: "share of the trace's maximum below which the window stays shut; not in the paper",
		},
		{
			Name: "window_trace", Default: a.trace, Choices: windowTraces, Mutable: true,
			Doc: "trace that the window is read from: fisher_emp is eq. 7; signs, labels and share are measured in " +
				"steps, where every.signs and so on say so",
		},
		{
			Name: "window_source", Default: a.source, Choices: []string{sourceOwn, sourceFirst}, Mutable: true,
			Doc: "whose trace opens a modality's window: its own, or the first modality's",
		},
		{
			Name: "smooth", Default: a.smooth, Min: 1, Max: 1000, Whole: true, Mutable: true,
			Doc: "values over which the trace is averaged before the test; 1 takes it raw",
		},
		{
			Name: "smooth_zeros", Default: a.padded, Mutable: true,
			Doc: "whether zeros stand before the averaged trace, as in the published code: the window is then open " +
				"for about so many epochs whatever the network does",
		},
		{
			Name: "open_at_start", Default: a.open, Mutable: true,
			Doc: "whether the window is open in epoch 0, before any trace, as in the published code",
		},
	}
}

// timed is a [inforeg.Method] that does nothing, and knows by the settings of acting when it would.
type timed struct{ inforeg.Plain }

// Controls has one for each modality: whether the method acts on it.
func (timed) Controls(modalities []string) []string {
	names := make([]string, len(modalities))
	for i, m := range modalities {
		names[i] = "window." + m
	}
	return names
}

// EpochStart decides them.
func (t timed) EpochStart(e inforeg.Epoch) (map[string]float64, error) { return t.IntervalStart(e) }

// IntervalStart decides them.
func (timed) IntervalStart(e inforeg.Epoch) (map[string]float64, error) {
	open, _, err := Windows(e)
	if err != nil {
		return nil, err
	}
	controls := make(map[string]float64, len(open))
	for m, on := range open {
		controls["window."+m] = 0
		if on {
			controls["window."+m] = 1
		}
	}
	return controls, nil
}

// acts is a scalar above 0 where a method acts on a modality.
func acts(s *inforeg.Step, modality string) *Node { return s.Control("window." + modality) }

// actsAnywhere is a scalar above 0 where a method acts on any modality.
func actsAnywhere(s *inforeg.Step) *Node {
	var on *Node
	for _, m := range inforeg.ModalityNames(s.Model) {
		if c := acts(s, m); on == nil {
			on = c
		} else {
			on = Max(on, c)
		}
	}
	return on
}

// positive reports whether a scalar is above 0.
func positive(x *Node) *Node { return GreaterThan(x, ZerosLike(x)) }

// Windows says for each modality whether a method with these settings acts on it in an interval, and the rise of the
// trace that was tested (left side of eq. 11); NaN where no trace decides.
func Windows(e inforeg.Epoch) (open map[string]bool, rise map[string]float64, err error) {
	open, rise = map[string]bool{}, map[string]float64{}
	text := e.Settings["window"].(string)
	within := e.Interval >= number(e, "first_epoch") && e.Interval <= number(e, "last_epoch")
	for i, m := range e.Modalities {
		rise[m] = math.NaN()
		switch text {
		case WindowAll:
			open[m] = within
		case WindowNone:
			open[m] = false
		case WindowAuto, WindowOutside:
			if e.Settings["window_source"].(string) == sourceFirst && i > 0 {
				source := e.Modalities[0]
				open[m], rise[m] = open[source], rise[source]
				continue
			}
			if !within {
				open[m] = false
				continue
			}
			inside, r, err := prime(e, m)
			if err != nil {
				return nil, nil, err
			}
			rise[m] = r
			open[m] = within && inside == (text == WindowAuto)
		default:
			epochs, err := parseWindow(text)
			if err != nil {
				return nil, nil, err
			}
			list, ok := epochs[m]
			if !ok {
				list = epochs[""]
			}
			open[m] = within && slices.ContainsFunc(
				list, func(r [2]int) bool { return e.Interval >= r[0] && e.Interval < r[1] },
			)
			for name := range epochs {
				if name != "" && !slices.Contains(e.Modalities, name) {
					return nil, nil, fmt.Errorf(
						"window of %q: there is no such modality, only %s", name, strings.Join(e.Modalities, ", "),
					)
				}
			}
		}
	}
	return open, rise, nil
}

// number is a whole-number setting.
func number(e inforeg.Epoch, name string) int { return int(e.Settings[name].(float64)) }

// drawnFloor is the floor of windows that are only looked at: those of a run that no window regulates. Late in training
// a trace near zero rises at random by any share of itself.
const drawnFloor = 0.1

// RuleOf is the window test that a run's settings ask for, over an interval share times as long as the one that k is
// for. That of a method without windows, such as joint training, has the paper's k and the set's floor; where that is
// 0, a tenth.
func RuleOf(settings map[string]any, share, floor float64) inforeg.WindowRule {
	if _, ok := settings["k"]; ok {
		return rule(settings, share)
	}
	return inforeg.WindowRule{K: inforeg.ScaleK(always.k, share), Floor: cmp.Or(floor, drawnFloor)}
}

func rule(settings map[string]any, share float64) inforeg.WindowRule {
	return inforeg.WindowRule{
		K: inforeg.ScaleK(settings["k"].(float64), share), Z: settings["k_z"].(float64),
		Floor: settings["floor"].(float64),
	}
}

// prime applies eq. 11 to a modality's trace.
func prime(e inforeg.Epoch, modality string) (inside bool, rise float64, err error) {
	width, padded := number(e, "smooth"), e.Settings["smooth_zeros"].(bool)
	from := 2 // eq. 11 reads two traces; with zeros before the first, one is enough
	if padded {
		from = 1
	}
	if e.Interval == 0 && e.Settings["open_at_start"].(bool) {
		return true, 1, nil
	}
	if e.Interval < from {
		return false, math.NaN(), nil
	}
	kind := e.Settings["window_trace"].(string)
	trace := e.Traces[kind][modality]
	need := max(2, width+1)
	if len(trace) < e.Interval || slices.ContainsFunc(trace[max(0, e.Interval-need):e.Interval], math.IsNaN) {
		return false, 0, fmt.Errorf(
			"%w: %s of %s before epoch %d of the window test", inforeg.ErrNotMeasured, kind, modality, e.Interval,
		)
	}
	smooth, err := inforeg.Smooth(trace[:e.Interval], width, padded)
	if err != nil {
		return false, 0, err
	}
	if padded {
		smooth = append([]float64{0}, smooth...)
	}
	rule := rule(e.Settings, cmp.Or(e.KShare, 1))
	var errs []float64
	if width == 1 && !padded { // those of neighbouring means go together: none is known
		errs = e.RiseErrors[kind][modality]
	} else if rule.Z > 0 {
		return false, 0, fmt.Errorf(
			"method: k_z %g: the error of a rise is not known of a smoothed trace, want smooth 1 without zeros, "+
				"or k_z 0",
			rule.Z,
		)
	}
	w, err := inforeg.DetectPrimeLearningWindow(smooth, errs, rule)
	if err != nil {
		return false, 0, fmt.Errorf("%s: %w", modality, err)
	}
	last := len(smooth)
	return w.Open[last], w.Rise[last], nil
}

func checkWindow(text string) error {
	if slices.Contains([]string{WindowAll, WindowAuto, WindowOutside, WindowNone}, text) {
		return nil
	}
	_, err := parseWindow(text)
	return err
}

// parseWindow reads epochs as the setting "window" names them: by modality, "" for all, [from, to).
func parseWindow(text string) (map[string][][2]int, error) {
	all := map[string][][2]int{}
	for part := range strings.SplitSeq(text, ",") {
		fields := strings.Fields(part)
		name := ""
		if len(fields) > 0 && !strings.Contains(fields[0], ":") {
			name, fields = fields[0], fields[1:]
		}
		if _, twice := all[name]; twice || len(fields) == 0 {
			return nil, fmt.Errorf("got %q, want all, none, auto, outside, or epochs such as 2:5", text)
		}
		all[name] = nil
		for _, f := range fields {
			a, b, _ := strings.Cut(f, ":")
			from, errFrom := strconv.Atoi(a)
			to, errTo := strconv.Atoi(b)
			if errFrom != nil || errTo != nil || from < 0 || to <= from {
				return nil, fmt.Errorf("got %q, want FROM:TO in whole epochs, FROM below TO", f)
			}
			all[name] = append(all[name], [2]int{from, to})
		}
	}
	return all, nil
}
