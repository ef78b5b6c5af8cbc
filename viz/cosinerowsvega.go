package viz

import (
	"github.com/primewindow/primewindow/viz/page"
)

// rowsView writes the rows under a matrix as a view of their own, with the marks of the picture.
func (p CosinePanel) rowsView(side float64) page.Object {
	a := p.rowAxis(side)
	names, rows := []any{}, []any{}
	tips := []any{page.Tip("row", "row", "nominal", "")}
	var layers []any
	some := func(field string) bool {
		for _, r := range rows {
			if _, ok := r.(page.Object)[field]; ok {
				return true
			}
		}
		return false
	}
	for _, r := range p.Rows {
		names = append(names, r.Name)
		row := page.Object{"row": r.Name}
		if given(r.Mean) {
			low, high := spread(r.Mean, r.SD)
			row["mean"], row["low"], row["high"] = page.Round(r.Mean), page.Round(low), page.Round(high)
		}
		if given(r.Expected) {
			row["expected"] = page.Round(r.Expected)
		}
		if v := r.verdict(); v != "" {
			row["verdict"] = v
		}
		rows = append(rows, row)
	}
	if b := p.Baseline; b.given() {
		low, high := spread(b.Mean, b.SD)
		names = append(names, b.name())
		rows = append(
			rows,
			page.Object{
				"row": b.name(), "baseline": page.Round(b.Mean), "from": page.Round(low), "to": page.Round(high),
			},
		)
	}
	for _, field := range []struct{ name, title, kind, format string }{
		{"mean", "mean", "quantitative", ".4f"},
		{"expected", "noise alone predicts", "quantitative", ".4f"},
		{"verdict", "verdict", "nominal", ""},
		{"baseline", "baseline", "quantitative", ".4f"},
	} {
		if some(field.name) {
			tips = append(tips, page.Tip(field.name, field.title, field.kind, field.format))
		}
	}
	y := page.Object{
		"field": "row", "type": "nominal", "title": nil, "sort": nil, "scale": page.Object{"domain": names},
		"axis": page.Object{"labelLimit": widestStrip, "ticks": false, "domain": false},
	}
	layer := func(field, to string, mark page.Object) {
		if !some(field) {
			return
		}
		encoding := page.Object{"x": a.Quantity(field), "y": y, "tooltip": tips}
		if to != "" {
			encoding["x2"] = page.Object{"field": to}
		}
		layers = append(layers, page.Object{
			"transform": []any{page.Object{"filter": "isValid(datum." + field + ")"}}, "mark": mark,
			"encoding": encoding,
		})
	}
	layers = append(layers, page.Object{
		"data":     page.Values(page.Object{"zero": 0.0}),
		"mark":     page.Object{"type": "rule", "color": page.Hex(page.Grey)},
		"encoding": page.Object{"x": a.Quantity("zero")},
	})
	layer("from", "to", page.Object{"type": "bar", "color": page.Hex(masked), "height": 12.0})
	layer(
		"baseline", "",
		page.Object{"type": "tick", "color": page.Hex(page.Grey), "opacity": 1.0, "thickness": 1.2, "height": 12.0},
	)
	layer(
		"expected", "",
		page.Object{"type": "tick", "color": page.Hex(prediction), "opacity": 1.0, "thickness": 2.4, "height": 16.0},
	)
	layer("low", "high", page.Object{"type": "rule", "color": page.Hex(page.Ink), "strokeWidth": 1.6})
	layer(
		"mean", "",
		page.Object{"type": "point", "filled": true, "color": page.Hex(page.Ink), "opacity": 1.0, "size": 45.0},
	)
	return page.Object{
		"width": side, "height": float64(p.rows()) * stripHeight, "data": page.Values(rows...), "layer": layers,
	}
}
