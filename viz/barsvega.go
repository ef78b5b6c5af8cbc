package viz

import (
	"slices"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
)

// barsSpec writes a figure of bars as Vega-Lite, with the axis and colours of the picture. Where a name has bars of
// several modalities, each modality has its place among them.
func barsSpec(f BarsFigure, at rowsOfBars) map[string]any {
	begin := at.begin(f)
	rows := []any{}
	for i, b := range f.Bars {
		row := page.Object{"name": b.Name, "modality": b.Modality}
		if b.Missing != "" {
			row["missing"] = b.Missing
			if h := at.holes[i]; len(h.Lines) > 0 {
				row["reason"], row["reasonAt"] = strings.Join(h.Lines, "\n"),
					page.Round(at.axis.At((h.X-at.at.X)/at.long))
			}
		} else {
			row["value"] = page.Round(b.Value)
		}
		if v, ok := f.printed(b); ok {
			row["printed"] = page.Round(v)
		}
		if b.SE > 0 {
			row["se"], row["low"], row["high"] = page.Round(b.SE), page.Round(page.Lower(b.Value, b.SE, f.Log)),
				page.Round(b.Value+b.SE)
		}
		rows = append(rows, row)
	}
	names, modalities, colors := []any{}, []any{}, []any{}
	for _, n := range f.names() {
		names = append(names, n)
	}
	st := f.styles()
	for _, m := range f.modalities() {
		modalities, colors = append(modalities, m), append(colors, page.Hex(st.Look("", m).Color))
	}
	format := ".4~g"
	if f.Percent {
		format = ".2%"
	}
	tips := []any{
		page.Tip("name", "name", "nominal", ""), page.Tip("modality", "modality", "nominal", ""),
		page.Tip("value", f.Label, "quantitative", format),
	}
	errors := slices.ContainsFunc(f.Bars, func(b Bar) bool { return b.SE > 0 })
	if errors {
		tips = append(tips, page.Tip("se", f.spreadName(), "quantitative", ".2~g"))
	}
	missing := slices.ContainsFunc(f.Bars, func(b Bar) bool { return b.Missing != "" })
	if missing {
		tips = append(tips, page.Tip("missing", "no value", "nominal", ""))
	}
	if len(f.Printed) > 0 {
		tips = append(tips, page.Tip("printed", f.PrintedName, "quantitative", format))
	}
	encoding := func(x, x2, color page.Object) page.Object {
		o := page.Object{
			"x": x, "tooltip": tips,
			"y": page.Object{
				"field": "name", "type": "nominal", "title": nil, "sort": nil,
				"scale": page.Object{"domain": names, "paddingInner": 0.25},
				"axis":  page.Object{"labelLimit": widestBar, "ticks": false, "domain": false},
			},
		}
		if len(names) < len(f.Bars) {
			o["yOffset"] = page.Object{
				"field": "modality", "type": "nominal", "sort": nil, "scale": page.Object{"domain": modalities},
			}
		}
		if x2 != nil {
			o["x2"] = x2
		}
		if color != nil {
			o["color"] = color
		}
		return o
	}
	key := page.Object{
		"field": "modality", "type": "nominal", "scale": page.Object{"domain": modalities, "range": colors},
		"legend": nil,
	}
	if len(modalities) > 1 || modalities[0] != "" {
		key["legend"] = page.Object{"title": nil, "orient": "bottom", "symbolOpacity": 1.0}
	}
	value, start := at.axis.Quantity("value"), page.Object{"datum": page.Round(begin)}
	value["stack"] = nil
	var layers []any
	mark := page.Object{"type": "bar", "opacity": barShade}
	if f.Log {
		mark = page.Object{"type": "rule", "strokeWidth": 1.2, "opacity": 0.45}
	}
	layers = append(layers, page.Object{
		"transform": []any{page.Object{"filter": "isValid(datum.value)"}}, "mark": mark,
		"encoding": encoding(value, start, key),
	})
	if errors {
		rules := []page.Object{
			{"color": page.Hex(page.White), "strokeWidth": 3.2}, {"color": page.Hex(page.Ink), "strokeWidth": 1.2},
		}
		if f.Log {
			rules = rules[1:] // no bar is behind it
		}
		for _, rule := range rules {
			rule["type"] = "rule"
			layers = append(layers, page.Object{
				"transform": []any{page.Object{"filter": "isValid(datum.high)"}},
				"mark":      rule, "encoding": encoding(at.axis.Quantity("low"), page.Object{"field": "high"}, nil),
			})
		}
	}
	if f.Log {
		layers = append(layers, page.Object{
			"mark":     page.Object{"type": "point", "filled": true, "size": 50.0, "opacity": 1.0},
			"encoding": encoding(value, nil, key),
		})
	}
	if missing {
		reason := encoding(at.axis.Quantity("reasonAt"), nil, nil)
		reason["text"] = page.Object{"field": "reason", "type": "nominal"}
		layers = append(layers, page.Object{
			"transform": []any{page.Object{"filter": "isValid(datum.reason)"}},
			"mark":      reasonMark(), "encoding": reason,
		})
	}
	if len(f.Printed) > 0 {
		layers = append(layers, page.Object{
			"transform": []any{page.Object{"filter": "isValid(datum.printed)"}},
			"mark": page.Object{
				"type": "point", "shape": "diamond", "filled": true, "fill": page.Hex(page.White),
				"stroke": page.Hex(page.Ink), "strokeWidth": 1.6, "size": 50.0, "opacity": 1.0,
			},
			"encoding": encoding(at.axis.Quantity("printed"), nil, nil),
		})
	}
	var notes []string
	for _, e := range f.legend() {
		switch {
		case e.Note():
			notes = append(notes, e.Text)
		case e.Vega != "":
			notes = append(notes, e.Vega+": "+e.Text)
		}
	}
	return page.Finish(page.Object{
		"width": page.Round(at.long), "height": at.tall, "data": page.Values(rows...), "layer": layers,
	}, f.Title, notes...)
}

// reasonMark writes a reason from the left end of its place.
func reasonMark() page.Object {
	return page.Object{
		"type": "text", "align": "left", "baseline": "middle", "lineBreak": "\n", "lineHeight": page.ReasonLine,
		"color": page.Hex(page.Grey), "fontSize": float64(page.SmallSize),
	}
}
