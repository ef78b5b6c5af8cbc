package viz_test

import (
	"math"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

// tile is a sample of one value for each of a shape's cells.
func tile(id string, shape ...int) viz.SampleTile {
	size := 1
	for _, n := range shape {
		size *= n
	}
	s := viz.SampleTile{ID: id, Shape: shape, Value: 1, X: make([]float32, size)}
	for i := range s.X {
		s.X[i] = float32(i)
	}
	return s
}

func TestSamplesErrors(t *testing.T) {
	row := func(list ...viz.SampleTile) viz.SamplesFigure {
		return viz.SamplesFigure{Rows: []viz.SampleRow{{Name: "audio", Samples: list}}}
	}
	with := func(change func(s *viz.SampleTile)) viz.SamplesFigure {
		s := tile("a", 2, 2)
		change(&s)
		return row(s)
	}
	many := row()
	for i := range 97 {
		many.Rows[0].Samples = append(many.Rows[0].Samples, tile(strings.Repeat("a", i+1), 1))
	}
	sequence := row(tile("a", 2, 2, 3))
	sequence.Rows[0].Sequence = true
	columns := row(tile("a", 1))
	columns.Columns = 13
	for _, tt := range []struct {
		name   string
		figure viz.SamplesFigure
		want   string
		reason string
	}{
		{"nothing", viz.SamplesFigure{}, "viz: samples: 0 rows, want 1 to 12", "an empty sheet says nothing"},
		{
			"rows", viz.SamplesFigure{Rows: make([]viz.SampleRow, 13)}, "viz: samples: 13 rows, want 1 to 12",
			"a page has an end",
		},
		{"columns", columns, "viz: samples: 13 columns, want 1 to 12, or 0", "captions would have no room"},
		{
			"empty row", row(), `viz: samples: row "audio": no samples, want at least one`,
			"missing data is never an empty row",
		},
		{"many", many, "viz: samples: more than 96 samples, want at most that", "a page has an end"},
		{
			"no ID", row(tile("", 1)), `viz: samples: row "audio": sample 0 "": want an ID of its own`,
			"it could not be looked up",
		},
		{
			"same ID", row(tile("a", 1), tile("a", 1)),
			`viz: samples: row "audio": sample 1 "a": want an ID of its own`, "a sample carries its share once",
		},
		{
			"value", with(func(s *viz.SampleTile) { s.Value = math.NaN() }),
			`viz: samples: row "audio": sample 0 "a": value NaN, want a finite value`, "it is what the sheet is for",
		},
		{
			"no shape", with(func(s *viz.SampleTile) { s.Shape = nil }),
			`viz: samples: row "audio": sample 0 "a": shape [], want [D], [H, W], [H, W, C] or [T, H, W, C]`,
			"a number is no picture",
		},
		{
			"five axes", row(tile("a", 1, 1, 1, 1, 1)),
			`viz: samples: row "audio": sample 0 "a": shape [1 1 1 1 1], want [D], [H, W], [H, W, C] or [T, H, W, C]`,
			"no picture",
		},
		{
			"sequence", sequence, `viz: samples: row "audio": sample 0 "a": shape [2 2 3], want [T, F] of a sequence`,
			"a sequence has two axes",
		},
		{
			"zero axis", with(func(s *viz.SampleTile) { s.Shape = []int{2, 0} }),
			`viz: samples: row "audio": sample 0 "a": shape [2 0], want axes of at least 1 and at most 4194304 values`,
			"an empty picture",
		},
		{
			"overflow", with(func(s *viz.SampleTile) { s.Shape = []int{1 << 62, 4} }),
			`viz: samples: row "audio": sample 0 "a": shape [4611686018427387904 4], want axes of at least 1 and at most 4194304 values`,
			"a product that wraps around to 0",
		},
		{
			"short", with(func(s *viz.SampleTile) { s.X = s.X[:3] }),
			`viz: samples: row "audio": sample 0 "a": 3 values, want 4 for its shape [2 2]`,
			"the picture would be torn",
		},
		{
			"NaN", with(func(s *viz.SampleTile) { s.X[2] = float32(math.NaN()) }),
			`viz: samples: row "audio": sample 0 "a": value 2 of its picture is NaN, want a finite value`,
			"has no shade",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if f, err := viz.Samples(tt.figure); err == nil || err.Error() != tt.want || f != nil {
				t.Errorf("Samples: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestSamplesPicture looks at the picture: each cell of a sample is a square of one shade, as sharp as it was given.
func TestSamplesPicture(t *testing.T) {
	f, err := viz.Samples(
		viz.SamplesFigure{
			Rows: []viz.SampleRow{{Name: "image", Samples: []viz.SampleTile{tile("a", 1, 3), tile("b", 2, 2)}}},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	img := decode(t, f.PNG)
	counts := make(map[uint32]int)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if r, g, b, _ := img.At(x, y).RGBA(); r == g && g == b {
				counts[r>>8]++
			}
		}
	}
	// A place is 160 CSS pixels wide. A single row fills it as a band of 16: each of three cells is 320/3 by 32 pixels.
	// Of the other sample each cell is a square of 160 pixels. Shades are of 0, 1, 2 and 3 of 3: 0, 85, 170 and 255.
	for shade, want := range map[uint32]int{0: 160*160 + 106*32, 85: 160*160 + 106*32, 170: 160*160 + 106*32} {
		if got := counts[shade]; got < want || got > want+600 { // letters have some pixels of any grey
			t.Errorf("%d pixels of shade %d, want %d and those of letters", got, shade, want)
		}
	}
}

// TestSamplesDraws draws what is unusual and may be drawn, on pages that hold it.
func TestSamplesDraws(t *testing.T) {
	twelve := viz.SampleRow{Name: strings.Repeat("a long name ", 40), Unit: "dB"}
	for i := range 12 {
		twelve.Samples = append(twelve.Samples, tile(strings.Repeat("clip", i+1), 3, 4))
	}
	negative, huge := tile("below", 2, 2), tile("b", 2, 2)
	negative.Value, negative.Label = -3, "label"
	huge.X[0], huge.X[1], huge.Value = -math.MaxFloat32, math.MaxFloat32, 1e300
	for _, tt := range []struct {
		name   string
		rows   []viz.SampleRow
		at     int // columns
		width  int
		reason string
	}{
		{
			"one", []viz.SampleRow{{Samples: []viz.SampleTile{tile("a", 1)}}}, 0, 184,
			"a place, and a margin on either side",
		},
		{"twelve", []viz.SampleRow{twelve}, 12, 954, "the most in a line"},
		{"wrapped", []viz.SampleRow{twelve}, 5, 864, "three lines of one row, places no wider than 160"},
		{"long row", []viz.SampleRow{twelve}, 0, 954, "two lines: eight and four"},
		{
			"negative", []viz.SampleRow{{Name: "a", Samples: []viz.SampleTile{negative}}}, 0, 184,
			"the axis of the spec holds 0",
		},
		{
			"huge", []viz.SampleRow{{Name: "a", Samples: []viz.SampleTile{huge}}}, 0, 215,
			"the range is that of single precision, written beside the name",
		},
		{
			"tall", []viz.SampleRow{{Name: "a", Samples: []viz.SampleTile{tile("a", 500, 2, 3)}}}, 0, 184,
			"a picture higher than wide fits its place",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := viz.Samples(viz.SamplesFigure{Value: "n (1)", Rows: tt.rows, Columns: tt.at})
			if err != nil {
				t.Fatalf("%v; reason to draw: %s", err, tt.reason)
			}
			checkSpec(t, f.Spec)
			// places are whole pixels, so that a page may be a little narrower
			if f.Width < tt.width-10 || f.Width > tt.width+10 {
				t.Errorf("page is %d wide, want about %d; reason: %s", f.Width, tt.width, tt.reason)
			}
		})
	}
}

// TestSamplesCaption holds captions to labels where there are any, and the spec to a row for each sample.
func TestSamplesCaption(t *testing.T) {
	f := carriers()
	fig, err := viz.Samples(f)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	walk(fig.Spec, func(o map[string]any) {
		if o["id"] != nil && o["label"] != nil && o["value"] != nil {
			rows++
		}
	})
	if rows != 18 {
		t.Errorf("%d rows of an ID, a label and a value, want 18", rows)
	}
	tall := fig.Height
	for i := range f.Rows {
		for j := range f.Rows[i].Samples {
			f.Rows[i].Samples[j].Label = ""
		}
	}
	if fig, err = viz.Samples(f); err != nil {
		t.Fatal(err)
	}
	if got := tall - fig.Height; got != 3*14 {
		t.Errorf("without labels the page is %d lower, want 42: a line of 14 in each of three rows", got)
	}
}
