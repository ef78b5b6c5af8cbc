package page

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// schema names the version of Vega-Lite that a spec is written in. It is a name: nothing is loaded from it.
const schema = "https://vega.github.io/schema/vega-lite/v5.json"

// Object is one object of a spec.
type Object = map[string]any

// spec writes a page as Vega-Lite, with the axes and sizes of the picture.
func (pg *Layout) spec(at Arrangement) map[string]any {
	k := newKeys(pg, len(at.Frames) > 0 && at.Legend.X <= Margin, at.Columns)
	views := make([]any, len(pg.Panels))
	for i, p := range pg.Panels {
		views[i] = p.view(k, at.Frames[i])
	}
	root := Object{}
	switch {
	case len(views) == 1:
		root = views[0].(Object)
	case pg.perRow() < len(views):
		root["concat"], root["columns"] = views, float64(pg.perRow())
	default:
		root["hconcat"] = views
	}
	return Finish(root, pg.Title, Wrapped(SmallSize, pg.Width-2*Margin, pg.notes())...)
}

// notes are the entries of the legend that Vega-Lite has no sample for.
func (pg *Layout) notes() string {
	var list []string
	for _, e := range pg.Legend {
		switch {
		case e.dashed:
			list = append(list, "dashed line: "+e.Text)
		case e.Note():
			list = append(list, e.Text)
		}
	}
	return strings.Join(list, " · ")
}

// Finish adds to a view what every spec has. Notes stand under the title, a line each.
func Finish(root Object, title string, notes ...string) Object {
	root["$schema"] = schema
	root["background"] = "white"
	root["padding"] = Margin
	head := Object{"text": title, "anchor": "start", "frame": "bounds", "offset": 8.0}
	var lines []any
	for _, n := range notes {
		if n != "" {
			lines = append(lines, n)
		}
	}
	switch {
	case title == "":
		head["text"], head["fontSize"], head["color"] = lines, float64(SmallSize), Hex(Grey)
	case len(lines) > 0:
		head["subtitle"] = lines
	}
	if title != "" || len(lines) > 0 {
		root["title"] = head
	}
	root["config"] = Object{
		"font": "Liberation Sans, Arial, Helvetica, sans-serif",
		"title": Object{
			"fontSize": float64(TitleSize), "fontWeight": "normal", "color": Hex(Ink),
			"subtitleFontSize": float64(SmallSize), "subtitleColor": Hex(Grey),
		},
		"axis": Object{
			"labelFontSize": float64(SmallSize), "titleFontSize": float64(LabelSize), "titleFontWeight": "normal",
			"labelColor": Hex(Ink), "titleColor": Hex(Ink), "domainColor": Hex(Ink), "tickColor": Hex(Ink),
			"gridColor": Hex(Faint),
		},
		"legend": Object{
			"labelFontSize": float64(SmallSize), "labelColor": Hex(Ink), "labelLimit": 0.0, "symbolSize": 60.0,
			"title": nil,
		},
		"view": Object{"stroke": nil},
	}
	return root
}

// keys are the scales from names to looks, the same in each panel of a page, so that there is one legend.
type keys struct {
	color, dash, shape, fill Object
}

func newKeys(pg *Layout, below bool, perRow int) keys {
	var names, colors, patterns, shapes, spans, fills []any
	for _, e := range pg.Legend {
		switch {
		case e.Line != nil:
			names = append(names, e.Line.Name)
			colors = append(colors, Hex(e.Line.Color))
			patterns = append(patterns, pattern(e.Line.Dash))
			shapes = append(shapes, e.Line.Marker)
		case e.span != nil:
			spans = append(spans, e.span.name)
			fills = append(fills, Hex(e.span.Color))
		}
	}
	listed := slices.Clone(names)
	for _, p := range pg.Panels { // hollow lines that share a note
		for i := range p.Lines {
			if l := &p.Lines[i]; !slices.Contains(names, any(l.Name)) {
				names = append(names, l.Name)
				colors = append(colors, Hex(l.Color))
				patterns = append(patterns, pattern(l.Dash))
				shapes = append(shapes, l.Marker)
			}
		}
	}
	legend := Object{"orient": "right"}
	if below {
		legend = Object{"orient": "bottom", "columns": float64(perRow), "direction": "horizontal"}
	}
	key := func(field string, domain, values []any, extra Object) Object {
		l := Object{"title": nil}
		maps.Copy(l, legend)
		maps.Copy(l, extra)
		return Object{
			"field": field, "type": "nominal", "scale": Object{"domain": domain, "range": values}, "legend": l,
		}
	}
	solid := Object{"symbolOpacity": 1.0, "symbolStrokeWidth": 0.0} // a marker whole, without the dash about it
	if len(listed) < len(names) {
		solid["values"] = listed
	}
	return keys{
		color: key("series", names, colors, solid),
		dash:  key("series", names, patterns, solid),
		shape: key("series", names, shapes, solid),
		fill: key(
			"window", spans, fills,
			Object{"symbolType": "square", "symbolOpacity": 0.4, "symbolSize": 120.0, "symbolStrokeWidth": 0.0},
		),
	}
}

// pattern is a dash as Vega reads it.
func pattern(dash []float64) []any {
	if len(dash) == 0 {
		return []any{1.0, 0.0}
	}
	list := make([]any, len(dash))
	for i, d := range dash {
		list[i] = d
	}
	return list
}

// Quantity encodes a field on an axis.
func (a *Axis) Quantity(field string) Object {
	values := []any{}
	for _, t := range a.Ticks {
		if t.Label != "" {
			values = append(values, Round(t.Value))
		}
	}
	scale := Object{"domain": []any{Round(a.From), Round(a.To)}, "nice": false, "zero": false}
	if a.Log {
		scale = Object{"domain": []any{Round(a.From), Round(a.To)}, "nice": false, "type": "log"}
	}
	var title any = a.Label
	if a.Quiet {
		title = nil
	}
	return Object{
		"field": field, "type": "quantitative", "title": title, "scale": scale,
		"axis": Object{"values": values, "format": a.format},
	}
}

// Tip is one line of what is shown under the pointer.
func Tip(field, title, kind, format string) Object {
	o := Object{"field": field, "type": kind, "title": title}
	if format != "" {
		o["format"] = format
	}
	return o
}

// Round keeps six digits, more than a screen shows, so that specs stay small.
func Round(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil || math.IsInf(short, 0) {
		return v
	}
	return short
}
