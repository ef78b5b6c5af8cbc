package page

import (
	"fmt"
	"slices"
)

// view writes a panel as one layered view. What is written first lies lowest.
func (p *Panel) view(k keys, f frame) Object {
	var layers []any
	layers = append(layers, p.spanLayers(k)...)
	if p.Rule.Text != "" {
		layers = append(layers, Object{
			"data":     Values(Object{"y": Round(p.Rule.Y), "note": p.ruleNote()}),
			"mark":     Object{"type": "rule", "color": Hex(Grey), "strokeDash": []any{4.0, 3.0}, "strokeWidth": 1.2},
			"encoding": Object{"y": p.Y.Quantity("y"), "tooltip": []any{Tip("note", "line", "nominal", "")}},
		})
	}
	layers = append(layers, p.lineLayers(k)...)
	layers = append(layers, p.markLayers(f)...)
	v := Object{"width": Round(f.Width), "height": Round(f.Height), "layer": layers}
	if p.Title != "" {
		v["title"] = Object{
			"text": TextOf(f.Title), "anchor": "start", "frame": "group", "fontSize": float64(LabelSize),
			"offset": Round(f.Header - NameHeight - MoreLines(f.Title) - p.bars() + 4),
		}
	}
	return v
}

// Values are rows of data in a spec.
func Values(rows ...any) Object { return Object{"values": rows} }

