package viz

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// schema names the version of Vega-Lite that a spec is written in. It is a name: nothing is loaded from it.
const schema = "https://vega.github.io/schema/vega-lite/v5.json"

// object is one object of a spec.
type object = map[string]any

// spec writes a page as Vega-Lite, with the axes and sizes of the picture.
func (pg *page) spec(at arrangement) map[string]any {
	k := newKeys(pg, len(at.frames) > 0 && at.legend.x <= margin, at.columns)
	views := make([]any, len(pg.panels))
	for i, p := range pg.panels {
		views[i] = p.view(k, at.frames[i])
	}
	root := object{}
	switch {
	case len(views) == 1:
		root = views[0].(object)
	case pg.perRow() < len(views):
		root["concat"], root["columns"] = views, float64(pg.perRow())
	default:
		root["hconcat"] = views
	}
	return finish(root, pg.title, wrapped(smallSize, pg.width-2*margin, pg.notes())...)
}

// notes are the entries of the legend that Vega-Lite has no sample for.
func (pg *page) notes() string {
	var list []string
	for _, e := range pg.legend {
		switch {
		case e.dashed:
			list = append(list, "dashed line: "+e.text)
		case e.note():
			list = append(list, e.text)
		}
	}
	return strings.Join(list, " · ")
}

// finish adds to a view what every spec has. Notes stand under the title, a line each.
func finish(root object, title string, notes ...string) object {
	root["$schema"] = schema
	root["background"] = "white"
	root["padding"] = margin
	head := object{"text": title, "anchor": "start", "frame": "bounds", "offset": 8.0}
	var lines []any
	for _, n := range notes {
		if n != "" {
			lines = append(lines, n)
		}
	}
	switch {
	case title == "":
		head["text"], head["fontSize"], head["color"] = lines, float64(smallSize), hex(grey)
	case len(lines) > 0:
		head["subtitle"] = lines
	}
	if title != "" || len(lines) > 0 {
		root["title"] = head
	}
	root["config"] = object{
		"font": "Liberation Sans, Arial, Helvetica, sans-serif",
		"title": object{
			"fontSize": float64(titleSize), "fontWeight": "normal", "color": hex(ink),
			"subtitleFontSize": float64(smallSize), "subtitleColor": hex(grey),
		},
		"axis": object{
			"labelFontSize": float64(smallSize), "titleFontSize": float64(labelSize), "titleFontWeight": "normal",
			"labelColor": hex(ink), "titleColor": hex(ink), "domainColor": hex(ink), "tickColor": hex(ink), "gridColor": hex(faint),
		},
		"legend": object{
			"labelFontSize": float64(smallSize), "labelColor": hex(ink), "labelLimit": 0.0, "symbolSize": 60.0, "title": nil,
		},
		"view": object{"stroke": nil},
	}
	return root
}

// keys are the scales from names to looks, the same in each panel of a page, so that there is one legend.
type keys struct {
	color, dash, shape, fill object
}

func newKeys(pg *page, below bool, perRow int) keys {
	var names, colors, patterns, shapes, spans, fills []any
	for _, e := range pg.legend {
		switch {
		case e.line != nil:
			names = append(names, e.line.Name)
			colors = append(colors, hex(e.line.color))
			patterns = append(patterns, pattern(e.line.dash))
			shapes = append(shapes, e.line.marker)
		case e.span != nil:
			spans = append(spans, e.span.name)
			fills = append(fills, hex(e.span.color))
		}
	}
	listed := slices.Clone(names)
	for _, p := range pg.panels { // hollow lines that share a note
		for i := range p.lines {
			if l := &p.lines[i]; !slices.Contains(names, any(l.Name)) {
				names = append(names, l.Name)
				colors = append(colors, hex(l.color))
				patterns = append(patterns, pattern(l.dash))
				shapes = append(shapes, l.marker)
			}
		}
	}
	legend := object{"orient": "right"}
	if below {
		legend = object{"orient": "bottom", "columns": float64(perRow), "direction": "horizontal"}
	}
	key := func(field string, domain, values []any, extra object) object {
		l := object{"title": nil}
		maps.Copy(l, legend)
		maps.Copy(l, extra)
		return object{"field": field, "type": "nominal", "scale": object{"domain": domain, "range": values}, "legend": l}
	}
	solid := object{"symbolOpacity": 1.0, "symbolStrokeWidth": 0.0} // a marker whole, without the dash about it
	if len(listed) < len(names) {
		solid["values"] = listed
	}
	return keys{
		color: key("series", names, colors, solid),
		dash:  key("series", names, patterns, solid),
		shape: key("series", names, shapes, solid),
		fill:  key("window", spans, fills, object{"symbolType": "square", "symbolOpacity": 0.4, "symbolSize": 120.0, "symbolStrokeWidth": 0.0}),
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

// quantity encodes a field on an axis.
func (a *axis) quantity(field string) object {
	values := []any{}
	for _, t := range a.ticks {
		if t.label != "" {
			values = append(values, round(t.value))
		}
	}
	scale := object{"domain": []any{round(a.from), round(a.to)}, "nice": false, "zero": false}
	if a.log {
		scale = object{"domain": []any{round(a.from), round(a.to)}, "nice": false, "type": "log"}
	}
	var title any = a.label
	if a.quiet {
		title = nil
	}
	return object{
		"field": field, "type": "quantitative", "title": title, "scale": scale,
		"axis": object{"values": values, "format": a.format},
	}
}

// tip is one line of what is shown under the pointer.
func tip(field, title, kind, format string) object {
	o := object{"field": field, "type": kind, "title": title}
	if format != "" {
		o["format"] = format
	}
	return o
}

// round keeps six digits, more than a screen shows, so that specs stay small.
func round(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil || math.IsInf(short, 0) {
		return v
	}
	return short
}
