package viz

import (
	"github.com/primewindow/primewindow/viz/page"
)

// sheetChart is the width of a chart of values in CSS pixels.
const sheetChart = 480.0

// samplesSpec writes a contact sheet as Vega-Lite: for each row a chart of its values by sample.
func samplesSpec(f SamplesFigure) map[string]any {
	modalities := make([]Series, len(f.Rows))
	for i, r := range f.Rows {
		modalities[i].Modality = r.Name
	}
	st := page.NewStyles(nil, modalities)
	views := make([]any, len(f.Rows))
	for i, r := range f.Rows {
		views[i] = f.view(r, page.Hex(st.Look("", r.Name).Color))
	}
	return page.Finish(page.Object{"vconcat": views}, f.Title, "values by sample; the pictures are in the PNG alone")
}

// view writes the values of one row. Samples go by their IDs, in the order of the pictures.
func (f SamplesFigure) view(r SampleRow, fill string) page.Object {
	names, rows := make([]any, len(r.Samples)), make([]any, len(r.Samples))
	bars := BarsFigure{Label: f.Value}
	for i, s := range r.Samples {
		names[i] = s.ID
		rows[i] = page.Object{"id": s.ID, "label": s.Label, "value": page.Round(s.Value)}
		bars.Bars = append(bars.Bars, Bar{Value: s.Value})
	}
	a := bars.axis()
	a.SetTicksAlong(sheetChart)
	value := a.Quantity("value")
	value["stack"] = nil
	return page.Object{
		"title": page.Object{
			"text": r.Name, "limit": sheetChart, "anchor": "start", "frame": "group",
			"fontSize": float64(page.LabelSize),
		},
		"width": sheetChart, "height": float64(len(r.Samples)) * page.RowHeight, "data": page.Values(rows...),
		"mark": page.Object{"type": "bar", "color": fill, "opacity": barShade},
		"encoding": page.Object{
			"x": value, "x2": page.Object{"datum": 0.0},
			"y": page.Object{
				"field": "id", "type": "nominal", "title": nil, "sort": nil, "scale": page.Object{"domain": names},
				"axis": page.Object{"labelLimit": widestBar, "ticks": false, "domain": false},
			},
			"tooltip": []any{
				page.Tip("id", "sample", "nominal", ""), page.Tip("label", "label", "nominal", ""),
				page.Tip("value", f.Value, "quantitative", ".4~g"),
			},
		},
	}
}
