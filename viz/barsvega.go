package viz

import (
	"slices"
	"strings"
)

// barsSpec writes a figure of bars as Vega-Lite, with the axis and colours of the picture. Where a name has bars of several
// modalities, each modality has its place among them.
func barsSpec(f BarsFigure, at rowsOfBars) map[string]any {
	begin := at.begin(f)
	rows := []any{}
	for i, b := range f.Bars {
		row := object{"name": b.Name, "modality": b.Modality}
		if b.Missing != "" {
			row["missing"] = b.Missing
			if h := at.holes[i]; len(h.lines) > 0 {
				row["reason"], row["reasonAt"] = strings.Join(h.lines, "\n"), round(at.axis.at((h.x-at.at.x)/at.long))
			}
		} else {
			row["value"] = round(b.Value)
		}
		if v, ok := f.printed(b); ok {
			row["printed"] = round(v)
		}
		if b.SE > 0 {
			row["se"], row["low"], row["high"] = round(b.SE), round(lower(b.Value, b.SE, f.Log)), round(b.Value+b.SE)
		}
		rows = append(rows, row)
	}
	names, modalities, colors := []any{}, []any{}, []any{}
	for _, n := range f.names() {
		names = append(names, n)
	}
	st := f.styles()
	for _, m := range f.modalities() {
		modalities, colors = append(modalities, m), append(colors, hex(st.look("", m).color))
	}
	format := ".4~g"
	if f.Percent {
		format = ".2%"
	}
	tips := []any{tip("name", "name", "nominal", ""), tip("modality", "modality", "nominal", ""), tip("value", f.Label, "quantitative", format)}
	errors := slices.ContainsFunc(f.Bars, func(b Bar) bool { return b.SE > 0 })
	if errors {
		tips = append(tips, tip("se", f.spreadName(), "quantitative", ".2~g"))
	}
	missing := slices.ContainsFunc(f.Bars, func(b Bar) bool { return b.Missing != "" })
	if missing {
		tips = append(tips, tip("missing", "no value", "nominal", ""))
	}
	if len(f.Printed) > 0 {
		tips = append(tips, tip("printed", f.PrintedName, "quantitative", format))
	}
	encoding := func(x, x2, color object) object {
		o := object{
			"x": x, "tooltip": tips,
			"y": object{
				"field": "name", "type": "nominal", "title": nil, "sort": nil, "scale": object{"domain": names, "paddingInner": 0.25},
				"axis": object{"labelLimit": widestBar, "ticks": false, "domain": false},
			},
		}
		if len(names) < len(f.Bars) {
			o["yOffset"] = object{"field": "modality", "type": "nominal", "sort": nil, "scale": object{"domain": modalities}}
		}
		if x2 != nil {
			o["x2"] = x2
		}
		if color != nil {
			o["color"] = color
		}
		return o
	}
	key := object{"field": "modality", "type": "nominal", "scale": object{"domain": modalities, "range": colors}, "legend": nil}
	if len(modalities) > 1 || modalities[0] != "" {
		key["legend"] = object{"title": nil, "orient": "bottom", "symbolOpacity": 1.0}
	}
	value, start := at.axis.quantity("value"), object{"datum": round(begin)}
	value["stack"] = nil
	var layers []any
	mark := object{"type": "bar", "opacity": barShade}
	if f.Log {
		mark = object{"type": "rule", "strokeWidth": 1.2, "opacity": 0.45}
	}
	layers = append(layers, object{
		"transform": []any{object{"filter": "isValid(datum.value)"}}, "mark": mark, "encoding": encoding(value, start, key),
	})
	if errors {
		rules := []object{{"color": hex(white), "strokeWidth": 3.2}, {"color": hex(ink), "strokeWidth": 1.2}}
		if f.Log {
			rules = rules[1:] // no bar is behind it
		}
		for _, rule := range rules {
			rule["type"] = "rule"
			layers = append(layers, object{
				"transform": []any{object{"filter": "isValid(datum.high)"}},
				"mark":      rule, "encoding": encoding(at.axis.quantity("low"), object{"field": "high"}, nil),
			})
		}
	}
	if f.Log {
		layers = append(layers, object{
			"mark": object{"type": "point", "filled": true, "size": 50.0, "opacity": 1.0}, "encoding": encoding(value, nil, key),
		})
	}
	if missing {
		reason := encoding(at.axis.quantity("reasonAt"), nil, nil)
		reason["text"] = object{"field": "reason", "type": "nominal"}
		layers = append(layers, object{
			"transform": []any{object{"filter": "isValid(datum.reason)"}},
			"mark":      reasonMark(), "encoding": reason,
		})
	}
	if len(f.Printed) > 0 {
		layers = append(layers, object{
			"transform": []any{object{"filter": "isValid(datum.printed)"}},
			"mark": object{
				"type": "point", "shape": "diamond", "filled": true, "fill": hex(white), "stroke": hex(ink), "strokeWidth": 1.6, "size": 50.0, "opacity": 1.0,
			},
			"encoding": encoding(at.axis.quantity("printed"), nil, nil),
		})
	}
	var notes []string
	for _, e := range f.legend() {
		switch {
		case e.note():
			notes = append(notes, e.text)
		case e.vega != "":
			notes = append(notes, e.vega+": "+e.text)
		}
	}
	return finish(object{
		"width": round(at.long), "height": at.tall, "data": values(rows...), "layer": layers,
	}, f.Title, notes...)
}

// reasonMark writes a reason from the left end of its place.
func reasonMark() object {
	return object{
		"type": "text", "align": "left", "baseline": "middle", "lineBreak": "\n", "lineHeight": reasonLine, "color": hex(grey), "fontSize": float64(smallSize),
	}
}
