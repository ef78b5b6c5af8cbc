package page

import "fmt"

// Width is what a figure is made for: how wide it is, and how large its letters are there.
type Width int

// Widths of a figure. On paper its letters are 80 % as large as on a screen, 6.6 to 8.4 points, which is what a column
// can be read at: a figure of a screen's width shrunk to a column would have letters of 3 points.
const (
	Screen Width = iota // as wide as a figure of its kind is in a notebook, 760 or 960 CSS pixels
	Column              // 8.5 cm
	Page                // 17.5 cm
)

// centimetres is how wide a figure is on paper, 0 where its pixels say so.
func (w Width) centimetres() float64 { return map[Width]float64{Column: 8.5, Page: 17.5}[w] }

// scale is how long a CSS pixel of the layout is on paper, over what it is on a screen.
func (w Width) scale() float64 {
	if w == Screen {
		return 1
	}
	return 0.8
}

// Pixels is how wide the layout is, in its CSS pixels, of which 96 are 2.54 cm before they are scaled.
func (w Width) Pixels(screen float64) float64 {
	switch w {
	case Column:
		return 402
	case Page:
		return 827
	}
	return screen
}

// Across is how many of at most n panels stand in a row, of at least least pixels each.
func (w Width) Across(n int, screen, least float64) int {
	if w == Screen {
		return n
	}
	return max(1, min(n, int((w.Pixels(screen)-2*Margin)/least)))
}

// Lines of text in CSS pixels.
const (
	titleLine = 18.0
	NoteLine  = 15.0
)

// title is the lines of a title on a page of a width: at most three on a screen, and as many as it takes on paper.
func (w Width) title(s string, width float64) []string {
	if w == Screen {
		return lines(TitleSize, width-2*Margin, MostLines, s)
	}
	return Wrapped(TitleSize, width-2*Margin, s)
}

// TitleHeight is the room for a title.
func (w Width) TitleHeight(s string, width float64) float64 {
	n := len(w.title(s, width))
	if n == 0 {
		return 0
	}
	return titleHeight + float64(n-1)*titleLine
}

// On lays a page out for a width. It comes before what depends on how wide the page is.
func (pg *Layout) On(w Width) {
	if w == Screen {
		return
	}
	pg.Print, pg.Width = w, w.Pixels(pg.Width)
	if w == Column {
		pg.Below, pg.Height = true, min(pg.Height, 190)
	}
}

// Check wants a width that there is.
func (w Width) Check(figure string) error {
	if w < Screen || w > Page {
		return fmt.Errorf("viz: %s: width %d, want Screen, Column or Page", figure, w)
	}
	return nil
}
