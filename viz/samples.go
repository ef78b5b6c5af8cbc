package viz

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
)

// SamplesFigure is pictures of samples with a caption each, such as those that carry most of the trace. Value says what
// the number of a sample is, with its unit.
type SamplesFigure struct {
	Title, Value string
	Rows         []SampleRow
	Columns      int // pictures in a line, 1 to 12; 0 stands for as many as the longest row has, at most 8
	Width        Width
}

// SampleRow is samples of one modality, in the order of their pictures. Unit is that of the values in the pictures,
// empty where they have none.
type SampleRow struct {
	Name, Unit string
	Samples    []SampleTile
	Sequence   bool // of two axes, the first is time: it runs from left to right
	Flip       bool // the first row at the bottom: a spectrogram has its low frequencies there
}

// SampleTile is one sample: its values with their shape, its ID, the name of its class, empty where it has none, and
// its number. The shape is [D], [H, W], [H, W, C], [T, H, W, C], or [T, F] in a row of sequences. Three channels are
// red, green and blue, one is grey; of any other number four stand side by side, as do four frames of a clip, spread
// over all of them.
type SampleTile struct {
	X         []float32
	Shape     []int
	ID, Label string
	Value     float64
}

// Limits of a contact sheet.
const (
	maxTiles       = 96 // of a figure
	mostColumns    = 12
	defaultColumns = 8
	maxTileValues  = 1 << 22 // of one picture
)

// Samples draws a SamplesFigure: one row of pictures for each modality, in further lines where it is long, under each
// picture its ID, label and value. In a row the least value of all its pictures is black and the greatest white; both
// are written beside the row's name. Images keep their proportions, with small ones enlarged by a whole number;
// sequences and flipped pictures are stretched to fill their place, and vectors are bands.
//
// The spec shows the values as bars by sample with the ID and label under the pointer, and no pictures: those would
// make it some fifty times as large, and a page that shows the PNG has them already.
//
// Samples returns an error that names the sample that cannot be drawn.
func Samples(f SamplesFigure) (*Figure, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	at := arrangeSamples(f)
	fig, err := page.Picture(
		page.Canvas{Width: at.width, Height: at.height, Print: f.Width}, func(p *page.Pen) { drawSamples(p, f, at) },
	)
	if err != nil {
		return nil, err
	}
	fig.Spec, fig.Text = samplesSpec(f), f.sentence()
	return fig, nil
}

func (f SamplesFigure) check() error {
	if n := len(f.Rows); n == 0 || n > maxPanels {
		return fmt.Errorf("viz: samples: %d rows, want 1 to %d", n, maxPanels)
	}
	if err := f.Width.Check("samples"); err != nil {
		return err
	}
	if f.Columns < 0 || f.Columns > mostColumns {
		return fmt.Errorf("viz: samples: %d columns, want 1 to %d, or 0", f.Columns, mostColumns)
	}
	total := 0
	for _, r := range f.Rows {
		if len(r.Samples) == 0 {
			return fmt.Errorf("viz: samples: row %q: no samples, want at least one", r.Name)
		}
		seen := make(map[string]bool)
		for i, s := range r.Samples {
			where := fmt.Sprintf("viz: samples: row %q: sample %d %q", r.Name, i, s.ID)
			if s.ID == "" || seen[s.ID] {
				return fmt.Errorf("%s: want an ID of its own", where)
			}
			seen[s.ID] = true
			if err := s.check(where, r.Sequence); err != nil {
				return err
			}
		}
		if total += len(r.Samples); total > maxTiles {
			return fmt.Errorf("viz: samples: more than %d samples, want at most that", maxTiles)
		}
	}
	return nil
}