// rowsOfLines are the data of a panel's lines: what is drawn, each point with its name.
func (p *Panel) rowsOfLines() []any {
	rows := []any{}
	for i := range p.Lines {
		l := &p.Lines[i]
		for k, at := range l.kept {
			pt := l.Points[at]
			row := Object{"series": l.Name, "x": Round(pt.X), "y": Round(pt.Y)}
			if pt.SE > 0 {
				row["se"], row["low"], row["high"] = Round(pt.SE), Round(p.lower(pt)), Round(pt.Y+pt.SE)
			}
			if l.Hollow {
				row["hollow"] = true
			}
			if p.smoothed() {
				row["mean"] = Round(l.y(at))
			}
			if l.Marked[k] {
				row["marked"] = true
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (p *Panel) smoothed() bool {
	for _, l := range p.Lines {
		if l.Mean != nil {
			return true
		}
	}
	return false
}

// Errors says whether any line has standard errors.
func (p *Panel) Errors() bool {
	for _, l := range p.Lines {
		for _, pt := range l.Points {
			if pt.SE > 0 {
				return true
			}
		}
	}
	return false
}

// lineLayers are bands, lines and markers over one table of data. A point without a marker still answers to the
// pointer.
func (p *Panel) lineLayers(k keys) []any {
	x, y := p.X.Quantity("x"), p.Y.Quantity("y")
	tips := []any{
		Tip("series", "series", "nominal", ""), Tip("x", p.X.Label, "quantitative", ""),
		Tip("y", p.Y.Label, "quantitative", ".4~g"),
	}
	if p.Y.Percent {
		tips[2] = Tip("y", p.Y.Label, "quantitative", ".2%")
	}
	var layers []any
	if p.Errors() {
		band := "standard error"
		if p.Band != "" {
			band = p.Band
		}
		tips = append(tips, Tip("se", band, "quantitative", ".2~g"))
		low, along := p.Y.Quantity("low"), p.X.Quantity("x")
		low["stack"], along["stack"] = false, false // a band is no share of a whole
		only := []any{Object{"filter": "isValid(datum.high)"}}
		layers = append(layers, Object{
			"transform": only, "mark": Object{"type": "area", "opacity": 0.18, "line": false},
			"encoding": Object{"x": along, "y": low, "y2": Object{"field": "high"}, "color": k.color},
		})
		if p.single() {
			layers = append(layers, Object{
				"transform": only, "mark": Object{"type": "rule", "strokeWidth": 1.2},
				"encoding": Object{"x": x, "y": low, "y2": Object{"field": "high"}, "color": k.color},
			})
		}
	}
	bold, width := y, 1.8
	if p.smoothed() {
		layers = append(layers, p.solid(Object{
			"mark":     Object{"type": "line", "strokeWidth": 1.0, "opacity": pale},
			"encoding": Object{"x": x, "y": y, "color": k.color},
		}))
		bold, width = p.Y.Quantity("mean"), 2
		tips = append(tips, Tip("mean", "moving average", "quantitative", ".4~g"))
	}
	layers = append(layers, p.solid(Object{
		"mark":     Object{"type": "line", "strokeWidth": width},
		"encoding": Object{"x": x, "y": bold, "color": k.color, "strokeDash": k.dash},
	}), p.solid(Object{
		"mark": Object{"type": "point", "filled": true, "size": 45.0},
		"encoding": Object{
			"x": x, "y": bold, "color": k.color, "shape": k.shape, "tooltip": tips,
			"opacity": Object{"condition": Object{"test": "datum.marked === true", "value": 1.0}, "value": 0.0},
		},
	}))
	if p.hollow() {
		layers = append(layers, Object{
			"transform": []any{Object{"filter": "datum.hollow === true"}},
			"mark":      Object{"type": "point", "fill": Hex(White), "strokeWidth": 1.6, "size": 50.0, "opacity": 1.0},
			"encoding":  Object{"x": x, "y": y, "stroke": k.color, "shape": k.shape, "tooltip": tips},
		})
	}
	return []any{Object{"data": Values(p.rowsOfLines()...), "layer": layers}}
}

// hollow says whether any line is hollow markers alone.
func (p *Panel) hollow() bool {
	return slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Hollow })
}

// solid is a layer without the lines that are hollow markers alone.
func (p *Panel) solid(layer Object) Object {
	if p.hollow() {
		layer["transform"] = []any{Object{"filter": "datum.hollow !== true"}}
	}
	return layer
}

// single says whether some line has one point only.
func (p *Panel) single() bool {
	for _, l := range p.Lines {
		if len(l.Points) == 1 {
			return true
		}
	}
	return false
}

// bar is a kind of bar above the data: those of one row that are certain, or that are not, and as opaque.
type bar struct {
	row       int
	uncertain bool
	opacity   float64
}

// spanLayers are the windows: a pale rectangle over the height of the data, dashed about if uncertain, and a bar above.
func (p *Panel) spanLayers(k keys) []any {
	if len(p.spans) == 0 {
		return nil
	}
	var sure, unsure []any
	counted := slices.ContainsFunc(p.spans, func(s span) bool { return s.Of > 0 })
	bars := make(map[bar][]any)
	for _, s := range p.spans {
		row := Object{
			"window": s.name, "from": Round(s.From), "to": Round(s.To),
			"middle": Round(p.X.At((p.X.Place(s.From) + p.X.Place(s.To)) / 2)),
		}
		if counted {
			row["opacity"] = Round(s.fillOpacity())
		}
		if s.Of > 0 {
			row["seeds"] = fmt.Sprintf("%d of %d", s.Open, s.Of)
		}
		key := bar{s.row, s.Uncertain, s.barOpacity()}
		bars[key] = append(bars[key], row)
		if s.Uncertain {
			unsure = append(unsure, row)
		} else {
			sure = append(sure, row)
		}
	}
	tips := []any{
		Tip("window", "window", "nominal", ""), Tip("from", "from "+p.X.Label, "quantitative", ""),
		Tip("to", "to "+p.X.Label, "quantitative", ""),
	}
	if counted {
		tips = append(tips, Tip("seeds", "open in seeds", "nominal", ""))
	}
	layer := func(list []any, mark Object) Object {
		mark["type"] = "rect"
		encoding := Object{"x": p.X.Quantity("from"), "x2": Object{"field": "to"}, "fill": k.fill, "tooltip": tips}
		if counted {
			encoding["fillOpacity"] = Object{"field": "opacity", "type": "quantitative", "scale": nil, "legend": nil}
		}
		return Object{"data": Values(list...), "mark": mark, "encoding": encoding}
	}
	var layers []any
	if len(sure) > 0 {
		layers = append(layers, layer(sure, Object{"fillOpacity": 0.12}))
	}
	if len(unsure) > 0 {
		layers = append(layers, layer(unsure, Object{
			"fillOpacity": 0.06, "stroke": Hex(Grey), "strokeWidth": 1.0, "strokeDash": []any{3.0, 3.0},
		}))
	}
	for _, s := range p.spans {
		key := bar{s.row, s.Uncertain, s.barOpacity()}
		opacity := key.opacity
		list := bars[key]
		if len(list) == 0 {
			continue // written with the first of them
		}
		delete(bars, key)
		if s.Uncertain {
			opacity *= 0.4
		}
		layers = append(layers, Object{
			"data": Values(list...),
			"mark": Object{
				"type": "rule", "color": Hex(s.Color), "opacity": opacity, "strokeWidth": barHeight,
				"strokeDash": pattern(s.Dash),
			},
			"encoding": Object{
				"x": p.X.Quantity("from"), "x2": Object{"field": "to"}, "tooltip": tips,
				"y": Object{"value": -float64(s.row+1)*(barHeight+barGap) + barHeight/2},
			},
		})
		if !s.Uncertain {
			layers = append(layers, Object{
				"data": Values(list...),
				"mark": Object{
					"type": "point", "shape": s.Marker, "filled": true, "color": Hex(s.Color), "stroke": Hex(White),
					"size": 45.0, "opacity": 1.0,
				},
				"encoding": Object{
					"x": p.X.Quantity("middle"),
					"y": Object{"value": -float64(s.row+1)*(barHeight+barGap) + barHeight/2},
				},
			})
		}
	}
	return layers
}

// markLayers are the marks: for each row of texts, lines up to it and the texts.
func (p *Panel) markLayers(f frame) []any {
	rows := make([][]any, rowsOf(f.Marks)+1) // the last row: marks without a text
	for i, m := range f.Marks {
		r := m.row
		if m.Text == "" {
			r = len(rows) - 1
		}
		rows[r] = append(rows[r], Object{
			"x": Round(p.marks[i].X), "text": m.Text, "full": p.marks[i].Text,
			"start": Round(p.X.At(m.Start / f.Width)),
		})
	}
	var layers []any
	for r, list := range rows {
		if len(list) == 0 {
			continue
		}
		y := -p.bars() - float64(r)*MarkHeight - (MarkHeight - 3)
		if r == len(rows)-1 {
			y = -p.bars()
		}
		tips := []any{Tip("full", "mark", "nominal", ""), Tip("x", p.X.Label, "quantitative", "")}
		layers = append(layers, Object{
			"data": Values(list...),
			"mark": Object{"type": "rule", "color": Hex(Grey), "strokeDash": []any{4.0, 2.0}},
			"encoding": Object{
				"x": p.X.Quantity("x"), "y": Object{"value": Round(f.Height)}, "y2": Object{"value": y},
				"tooltip": tips,
			},
		})
		if r == len(rows)-1 {
			continue
		}
		layers = append(layers, Object{
			"data": Values(list...),
			"mark": Object{
				"type": "text", "align": "left", "baseline": "middle", "dx": 3.0, "fontSize": float64(SmallSize),
				"color": Hex(Grey),
			},
			"encoding": Object{
				"x": p.X.Quantity("start"), "y": Object{"value": y + 4.5},
				"text": Object{"field": "text", "type": "nominal"}, "tooltip": tips,
			},
		})
	}
	return layers
}
