package viz

import (
	"fmt"
	"slices"
)

// view writes a panel as one layered view. What is written first lies lowest.
func (p *panel) view(k keys, f frame) object {
	var layers []any
	layers = append(layers, p.spanLayers(k)...)
	if p.rule.Text != "" {
		layers = append(layers, object{
			"data":     values(object{"y": round(p.rule.Y), "note": p.ruleNote()}),
			"mark":     object{"type": "rule", "color": hex(grey), "strokeDash": []any{4.0, 3.0}, "strokeWidth": 1.2},
			"encoding": object{"y": p.y.quantity("y"), "tooltip": []any{tip("note", "line", "nominal", "")}},
		})
	}
	layers = append(layers, p.lineLayers(k)...)
	layers = append(layers, p.markLayers(f)...)
	v := object{"width": round(f.width), "height": round(f.height), "layer": layers}
	if p.title != "" {
		v["title"] = object{"text": textOf(f.title), "anchor": "start", "frame": "group", "fontSize": float64(labelSize), "offset": round(f.header - nameHeight - moreLines(f.title) - p.bars() + 4)}
	}
	return v
}

func values(rows ...any) object { return object{"values": rows} }

// rowsOfLines are the data of a panel's lines: what is drawn, each point with its name.
func (p *panel) rowsOfLines() []any {
	rows := []any{}
	for i := range p.lines {
		l := &p.lines[i]
		for k, at := range l.kept {
			pt := l.Points[at]
			row := object{"series": l.Name, "x": round(pt.X), "y": round(pt.Y)}
			if pt.SE > 0 {
				row["se"], row["low"], row["high"] = round(pt.SE), round(p.lower(pt)), round(pt.Y+pt.SE)
			}
			if l.Hollow {
				row["hollow"] = true
			}
			if p.smoothed() {
				row["mean"] = round(l.y(at))
			}
			if l.marked[k] {
				row["marked"] = true
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (p *panel) smoothed() bool {
	for _, l := range p.lines {
		if l.mean != nil {
			return true
		}
	}
	return false
}

// errors says whether any line has standard errors.
func (p *panel) errors() bool {
	for _, l := range p.lines {
		for _, pt := range l.Points {
			if pt.SE > 0 {
				return true
			}
		}
	}
	return false
}

// lineLayers are bands, lines and markers over one table of data. A point without a marker still answers to the pointer.
func (p *panel) lineLayers(k keys) []any {
	x, y := p.x.quantity("x"), p.y.quantity("y")
	tips := []any{
		tip("series", "series", "nominal", ""), tip("x", p.x.label, "quantitative", ""),
		tip("y", p.y.label, "quantitative", ".4~g"),
	}
	if p.y.percent {
		tips[2] = tip("y", p.y.label, "quantitative", ".2%")
	}
	var layers []any
	if p.errors() {
		band := "standard error"
		if p.band != "" {
			band = p.band
		}
		tips = append(tips, tip("se", band, "quantitative", ".2~g"))
		low, along := p.y.quantity("low"), p.x.quantity("x")
		low["stack"], along["stack"] = false, false // a band is no share of a whole
		only := []any{object{"filter": "isValid(datum.high)"}}
		layers = append(layers, object{
			"transform": only, "mark": object{"type": "area", "opacity": 0.18, "line": false},
			"encoding": object{"x": along, "y": low, "y2": object{"field": "high"}, "color": k.color},
		})
		if p.single() {
			layers = append(layers, object{
				"transform": only, "mark": object{"type": "rule", "strokeWidth": 1.2},
				"encoding": object{"x": x, "y": low, "y2": object{"field": "high"}, "color": k.color},
			})
		}
	}
	bold, width := y, 1.8
	if p.smoothed() {
		layers = append(layers, p.solid(object{
			"mark":     object{"type": "line", "strokeWidth": 1.0, "opacity": pale},
			"encoding": object{"x": x, "y": y, "color": k.color},
		}))
		bold, width = p.y.quantity("mean"), 2
		tips = append(tips, tip("mean", "moving average", "quantitative", ".4~g"))
	}
	layers = append(layers, p.solid(object{
		"mark":     object{"type": "line", "strokeWidth": width},
		"encoding": object{"x": x, "y": bold, "color": k.color, "strokeDash": k.dash},
	}), p.solid(object{
		"mark": object{"type": "point", "filled": true, "size": 45.0},
		"encoding": object{
			"x": x, "y": bold, "color": k.color, "shape": k.shape, "tooltip": tips,
			"opacity": object{"condition": object{"test": "datum.marked === true", "value": 1.0}, "value": 0.0},
		},
	}))
	if p.hollow() {
		layers = append(layers, object{
			"transform": []any{object{"filter": "datum.hollow === true"}},
			"mark":      object{"type": "point", "fill": hex(white), "strokeWidth": 1.6, "size": 50.0, "opacity": 1.0},
			"encoding":  object{"x": x, "y": y, "stroke": k.color, "shape": k.shape, "tooltip": tips},
		})
	}
	return []any{object{"data": values(p.rowsOfLines()...), "layer": layers}}
}

// hollow says whether any line is hollow markers alone.
func (p *panel) hollow() bool {
	return slices.ContainsFunc(p.lines, func(l line) bool { return l.Hollow })
}

// solid is a layer without the lines that are hollow markers alone.
func (p *panel) solid(layer object) object {
	if p.hollow() {
		layer["transform"] = []any{object{"filter": "datum.hollow !== true"}}
	}
	return layer
}

// single says whether some line has one point only.
func (p *panel) single() bool {
	for _, l := range p.lines {
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
func (p *panel) spanLayers(k keys) []any {
	if len(p.spans) == 0 {
		return nil
	}
	var sure, unsure []any
	counted := slices.ContainsFunc(p.spans, func(s span) bool { return s.Of > 0 })
	bars := make(map[bar][]any)
	for _, s := range p.spans {
		row := object{"window": s.name, "from": round(s.From), "to": round(s.To), "middle": round(p.x.at((p.x.place(s.From) + p.x.place(s.To)) / 2))}
		if counted {
			row["opacity"] = round(s.fillOpacity())
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
		tip("window", "window", "nominal", ""), tip("from", "from "+p.x.label, "quantitative", ""), tip("to", "to "+p.x.label, "quantitative", ""),
	}
	if counted {
		tips = append(tips, tip("seeds", "open in seeds", "nominal", ""))
	}
	layer := func(list []any, mark object) object {
		mark["type"] = "rect"
		encoding := object{"x": p.x.quantity("from"), "x2": object{"field": "to"}, "fill": k.fill, "tooltip": tips}
		if counted {
			encoding["fillOpacity"] = object{"field": "opacity", "type": "quantitative", "scale": nil, "legend": nil}
		}
		return object{"data": values(list...), "mark": mark, "encoding": encoding}
	}
	var layers []any
	if len(sure) > 0 {
		layers = append(layers, layer(sure, object{"fillOpacity": 0.12}))
	}
	if len(unsure) > 0 {
		layers = append(layers, layer(unsure, object{
			"fillOpacity": 0.06, "stroke": hex(grey), "strokeWidth": 1.0, "strokeDash": []any{3.0, 3.0},
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
		layers = append(layers, object{
			"data": values(list...),
			"mark": object{
				"type": "rule", "color": hex(s.color), "opacity": opacity, "strokeWidth": barHeight, "strokeDash": pattern(s.dash),
			},
			"encoding": object{
				"x": p.x.quantity("from"), "x2": object{"field": "to"}, "tooltip": tips,
				"y": object{"value": -float64(s.row+1)*(barHeight+barGap) + barHeight/2},
			},
		})
		if !s.Uncertain {
			layers = append(layers, object{
				"data": values(list...),
				"mark": object{
					"type": "point", "shape": s.marker, "filled": true, "color": hex(s.color), "stroke": hex(white), "size": 45.0, "opacity": 1.0,
				},
				"encoding": object{
					"x": p.x.quantity("middle"), "y": object{"value": -float64(s.row+1)*(barHeight+barGap) + barHeight/2},
				},
			})
		}
	}
	return layers
}

// markLayers are the marks: for each row of texts, lines up to it and the texts.
func (p *panel) markLayers(f frame) []any {
	rows := make([][]any, rowsOf(f.marks)+1) // the last row: marks without a text
	for i, m := range f.marks {
		r := m.row
		if m.text == "" {
			r = len(rows) - 1
		}
		rows[r] = append(rows[r], object{
			"x": round(p.marks[i].X), "text": m.text, "full": p.marks[i].Text, "start": round(p.x.at(m.start / f.width)),
		})
	}
	var layers []any
	for r, list := range rows {
		if len(list) == 0 {
			continue
		}
		y := -p.bars() - float64(r)*markHeight - (markHeight - 3)
		if r == len(rows)-1 {
			y = -p.bars()
		}
		tips := []any{tip("full", "mark", "nominal", ""), tip("x", p.x.label, "quantitative", "")}
		layers = append(layers, object{
			"data": values(list...),
			"mark": object{"type": "rule", "color": hex(grey), "strokeDash": []any{4.0, 2.0}},
			"encoding": object{
				"x": p.x.quantity("x"), "y": object{"value": round(f.height)}, "y2": object{"value": y}, "tooltip": tips,
			},
		})
		if r == len(rows)-1 {
			continue
		}
		layers = append(layers, object{
			"data": values(list...),
			"mark": object{"type": "text", "align": "left", "baseline": "middle", "dx": 3.0, "fontSize": float64(smallSize), "color": hex(grey)},
			"encoding": object{
				"x": p.x.quantity("start"), "y": object{"value": y + 4.5}, "text": object{"field": "text", "type": "nominal"}, "tooltip": tips,
			},
		})
	}
	return layers
}