func (s SampleTile) check(where string, sequence bool) error {
	if !page.Drawable(s.Value) {
		return fmt.Errorf("%s: value %v, want a finite value", where, s.Value)
	}
	if n := len(s.Shape); n < 1 || n > 4 || sequence && n != 2 {
		want := "[D], [H, W], [H, W, C] or [T, H, W, C]"
		if sequence {
			want = "[T, F] of a sequence"
		}
		return fmt.Errorf("%s: shape %v, want %s", where, s.Shape, want)
	}
	size := 1
	for _, n := range s.Shape {
		if n < 1 || n > maxTileValues/size {
			return fmt.Errorf(
				"%s: shape %v, want axes of at least 1 and at most %d values", where, s.Shape, maxTileValues,
			)
		}
		size *= n
	}
	if len(s.X) != size {
		return fmt.Errorf("%s: %d values, want %d for its shape %v", where, len(s.X), size, s.Shape)
	}
	for i, v := range s.X {
		if !page.Drawable(float64(v)) {
			return fmt.Errorf("%s: value %d of its picture is %v, want a finite value", where, i, v)
		}
	}
	return nil
}

// scale is the least and the greatest value in a row's pictures.
func (r SampleRow) scale() page.Reach {
	all := page.Nothing()
	for _, s := range r.Samples {
		for _, v := range s.X {
			all.Add(float64(v))
		}
	}
	return all
}

// scaleNote says what black and white are.
func (r SampleRow) scaleNote() string {
	s := r.scale()
	note := fmt.Sprintf("black %s, white %s", page.Number(s.Low), page.Number(s.High))
	if r.Unit != "" {
		note += " " + r.Unit
	}
	return note
}

// labelled says whether some sample of a row has a label.
func (r SampleRow) labelled() bool {
	return slices.ContainsFunc(r.Samples, func(s SampleTile) bool { return s.Label != "" })
}

// captionNote says what stands under each picture.
func (f SamplesFigure) captionNote() string {
	list := []string{"ID"}
	if slices.ContainsFunc(f.Rows, SampleRow.labelled) {
		list = append(list, "label")
	}
	what := f.Value
	if what == "" {
		what = "value"
	}
	return "under each: " + strings.Join(append(list, what), ", ")
}

func (f SamplesFigure) sentence() string {
	parts := make([]string, len(f.Rows))
	for i, r := range f.Rows {
		var low, high SampleTile
		for j, s := range r.Samples {
			if j == 0 || s.Value > high.Value {
				high = s
			}
			if j == 0 || s.Value < low.Value {
				low = s
			}
		}
		parts[i] = fmt.Sprintf("%s, %s is %s", r.Name, high.title(), page.Number(high.Value))
		if n := len(r.Samples); n > 1 {
			parts[i] = fmt.Sprintf(
				"%s, %d samples from %s, %s, to %s, %s", r.Name, n, high.title(), page.Number(high.Value), low.title(),
				page.Number(low.Value),
			)
		}
		parts[i] = strings.TrimPrefix(parts[i], ", ")
	}
	if f.Value != "" {
		parts[0] = f.Value + " by sample, " + parts[0]
	}
	return page.InWords(f.Title, parts)
}

// title is what a sample is called in words.
func (s SampleTile) title() string {
	if s.Label == "" {
		return s.ID
	}
	return s.ID + " (" + s.Label + ")"
}

// Measures of a contact sheet in CSS pixels.
const (
	sheetWidth    = 960.0
	widestTile    = 160.0
	tileGap       = 10.0
	captionLine   = 14.0
	stretchedTile = 0.6 // height over width of a stretched picture
	vectorHeight  = 16.0
)

// sheet is where everything on a contact sheet stands.
type sheet struct {
	width, height float64
	tile          float64 // width of a picture's place
	note          float64 // what captions say, down from the upper edge
	rows          []tiles
}

// tiles is where one row of pictures stands.
type tiles struct {
	names    []string
	head     float64    // middle of the name's first line, down from the upper edge
	note     page.Dot   // left end of what black and white are: after the name, or beneath where there is no room
	places   []page.Dot // upper left corners of the pictures
	captions []float64
	pictures []pixels
}

