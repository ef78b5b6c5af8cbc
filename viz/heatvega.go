package viz

import (
	"math"

	"github.com/primewindow/primewindow/viz/page"
)

// cosineSpec writes a cosine figure as Vega-Lite, with the scale and sizes of the picture.
func cosineSpec(f CosineFigure, at heatmaps) map[string]any {
	views := make([]any, len(f.Panels))
	notes := []string{"grey: a gradient with itself"}
	for _, e := range at.legend {
		notes = append(notes, e.Vega+": "+e.Text)
	}
	for i, p := range f.Panels {
		views[i] = p.view(at.side, at.names[i], at.captions[i])
		if p.rows() > 0 {
			views[i] = page.Object{"vconcat": []any{views[i], p.rowsView(at.side)}, "spacing": 8.0}
		}
	}
	root := page.Object{"resolve": page.Object{"scale": page.Object{"color": "shared"}}}
	if at.across < len(views) {
		root["concat"], root["columns"] = views, float64(at.across)
	} else {
		root["hconcat"] = views
	}
	return page.Finish(root, f.Title, append(notes, at.notes...)...)
}

// onDiagonal is Vega's test for the cells that are masked.
const onDiagonal = "datum.row === datum.column"

// view writes one matrix. Rows and columns go by their labels, in the order they came.
func (p CosinePanel) view(side float64, name, caption []string) page.Object {
	rows := []any{}
	for r, row := range p.Matrix {
		for c, v := range row {
			rows = append(rows, page.Object{"row": p.Labels[r], "column": p.Labels[c], "cosine": page.Round(v)})
		}
	}
	names := make([]any, len(p.Labels))
	for i, l := range p.Labels {
		names[i] = l
	}
	place := func(field string, which []int, angle float64) page.Object {
		values := make([]any, len(which))
		for i, w := range which {
			values[i] = p.Labels[w]
		}
		return page.Object{
			"field": field, "type": "nominal", "title": "batch", "sort": nil, "scale": page.Object{"domain": names},
			"axis": page.Object{
				"values": values, "labelAngle": angle, "labelLimit": widestLabel, "grid": false, "ticks": false,
				"domain": false,
			},
		}
	}
	x, y := place("column", p.columnsShown(side), 0), place("row", p.rowsShown(side), 0)
	seam := 0.0
	if side/float64(len(p.Matrix)) >= 8 {
		seam = 1
	}
	color := heatKey(side)
	color["condition"] = page.Object{"test": onDiagonal, "value": page.Hex(masked)}
	layers := []any{page.Object{
		"mark": page.Object{"type": "rect", "stroke": "white", "strokeWidth": seam},
		"encoding": page.Object{
			"x": x, "y": y, "color": color,
			"tooltip": []any{
				page.Tip("row", "row", "nominal", ""), page.Tip("column", "column", "nominal", ""),
				page.Tip("cosine", "cosine", "quantitative", ".4f"),
			},
		},
	}}
	if n := len(p.Matrix); n <= mostWritten && side/float64(n) >= leastWritten {
		layers = append(layers, page.Object{
			"transform": []any{page.Object{"filter": "!(" + onDiagonal + ")"}},
			"mark":      page.Object{"type": "text", "fontSize": float64(page.SmallSize)},
			"encoding": page.Object{
				"x": x, "y": y, "text": page.Object{"field": "cosine", "type": "quantitative", "format": ".2f"},
				"color": page.Object{
					"condition": page.Object{"test": "abs(datum.cosine) > 0.55", "value": page.Hex(page.White)},
					"value":     page.Hex(page.Ink),
				},
			},
		})
	}
	return page.Object{
		"title": page.Object{
			"text": page.TextOf(name), "subtitle": page.TextOf(caption), "anchor": "start", "frame": "group",
			"fontSize": float64(page.LabelSize),
		},
		"width": side, "height": math.Round(side), "data": page.Values(rows...), "layer": layers,
	}
}

// heatKey is the scale of cosines, fixed from -1 to 1.
func heatKey(side float64) page.Object {
	domain, colors := []any{}, []any{}
	for i, c := range ramp {
		domain = append(domain, 2*float64(i)/float64(len(ramp)-1)-1)
		colors = append(colors, page.Hex(c))
	}
	return page.Object{
		"field": "cosine", "type": "quantitative",
		"scale":  page.Object{"domain": domain, "range": colors, "clamp": true},
		"legend": page.Object{"title": "cosine", "gradientLength": side, "values": domain},
	}
}
