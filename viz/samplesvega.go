package viz

// sheetChart is the width of a chart of values in CSS pixels.
const sheetChart = 480.0

// samplesSpec writes a contact sheet as Vega-Lite: for each row a chart of its values by sample.
func samplesSpec(f SamplesFigure) map[string]any {
	modalities := make([]Series, len(f.Rows))
	for i, r := range f.Rows {
		modalities[i].Modality = r.Name
	}
	st := newStyles(nil, modalities)
	views := make([]any, len(f.Rows))
	for i, r := range f.Rows {
		views[i] = f.view(r, hex(st.look("", r.Name).color))
	}
	return finish(object{"vconcat": views}, f.Title, "values by sample; the pictures are in the PNG alone")
}

// view writes the values of one row. Samples go by their IDs, in the order of the pictures.
func (f SamplesFigure) view(r SampleRow, fill string) object {
	names, rows := make([]any, len(r.Samples)), make([]any, len(r.Samples))
	bars := BarsFigure{Label: f.Value}
	for i, s := range r.Samples {
		names[i] = s.ID
		rows[i] = object{"id": s.ID, "label": s.Label, "value": round(s.Value)}
		bars.Bars = append(bars.Bars, Bar{Value: s.Value})
	}
	a := bars.axis()
	a.setTicksAlong(sheetChart)
	value := a.quantity("value")
	value["stack"] = nil
	return object{
		"title": object{"text": r.Name, "limit": sheetChart, "anchor": "start", "frame": "group", "fontSize": float64(labelSize)},
		"width": sheetChart, "height": float64(len(r.Samples)) * rowHeight, "data": values(rows...),
		"mark": object{"type": "bar", "color": fill, "opacity": barShade},
		"encoding": object{
			"x": value, "x2": object{"datum": 0.0},
			"y": object{
				"field": "id", "type": "nominal", "title": nil, "sort": nil, "scale": object{"domain": names},
				"axis": object{"labelLimit": widestBar, "ticks": false, "domain": false},
			},
			"tooltip": []any{tip("id", "sample", "nominal", ""), tip("label", "label", "nominal", ""), tip("value", f.Value, "quantitative", ".4~g")},
		},
	}
}
