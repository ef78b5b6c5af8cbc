package viz

// rowsView writes the rows under a matrix as a view of their own, with the marks of the picture.
func (p CosinePanel) rowsView(side float64) object {
	a := p.rowAxis(side)
	names, rows := []any{}, []any{}
	tips := []any{tip("row", "row", "nominal", "")}
	var layers []any
	some := func(field string) bool {
		for _, r := range rows {
			if _, ok := r.(object)[field]; ok {
				return true
			}
		}
		return false
	}
	for _, r := range p.Rows {
		names = append(names, r.Name)
		row := object{"row": r.Name}
		if given(r.Mean) {
			low, high := spread(r.Mean, r.SD)
			row["mean"], row["low"], row["high"] = round(r.Mean), round(low), round(high)
		}
		if given(r.Expected) {
			row["expected"] = round(r.Expected)
		}
		if v := r.verdict(); v != "" {
			row["verdict"] = v
		}
		rows = append(rows, row)
	}
	if b := p.Baseline; b.given() {
		low, high := spread(b.Mean, b.SD)
		names = append(names, b.name())
		rows = append(rows, object{"row": b.name(), "baseline": round(b.Mean), "from": round(low), "to": round(high)})
	}
	for _, field := range []struct{ name, title, kind, format string }{
		{"mean", "mean", "quantitative", ".4f"},
		{"expected", "noise alone predicts", "quantitative", ".4f"},
		{"verdict", "verdict", "nominal", ""},
		{"baseline", "baseline", "quantitative", ".4f"},
	} {
		if some(field.name) {
			tips = append(tips, tip(field.name, field.title, field.kind, field.format))
		}
	}
	y := object{
		"field": "row", "type": "nominal", "title": nil, "sort": nil, "scale": object{"domain": names},
		"axis": object{"labelLimit": widestStrip, "ticks": false, "domain": false},
	}
	layer := func(field, to string, mark object) {
		if !some(field) {
			return
		}
		encoding := object{"x": a.quantity(field), "y": y, "tooltip": tips}
		if to != "" {
			encoding["x2"] = object{"field": to}
		}
		layers = append(layers, object{
			"transform": []any{object{"filter": "isValid(datum." + field + ")"}}, "mark": mark, "encoding": encoding,
		})
	}
	layers = append(layers, object{
		"data": values(object{"zero": 0.0}),
		"mark": object{"type": "rule", "color": hex(grey)}, "encoding": object{"x": a.quantity("zero")},
	})
	layer("from", "to", object{"type": "bar", "color": hex(masked), "height": 12.0})
	layer("baseline", "", object{"type": "tick", "color": hex(grey), "opacity": 1.0, "thickness": 1.2, "height": 12.0})
	layer("expected", "", object{"type": "tick", "color": hex(prediction), "opacity": 1.0, "thickness": 2.4, "height": 16.0})
	layer("low", "high", object{"type": "rule", "color": hex(ink), "strokeWidth": 1.6})
	layer("mean", "", object{"type": "point", "filled": true, "color": hex(ink), "opacity": 1.0, "size": 45.0})
	return object{
		"width": side, "height": float64(p.rows()) * stripHeight, "data": values(rows...), "layer": layers,
	}
}