func arrangeSamples(f SamplesFigure) sheet {
	across := f.Columns
	if across == 0 {
		for _, r := range f.Rows {
			across = max(across, len(r.Samples))
		}
		across = min(across, f.Width.Across(defaultColumns, sheetWidth, 85))
	}
	var at sheet
	at.tile = min(widestTile, math.Floor((f.Width.Pixels(sheetWidth)-2*page.Margin+tileGap)/float64(across))-tileGap)
	y, room := page.Margin+f.Width.TitleHeight(f.Title, f.Width.Pixels(760)), f.Width.Pixels(760)-2*page.Margin
	at.note = y
	y += page.MarkHeight
	wide := max(
		min(760, page.WidthOf(page.TitleSize, f.Title)), page.WidthOf(page.SmallSize, f.captionNote()),
		float64(across)*(at.tile+tileGap)-tileGap,
	)
	for _, r := range f.Rows {
		row := r.head(y, room)
		y = row.note.Y + page.NameHeight/2 + 3
		wide = max(wide, min(760, page.WidthOf(page.LabelSize, r.Name)+12+page.WidthOf(page.SmallSize, r.scaleNote())))
		shades, lines := r.scale(), 2.0
		if r.labelled() {
			lines = 3
		}
		for i := 0; i < len(r.Samples); i += across {
			tall := 0.0
			for j, s := range r.Samples[i:min(i+across, len(r.Samples))] {
				px := s.pixels(r, shades, at.tile)
				tall = max(tall, float64(px.height)/page.Density)
				row.pictures = append(row.pictures, px)
				row.places = append(row.places, page.At(page.Margin+float64(j)*(at.tile+tileGap), y))
			}
			for range row.pictures[i:] {
				row.captions = append(row.captions, y+math.Ceil(tall)+4)
			}
			y += math.Ceil(tall) + 4 + lines*captionLine + tileGap
		}
		at.rows = append(at.rows, row)
	}
	at.width, at.height = math.Ceil(wide)+2*page.Margin, math.Ceil(y)
	if f.Width != Screen {
		at.width = f.Width.Pixels(0)
	}
	return at
}

// head places a row's name under y, and what black and white are.
func (r SampleRow) head(y, room float64) tiles {
	row := tiles{names: page.PanelTitle(r.Name, room), head: y + page.NameHeight/2 + 3}
	row.note = page.At(page.Margin, row.head+page.MoreLines(row.names))
	switch n := len(row.names); {
	case n == 1 && page.WidthOf(page.LabelSize, r.Name)+12+page.WidthOf(page.SmallSize, r.scaleNote()) <= room:
		row.note.X += page.WidthOf(page.LabelSize, r.Name) + 12
	case n > 0:
		row.note.Y += page.NoteLine
	}
	return row
}

func drawSamples(p *page.Pen, f SamplesFigure, at sheet) {
	p.Title(f.Width, f.Title, at.width)
	p.Write(
		page.Grey, page.SmallSize, page.At(page.Margin, at.note), page.Left, page.Top,
		page.Fit(page.SmallSize, at.width-2*page.Margin, f.captionNote()),
	)
	for i, r := range f.Rows {
		row := at.rows[i]
		p.TitleLines(row.names, page.At(page.Margin, row.head))
		p.Write(
			page.Grey, page.SmallSize, row.note, page.Left, page.Middle,
			page.Fit(page.SmallSize, at.width-page.Margin-row.note.X, r.scaleNote()),
		)
		for j, s := range r.Samples {
			drawPicture(p, row.pictures[j], row.places[j])
			under := page.At(row.places[j].X, row.captions[j])
			p.Write(page.Ink, page.SmallSize, under, page.Left, page.Top, page.FitMiddle(page.SmallSize, at.tile, s.ID))
			if r.labelled() {
				under.Y += captionLine
				p.Write(
					page.Grey, page.SmallSize, under, page.Left, page.Top, page.Fit(page.SmallSize, at.tile, s.Label),
				)
			}
			under.Y += captionLine
			p.Write(
				page.Grey, page.SmallSize, under, page.Left, page.Top,
				page.Fit(page.SmallSize, at.tile, page.Number(s.Value)),
			)
		}
	}
}
