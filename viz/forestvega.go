package viz

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// forestSpec writes a forest as Vega-Lite, with the axis and looks of the picture.
func forestSpec(f ForestFigure, at trees) map[string]any {
	var rows, names, modalities, colors, shapes []any
	st := f.styles()
	for _, m := range f.modalities() {
		l := st.look("", m)
		modalities, colors, shapes = append(modalities, m), append(colors, hex(l.color)), append(shapes, l.marker)
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
		row := object{"row": name, "modality": r.Modality, "words": at.values[i]}
		switch {
		case r.Missing != "":
			row["missing"], missing = r.Missing, true
		case r.NoInterval != "":
			row["diff"], row["noInterval"], alone = round(r.Diff), r.NoInterval, true
		default:
			row["diff"], row["low"], row["high"], row["clear"], intervals = round(r.Diff), round(r.Low), round(r.High), r.clear(), true
		}
		if h := at.holes[i]; len(h.lines) > 0 {
			row["reason"], row["reasonAt"] = strings.Join(h.lines, "\n"), round(at.axis.at((h.x-at.at.x)/at.long))
		}
		if r.Pairs > 0 {
			row["pairs"], pairs = float64(r.Pairs), true
		}
		rows = append(rows, row)
	}
	tips := []any{tip("row", "row", "nominal", ""), tip("words", "difference", "nominal", "")}
	if pairs {
		tips = append(tips, tip("pairs", "pairs", "quantitative", ""))
	}
	if missing {
		tips = append(tips, tip("missing", "no value", "nominal", ""))
	}
	if alone {
		tips = append(tips, tip("noInterval", "no interval", "nominal", ""))
	}
	encoding := func(x object, more object) object {
		o := object{"x": x, "tooltip": tips, "y": object{
			"field": "row", "type": "nominal", "title": nil, "sort": nil, "scale": object{"domain": names},
			"axis": object{"labelLimit": widestBar, "ticks": false, "domain": false, "grid": false},
		}}
		maps.Copy(o, more)
		return o
	}
	key := func(values []any) object {
		o := object{"field": "modality", "type": "nominal", "scale": object{"domain": modalities, "range": values}, "legend": nil}
		if len(modalities) > 1 || modalities[0] != "" {
			o["legend"] = object{"title": nil, "orient": "bottom", "symbolOpacity": 1.0}
		}
		return o
	}
	color, shape := key(colors), key(shapes)
	only := func(test string) []any { return []any{object{"filter": test}} }
	layers := []any{
		object{
			"data": values(object{"zero": 0.0}), "mark": object{"type": "rule", "color": hex(grey), "strokeWidth": 1.2},
			"encoding": object{"x": at.axis.quantity("zero")},
		},
		object{
			"transform": only("isValid(datum.diff)"),
			"mark":      object{"type": "point", "filled": true, "size": 55.0, "opacity": 1.0, "strokeWidth": 1.6},
			"encoding": encoding(at.axis.quantity("diff"), object{
				"shape": shape, "stroke": color,
				"fill": object{"condition": object{"test": "datum.clear !== true", "value": hex(white)}, "field": "modality", "type": "nominal", "scale": color["scale"], "legend": nil},
			}),
		},
	}
	if intervals {
		layers = slices.Insert(layers, 1, any(object{ // below the points
			"transform": only("isValid(datum.low)"), "mark": object{"type": "rule", "strokeWidth": 1.6},
			"encoding": encoding(at.axis.quantity("low"), object{"x2": object{"field": "high"}, "color": color}),
		}))
	}
	if missing || alone {
		layers = append(layers, object{
			"transform": only("isValid(datum.reason)"), "mark": reasonMark(),
			"encoding": encoding(at.axis.quantity("reasonAt"), object{"text": object{"field": "reason", "type": "nominal"}}),
		})
	}
	notes := []string{"line: " + f.Interval + "; filled: it leaves out 0"}
	for _, side := range []struct{ where, who string }{{"below", f.Less}, {"above", f.More}} {
		if side.who != "" {
			notes = append(notes, fmt.Sprintf("%s 0: %s", side.where, side.who))
		}
	}
	return finish(object{"width": round(at.long), "height": at.tall - float64(len(at.heads))*forestRow, "data": values(rows...), "layer": layers}, f.Title, notes...)
}
