package viz_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/image/font/sfnt"

	"github.com/primewindow/primewindow/viz"
)

// encode is a figure in a format, held to the same bytes each time, also of the figure drawn anew.
func encode(t *testing.T, name string, format viz.Format) []byte {
	t.Helper()
	body, err := drawn(t)[name].Encode(format)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if f.name != name {
			continue
		}
		anew, err := f.draw()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := anew.Encode(format); err != nil || len(body) == 0 || !bytes.Equal(body, again) {
			t.Errorf(
				"%s as %s: %d bytes and then %d, err %v, want the same ones each time", name, format, len(body),
				len(again), err,
			)
		}
	}
	return body
}

// svgFile is what a test reads of an SVG.
type svgFile struct {
	Width  string   `xml:"width,attr"`
	Height string   `xml:"height,attr"`
	Box    string   `xml:"viewBox,attr"`
	Title  string   `xml:"title"`
	Style  string   `xml:"style"`
	Inner  innerXML `xml:"g"`
}

type innerXML struct {
	Texts  []string   `xml:"text"`
	Images []struct{} `xml:"image"`
	Groups []innerXML `xml:"g"`
}

func (x innerXML) texts() []string {
	list := x.Texts
	for _, g := range x.Groups {
		list = append(list, g.texts()...)
	}
	return list
}

// TestSVG holds every figure to an SVG that parses, whose letters are letters, each of them in the font that it
// carries.
func TestSVG(t *testing.T) {
	for name, fig := range drawn(t) {
		t.Run(name, func(t *testing.T) {
			body := encode(t, name, viz.SVG)
			var file svgFile
			if err := xml.Unmarshal(body, &file); err != nil {
				t.Fatal(err)
			}
			if file.Title != fig.Text {
				t.Errorf("title %q, want the sentence %q", file.Title, fig.Text)
			}
			start := strings.Index(file.Style, "base64,") + len("base64,")
			raw, err := base64.StdEncoding.DecodeString(
				file.Style[start : start+strings.Index(file.Style[start:], ")")],
			)
			if err != nil {
				t.Fatal(err)
			}
			letters, err := sfnt.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			texts := file.Inner.texts()
			if len(texts) < 4 {
				t.Errorf("texts %q, want a title, labels and ticks as letters", texts)
			}
			for _, s := range texts {
				for _, r := range s {
					if g, err := letters.GlyphIndex(nil, r); err != nil || g == 0 {
						t.Errorf("%q of %q is glyph %v, err %v: want it in the embedded font", r, s, g, err)
					}
				}
			}
			if most := 40_000; len(raw) > most {
				t.Errorf("font of %d bytes, want at most %d: only the letters that are used", len(raw), most)
			}
		})
	}
}

