package page

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// heard notes the letters that a canvas is asked for.
type heard struct {
	*vgsvg.Canvas
	runes map[rune]bool
}

func (c heard) FillString(f font.Face, pt vg.Point, s string) {
	for _, r := range s {
		c.runes[r] = true
	}
	c.Canvas.FillString(f, pt, s)
}

// svg writes a figure as SVG. Letters are letters; the few that it uses are embedded as a font of some kilobytes, in
// place of the whole font of half a megabyte, and programs that read no embedded font take one of the same widths. Its
// text is the title.
func (f *Figure) svg() ([]byte, error) {
	width, height := lengthOf(float64(f.Width)), lengthOf(float64(f.Height))
	c := heard{vgsvg.NewWith(vgsvg.UseWH(width, height)), make(map[rune]bool)}
	to := draw.New(c)
	to.SetColor(White)
	to.Fill(to.Path())
	f.replay(&to)
	var body bytes.Buffer
	if _, err := c.WriteTo(&body); err != nil {
		return nil, fmt.Errorf("viz: encode svg: %w", err)
	}
	letters, err := subset(fontFile(), c.runes)
	if err != nil {
		return nil, fmt.Errorf("viz: encode svg: %w", err)
	}
	begin := bytes.Index(body.Bytes(), []byte("<g "))
	if begin < 0 {
		return nil, fmt.Errorf("viz: encode svg: no drawing in it")
	}
	var out bytes.Buffer
	size := fmt.Sprintf(
		`width="%.5gpt" height="%.5gpt"`, width.Points()*f.print.scale(), height.Points()*f.print.scale(),
	)
	if cm := f.print.centimetres(); cm > 0 {
		size = fmt.Sprintf(`width="%gcm" height="%.4gcm"`, cm, cm*float64(f.Height)/float64(f.Width))
	}
	fmt.Fprintf(&out, `<?xml version="1.0" encoding="UTF-8"?>
<svg %s viewBox="0 0 %.6g %.6g" role="img" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<title>%s</title>
<style>@font-face{font-family:"%s";src:url(data:font/ttf;base64,%s) format("truetype")}
text{font-family:"%[5]s","Liberation Sans",Arial,Helvetica,sans-serif !important;white-space:pre}</style>
`, size, width.Points(), height.Points(), html.EscapeString(f.Text), embedded,
		base64.StdEncoding.EncodeToString(letters))
	out.Write(body.Bytes()[begin:])
	return out.Bytes(), nil
}

// embedded is the name of the font in a file: not that of the whole font, since programs would take it for that.
const embedded = "viz sans"

// fontFile is the whole font that letters are drawn with, as TrueType.
func fontFile() []byte {
	face := plot.DefaultTextHandler.Cache().Lookup(letters(SmallSize, Ink).Font, lengthOf(SmallSize))
	var raw bytes.Buffer
	if _, err := face.Face.WriteSourceTo(nil, &raw); err != nil {
		panic(fmt.Errorf("viz: font: %w", err)) // it is compiled in
	}
	return raw.Bytes()
}
