package page

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// pdf writes a figure as PDF of one page. Letters are letters, with those that it uses embedded.
//
// gonum's own canvas for PDF knows the letters of Windows 1252 alone and reads text as if it were in that: ² and ± come
// out as two letters each, and α and Δ not at all. It embeds the whole font, and dates the file.
func (f *Figure) pdf() ([]byte, error) {
	c := &sheetOfPDF{
		size: vg.Point{X: lengthOf(float64(f.Width)), Y: lengthOf(float64(f.Height))}, at: upright,
		scale: f.print.scale(), widths: make(map[int]bool),
	}
	if cm := f.print.centimetres(); cm > 0 {
		c.scale = cm / 2.54 * vg.Inch.Points() / c.size.X.Points()
	}
	c.doc = fpdf.NewCustom(&fpdf.InitType{
		UnitStr: "pt", Size: fpdf.SizeType{Wd: c.size.X.Points() * c.scale, Ht: c.size.Y.Points() * c.scale},
	})
	dated := time.Unix(0, 0).UTC() // the same each time
	c.doc.SetCreationDate(dated)
	c.doc.SetModificationDate(dated)
	c.doc.SetCatalogSort(true)
	c.doc.SetProducer("primewindow", true)
	c.doc.SetTitle(f.Text, true)
	c.doc.SetMargins(0, 0, 0)
	c.doc.SetAutoPageBreak(false, 0)
	c.doc.AddUTF8FontFromBytes(embedded, "", fontFile())
	c.doc.AddPage()
	vg.Initialize(c)
	to := draw.New(c)
	f.replay(&to)
	var buf bytes.Buffer
	if err := c.doc.Output(&buf); err != nil {
		return nil, fmt.Errorf("viz: encode pdf: %w", err)
	}
	return buf.Bytes(), nil
}

// affine is a map of the plane: x to a·x + c·y + e, y to b·x + d·y + f.
type affine struct{ a, b, c, d, e, f float64 }

var upright = affine{a: 1, d: 1}

// after is what maps by o first and then by m.
func (m affine) after(o affine) affine {
	return affine{
		m.a*o.a + m.c*o.b, m.b*o.a + m.d*o.b, m.a*o.c + m.c*o.d, m.b*o.c + m.d*o.d,
		m.a*o.e + m.c*o.f + m.e, m.b*o.e + m.d*o.f + m.f,
	}
}

// sheetOfPDF is a canvas that writes PDF. Its y goes up, the document's down.
type sheetOfPDF struct {
	doc    *fpdf.Fpdf
	size   vg.Point
	scale  float64 // points on paper for each of the canvas
	at     affine
	kept   []affine
	width  float64
	widths map[int]bool // of images
}

var _ vg.CanvasSizer = (*sheetOfPDF)(nil)

func (c *sheetOfPDF) Size() (x, y vg.Length) { return c.size.X, c.size.Y }

func (c *sheetOfPDF) place(p vg.Point) (x, y float64) {
	px, py, m := p.X.Points(), p.Y.Points(), c.at
	return c.scale * (m.a*px + m.c*py + m.e), c.scale * (c.size.Y.Points() - (m.b*px + m.d*py + m.f))
}

func (c *sheetOfPDF) SetLineWidth(w vg.Length) {
	c.width = w.Points() * c.scale
	c.doc.SetLineWidth(c.width)
}

func (c *sheetOfPDF) SetLineDash(pattern []vg.Length, offset vg.Length) {
	list := make([]float64, len(pattern))
	for i, l := range pattern {
		list[i] = l.Points() * c.scale
	}
	c.doc.SetDashPattern(list, offset.Points()*c.scale)
}

func (c *sheetOfPDF) SetColor(shade color.Color) {
	full, ok := color.NRGBAModel.Convert(shade).(color.NRGBA)
	if !ok || shade == nil {
		full = black
	}
	r, g, b := int(full.R), int(full.G), int(full.B)
	c.doc.SetFillColor(r, g, b)
	c.doc.SetDrawColor(r, g, b)
	c.doc.SetTextColor(r, g, b)
	c.doc.SetAlpha(float64(full.A)/0xff, "Normal")
}

func (c *sheetOfPDF) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	c.at = c.at.after(affine{a: cos, b: sin, c: -sin, d: cos})
}

func (c *sheetOfPDF) Translate(p vg.Point) {
	c.at = c.at.after(affine{a: 1, d: 1, e: p.X.Points(), f: p.Y.Points()})
}
func (c *sheetOfPDF) Scale(x, y float64) { c.at = c.at.after(affine{a: x, d: y}) }
func (c *sheetOfPDF) Push()              { c.kept = append(c.kept, c.at) }
func (c *sheetOfPDF) Pop()               { c.at, c.kept = c.kept[len(c.kept)-1], c.kept[:len(c.kept)-1] }

func (c *sheetOfPDF) Stroke(p vg.Path) {
	if c.width > 0 {
		c.path(p, "D")
	}
}
func (c *sheetOfPDF) Fill(p vg.Path) { c.path(p, "F") }

// path draws straight lines, the only ones that a [Pen] draws.
func (c *sheetOfPDF) path(p vg.Path, how string) {
	if len(p) < 2 {
		return
	}
	for _, part := range p {
		switch x, y := c.place(part.Pos); part.Type {
		case vg.MoveComp:
			c.doc.MoveTo(x, y)
		case vg.LineComp:
			c.doc.LineTo(x, y)
		case vg.CloseComp:
			c.doc.ClosePath()
		default:
			c.doc.SetErrorf("viz: path of type %v, want straight lines", part.Type)
		}
	}
	c.doc.DrawPath(how)
}

func (c *sheetOfPDF) FillString(f font.Face, at vg.Point, s string) {
	x, y := c.place(at)
	turn := math.Atan2(c.at.b, c.at.a) * 180 / math.Pi
	c.doc.SetFont(embedded, "", f.Font.Size.Points()*c.scale)
	if turn != 0 {
		c.doc.TransformBegin()
		c.doc.TransformRotate(turn, x, y)
		defer c.doc.TransformEnd()
	}
	c.doc.Text(x, y, s)
}

// DrawImage draws an image. The document writes images in the order of their widths, and those of one width in any
// order: so that a file is the same each time, each is given a width of its own, by columns on the right that show
// nothing.
func (c *sheetOfPDF) DrawImage(where vg.Rectangle, img image.Image) {
	from := img.Bounds()
	wide := from.Dx()
	for c.widths[wide] {
		wide++
	}
	c.widths[wide] = true
	own := image.NewNRGBA(image.Rect(0, 0, wide, from.Dy()))
	for y := range from.Dy() {
		for x := range from.Dx() {
			own.Set(x, y, img.At(from.Min.X+x, from.Min.Y+y))
		}
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, own); err != nil {
		c.doc.SetError(err)
		return
	}
	name, kind := fmt.Sprint(wide), fpdf.ImageOptions{ImageType: "png"}
	c.doc.RegisterImageOptionsReader(name, kind, &buf)
	x, y := c.place(vg.Point{X: where.Min.X, Y: where.Max.Y})
	size := where.Size()
	long := size.X.Points() * c.scale * float64(wide) / float64(from.Dx())
	c.doc.ImageOptions(name, x, y, long, size.Y.Points()*c.scale, false, kind, 0, "")
}