// TestPaperWidth holds figures for paper to their width in centimetres, in the formats that have one.
func TestPaperWidth(t *testing.T) {
	for _, tt := range []struct {
		width    viz.Width
		svg      string
		points   float64
		pixels   int
		letters  float64 // of the smallest ones, in points
		reason   string
		isScreen bool
	}{
		{viz.Column, "8.5cm", 8.5 / 2.54 * 72, 402, 6.5, "a column", false},
		{viz.Page, "17.5cm", 17.5 / 2.54 * 72, 827, 6.5, "a page of two columns", false},
		{viz.Screen, "570pt", 570, 760, 8.25, "760 CSS pixels of 1/96 inch", true},
	} {
		figure := twoTraces()
		figure.Width = tt.width
		f, err := viz.Trace(figure)
		if err != nil {
			t.Fatal(err)
		}
		if f.Width != tt.pixels {
			t.Errorf("%s: %d CSS pixels, want %d", tt.reason, f.Width, tt.pixels)
		}
		body, err := f.Encode(viz.SVG)
		var file svgFile
		if err = errors.Join(err, xml.Unmarshal(body, &file)); err != nil || file.Width != tt.svg {
			t.Errorf("%s: SVG is %s wide, err %v, want %s", tt.reason, file.Width, err, tt.svg)
		}
		body, err = f.Encode(viz.PDF)
		got := regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) `).FindSubmatch(body)
		if err != nil || got == nil {
			t.Fatalf("%s: no size of the page in the PDF, err %v", tt.reason, err)
		}
		// a PDF has sizes to 0.01 point
		if points, err := strconv.ParseFloat(string(got[1]), 64); err != nil || math.Abs(points-tt.points) > 0.011 {
			t.Errorf("%s: PDF is %v points wide, err %v, want %v", tt.reason, points, err, tt.points)
		}
		// the smallest letters are 11 CSS pixels of the layout
		if size := 11 * tt.points / float64(tt.pixels); size < tt.letters {
			t.Errorf("%s: letters of %.2f points, want at least %v", tt.reason, size, tt.letters)
		}
	}
	wide := twoTraces()
	wide.Width = 3
	if _, err := viz.Trace(wide); err == nil || err.Error() != "viz: trace: width 3, want Screen, Column or Page" {
		t.Errorf("width 3: %v", err)
	}
}

// TestPDF holds every figure to a PDF that carries its font and its letters, beyond those of Windows 1252 too, and no
// date.
func TestPDF(t *testing.T) {
	for name := range drawn(t) {
		t.Run(name, func(t *testing.T) {
			body := encode(t, name, viz.PDF)
			for _, want := range []string{
				"%PDF-1.", "/FontFile2", "/ToUnicode", "/CreationDate (D:19700101000000)", "%%EOF",
			} {
				if !bytes.Contains(body, []byte(want)) {
					t.Errorf("no %q in it", want)
				}
			}
		})
	}
	f, err := viz.Sweep(
		viz.SweepFigure{Title: "α", XLabel: "β", YLabel: "Δ ± nats²", Series: []viz.Series{line("ours", 1, 2)}},
	)
	if err != nil {
		t.Fatal(err)
	}
	body, err := f.Encode(viz.PDF)
	if err != nil {
		t.Fatal(err)
	}
	drawing := inflated(t, body)
	for _, s := range []string{"α", "β", "Δ ± nats²"} {
		var letters []byte
		for _, u := range utf16.Encode([]rune(s)) {
			letters = append(letters, byte(u>>8), byte(u))
		}
		if !bytes.Contains(drawing, letters) {
			t.Errorf("%q is not in the PDF as it was written", s)
		}
	}
}

// inflated is all that a PDF has compressed.
func inflated(t *testing.T, body []byte) []byte {
	t.Helper()
	var all []byte
	for _, part := range bytes.Split(body, []byte("stream\n"))[1:] {
		z, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue // the ends of streams, and what is not compressed
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, plain...)
	}
	return all
}

// TestVegaLite holds the file to the spec of the figure.
func TestVegaLite(t *testing.T) {
	body := encode(t, "trace", viz.VegaLite)
	var spec map[string]any
	if err := json.Unmarshal(body, &spec); err != nil {
		t.Fatal(err)
	}
	checkSpec(t, spec)
}

func TestEncodeErrors(t *testing.T) {
	whole, err := viz.Trace(twoTraces())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		figure *viz.Figure
		format viz.Format
		want   string
		reason string
	}{
		{"nil", nil, viz.PNG, "viz: encode: no figure, want one that was drawn", "its error was not looked at"},
		{"empty", &viz.Figure{}, viz.SVG, "viz: encode: no figure, want one that was drawn", "nothing was drawn"},
		{
			"format", whole, "eps", `viz: encode: format "eps", want one of ["png" "svg" "pdf" "vl.json"]`,
			"no such format",
		},
		{
			"received", &viz.Figure{PNG: whole.PNG}, viz.PDF,
			"viz: encode: no lines for a pdf, want a figure as viz drew it",
			"one that came over a wire has its pixels alone",
		},
	} {
		if body, err := tt.figure.Encode(tt.format); err == nil || err.Error() != tt.want || body != nil {
			t.Errorf("%s: %v, want %s; reason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}
