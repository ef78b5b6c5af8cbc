package page

// Figure is a drawn figure. Width and Height are CSS pixels; the PNG has twice as many of its own each way.
// [Figure.Encode] gives it in other formats, and viz.Save writes it to files.
type Figure struct {
	PNG           []byte
	Spec          map[string]any // Vega-Lite v5, with its data
	Text          string         // one sentence: what is drawn, first and last values, windows
	Width, Height int

	strokes []stroke // what was drawn, for the formats that keep lines and letters
	print   Width
}

// Parts are what a notebook shows of the figure, for whoever does not know this package.
func (f *Figure) Parts() (png []byte, spec map[string]any, text string, width, height int) {
	return f.PNG, f.Spec, f.Text, f.Width, f.Height
}

// Point is one measured value. SE is its standard error, 0 where there is none, or half the width of what a figure's
// Band names.
type Point struct {
	X, Y, SE float64
}

// Series is one line of a figure. Points ascend in X. Modality picks the colour; Run picks dash and marker; Name stands
// in the legend and is given to one series of a figure only. Definition says what was measured and how, for example
// "fisher_emp, fused loss, recalibrated"; it may be empty. Series of two definitions are never drawn on one axis. A
// Hollow series is hollow markers without a line: values from elsewhere, such as those of a paper.
type Series struct {
	Name, Run, Modality string
	Points              []Point
	Definition          string
	Hollow              bool
}

// Window is a span of x in which a modality of a run is in its prime learning window. Uncertain ones are hatched.
//
// FromEnds and ToEnds are between which values its ends lie, for example over seeds; both 0 stands for one that is
// sure. There a window is hatched, and plain where it is open whatever its ends.
//
// Of windows of several seeds in one, Open of Of seeds have it open all along the span. It is the darker the more there
// are, and the legend and the sentence give the counts. Both 0 stand for the window of a single run.
type Window struct {
	Run, Modality    string
	From, To         float64
	Uncertain        bool
	FromEnds, ToEnds [2]float64
	Open, Of         int
}

// share is the share of the seeds that have a window open; 1 of a single run's.
func (w Window) share() float64 {
	if w.Of == 0 {
		return 1
	}
	return float64(w.Open) / float64(w.Of)
}

// fillOpacity is how opaque the shade of a window is.
func (w Window) fillOpacity() float64 {
	if w.Of == 0 {
		return 0.12
	}
	return 0.04 + 0.2*w.share()
}

// barOpacity is how opaque the bar of a window is.
func (w Window) barOpacity() float64 { return 0.3 + 0.7*w.share() }

// Mark is a thin vertical line with a text above it, such as the change of a setting.
type Mark struct {
	X    float64
	Text string
}

// Rule is a dashed horizontal line at Y. Text says what it is, in the legend before its value; without a Text there is
// none.
type Rule struct {
	Y    float64
	Text string
}
