package viz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
)

// forestSpec writes a forest as Vega-Lite, with the axis and looks of the picture.
func forestSpec(f ForestFigure, at trees) map[string]any {
	var rows, names, modalities, colors, shapes []any
	st := f.styles()
	for _, m := range f.modalities() {
		l := st.Look("", m)
		modalities, colors, shapes = append(modalities, m), append(colors, page.Hex(l.Color)), append(shapes, l.Marker)
	}
	pairs, missing, alone, intervals := false, false, false, false
	for i, r := range f.Rows {
		name := r.Name
		if r.Group != "" {
			name = r.Group + ": " + r.Name
		}
		if len(f.modalities()) > 1 && r.Modality != "" {
			name += ", " + r.Modality
		}
		names = append(names, name)
		row := page.Object{"row": name, "modality": r.Modality, "words": at.values[i]}
		switch {
		case r.Missing != "":
			row["missing"], missing = r.Missing, true
		case r.NoInterval != "":
			row["diff"], row["noInterval"], alone = page.Round(r.Diff), r.NoInterval, true
		default:
			row["diff"], row["low"], row["high"], row["clear"], intervals = page.Round(r.Diff), page.Round(r.Low),
				page.Round(r.High), r.clear(), true
		}
		if h := at.holes[i]; len(h.Lines) > 0 {
			row["reason"], row["reasonAt"] = strings.Join(h.Lines, "\n"), page.Round(at.axis.At((h.X-at.at.X)/at.long))
		}
		if r.Pairs > 0 {
			row["pairs"], pairs = float64(r.Pairs), true
		}
		rows = append(rows, row)
	}
	tips := []any{page.Tip("row", "row", "nominal", ""), page.Tip("words", "difference", "nominal", "")}
	if pairs {
		tips = append(tips, page.Tip("pairs", "pairs", "quantitative", ""))
	}
	if missing {
		tips = append(tips, page.Tip("missing", "no value", "nominal", ""))
	}
	if alone {
		tips = append(tips, page.Tip("noInterval", "no interval", "nominal", ""))
	}
	encoding := func(x page.Object, more page.Object) page.Object {
		o := page.Object{"x": x, "tooltip": tips, "y": page.Object{
			"field": "row", "type": "nominal", "title": nil, "sort": nil, "scale": page.Object{"domain": names},
			"axis": page.Object{"labelLimit": widestBar, "ticks": false, "domain": false, "grid": false},
		}}
		maps.Copy(o, more)
		return o
	}
	key := func(values []any) page.Object {
		o := page.Object{
			"field": "modality", "type": "nominal", "scale": page.Object{"domain": modalities, "range": values},
			"legend": nil,
		}
		if len(modalities) > 1 || modalities[0] != "" {
			o["legend"] = page.Object{"title": nil, "orient": "bottom", "symbolOpacity": 1.0}
		}
		return o
	}
	color, shape := key(colors), key(shapes)
	only := func(test string) []any { return []any{page.Object{"filter": test}} }
	layers := []any{
		page.Object{
			"data":     page.Values(page.Object{"zero": 0.0}),
			"mark":     page.Object{"type": "rule", "color": page.Hex(page.Grey), "strokeWidth": 1.2},
			"encoding": page.Object{"x": at.axis.Quantity("zero")},
		},
		page.Object{
			"transform": only("isValid(datum.diff)"),
			"mark":      page.Object{"type": "point", "filled": true, "size": 55.0, "opacity": 1.0, "strokeWidth": 1.6},
			"encoding": encoding(at.axis.Quantity("diff"), page.Object{
				"shape": shape, "stroke": color,
				"fill": page.Object{
					"condition": page.Object{"test": "datum.clear !== true", "value": page.Hex(page.White)},
					"field":     "modality", "type": "nominal", "scale": color["scale"], "legend": nil,
				},
			}),
		},
	}
	if intervals {
		layers = slices.Insert(layers, 1, any(page.Object{ // below the points
			"transform": only("isValid(datum.low)"), "mark": page.Object{"type": "rule", "strokeWidth": 1.6},
			"encoding": encoding(
				at.axis.Quantity("low"), page.Object{"x2": page.Object{"field": "high"}, "color": color},
			),
		}))
	}
	if missing || alone {
		layers = append(layers, page.Object{
			"transform": only("isValid(datum.reason)"), "mark": reasonMark(),
			"encoding": encoding(
				at.axis.Quantity("reasonAt"), page.Object{"text": page.Object{"field": "reason", "type": "nominal"}},
			),
		})
	}
	notes := []string{"line: " + f.Interval + "; filled: it leaves out 0"}
	for _, side := range []struct{ where, who string }{{"below", f.Less}, {"above", f.More}} {
		if side.who != "" {
			notes = append(notes, fmt.Sprintf("%s 0: %s", side.where, side.who))
		}
	}
	return page.Finish(
		page.Object{
			"width": page.Round(at.long), "height": at.tall - float64(len(at.heads))*forestRow,
			"data": page.Values(rows...), "layer": layers,
		},
		f.Title, notes...,
	)
}
