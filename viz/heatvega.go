package viz

import "math"

// cosineSpec writes a cosine figure as Vega-Lite, with the scale and sizes of the picture.
func cosineSpec(f CosineFigure, at heatmaps) map[string]any {
	views := make([]any, len(f.Panels))
	notes := []string{"grey: a gradient with itself"}
	for _, e := range at.legend {
		notes = append(notes, e.vega+": "+e.text)
	}
	for i, p := range f.Panels {
		views[i] = p.view(at.side, at.names[i], at.captions[i])
		if p.rows() > 0 {
			views[i] = object{"vconcat": []any{views[i], p.rowsView(at.side)}, "spacing": 8.0}
		}
	}
	root := object{"resolve": object{"scale": object{"color": "shared"}}}
	if at.across < len(views) {
		root["concat"], root["columns"] = views, float64(at.across)
	} else {
		root["hconcat"] = views
	}
	return finish(root, f.Title, append(notes, at.notes...)...)
}

// onDiagonal is Vega's test for the cells that are masked.
const onDiagonal = "datum.row === datum.column"

// view writes one matrix. Rows and columns go by their labels, in the order they came.
func (p CosinePanel) view(side float64, name, caption []string) object {
	rows := []any{}
	for r, row := range p.Matrix {
		for c, v := range row {
			rows = append(rows, object{"row": p.Labels[r], "column": p.Labels[c], "cosine": round(v)})
		}
	}
	names := make([]any, len(p.Labels))
	for i, l := range p.Labels {
		names[i] = l
	}
	place := func(field string, which []int, angle float64) object {
		values := make([]any, len(which))
		for i, w := range which {
			values[i] = p.Labels[w]
		}
		return object{
			"field": field, "type": "nominal", "title": "batch", "sort": nil, "scale": object{"domain": names},
			"axis": object{"values": values, "labelAngle": angle, "labelLimit": widestLabel, "grid": false, "ticks": false, "domain": false},
		}
	}
	x, y := place("column", p.columnsShown(side), 0), place("row", p.rowsShown(side), 0)
	seam := 0.0
	if side/float64(len(p.Matrix)) >= 8 {
		seam = 1
	}
	color := heatKey(side)
	color["condition"] = object{"test": onDiagonal, "value": hex(masked)}
	layers := []any{object{
		"mark": object{"type": "rect", "stroke": "white", "strokeWidth": seam},
		"encoding": object{
			"x": x, "y": y, "color": color,
			"tooltip": []any{tip("row", "row", "nominal", ""), tip("column", "column", "nominal", ""), tip("cosine", "cosine", "quantitative", ".4f")},
		},
	}}
	if n := len(p.Matrix); n <= mostWritten && side/float64(n) >= leastWritten {
		layers = append(layers, object{
			"transform": []any{object{"filter": "!(" + onDiagonal + ")"}},
			"mark":      object{"type": "text", "fontSize": float64(smallSize)},
			"encoding": object{
				"x": x, "y": y, "text": object{"field": "cosine", "type": "quantitative", "format": ".2f"},
				"color": object{"condition": object{"test": "abs(datum.cosine) > 0.55", "value": hex(white)}, "value": hex(ink)},
			},
		})
	}
	return object{
		"title": object{
			"text": textOf(name), "subtitle": textOf(caption), "anchor": "start", "frame": "group", "fontSize": float64(labelSize),
		},
		"width": side, "height": math.Round(side), "data": values(rows...), "layer": layers,
	}
}

// heatKey is the scale of cosines, fixed from -1 to 1.
func heatKey(side float64) object {
	domain, colors := []any{}, []any{}
	for i, c := range ramp {
		domain = append(domain, 2*float64(i)/float64(len(ramp)-1)-1)
		colors = append(colors, hex(c))
	}
	return object{
		"field": "cosine", "type": "quantitative",
		"scale":  object{"domain": domain, "range": colors, "clamp": true},
		"legend": object{"title": "cosine", "gradientLength": side, "values": domain},
	}
}
