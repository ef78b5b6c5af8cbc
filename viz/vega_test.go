package viz_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

// checkSpec holds a spec to what a renderer needs: JSON of plain types with finite numbers, and every field that an
// encoding names in every row or in some row of the data it sees.
func checkSpec(t *testing.T, spec map[string]any) {
	t.Helper()
	checkPlain(t, "spec", spec)
	if _, err := json.Marshal(spec); err != nil {
		t.Errorf("spec: %v", err)
	}
	if got := spec["$schema"]; got != "https://vega.github.io/schema/vega-lite/v5.json" {
		t.Errorf("$schema is %v, want Vega-Lite v5", got)
	}
	if fields := checkFields(t, spec, nil); fields == 0 {
		t.Error("no encoding names a field")
	}
}

// checkPlain holds a value to the types that JSON and gob carry as they are.
func checkPlain(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil, string, bool:
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s is %v, want a finite number", path, v)
		}
	case []any:
		for i, e := range v {
			checkPlain(t, fmt.Sprintf("%s[%d]", path, i), e)
		}
	case map[string]any:
		for k, e := range v {
			checkPlain(t, path+"."+k, e)
		}
	default:
		t.Errorf("%s is a %T, want a plain type", path, v)
	}
}

// checkFields looks up the fields of encodings in the nearest data above them, and counts them.
func checkFields(t *testing.T, view map[string]any, rows []any) int {
	t.Helper()
	if data, ok := view["data"].(map[string]any); ok {
		rows = data["values"].([]any)
		if len(rows) == 0 {
			t.Error("data without rows")
		}
	}
	n := 0
	for channel, enc := range object(view["encoding"]) {
		list, ok := enc.([]any) // tooltips
		if !ok {
			list = []any{enc}
		}
		for _, e := range list {
			field, ok := object(e)["field"].(string)
			if !ok {
				continue
			}
			n++
			if !slices.ContainsFunc(rows, func(r any) bool { _, ok := object(r)[field]; return ok }) {
				t.Errorf("%s names field %q, which no row of its data has", channel, field)
			}
		}
	}
	for _, name := range []string{"layer", "hconcat", "vconcat", "concat"} {
		for _, v := range array(view[name]) {
			n += checkFields(t, object(v), rows)
		}
	}
	return n
}

func object(v any) map[string]any { o, _ := v.(map[string]any); return o }
func array(v any) []any           { a, _ := v.([]any); return a }

// walk calls f with every object of a spec.
func walk(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(v)
		for _, e := range v {
			walk(e, f)
		}
	case []any:
		for _, e := range v {
			walk(e, f)
		}
	}
}

func TestSpecs(t *testing.T) {
	for name, fig := range drawn(t) {
		t.Run(name, func(t *testing.T) {
			checkSpec(t, fig.Spec)
			tips := 0
			walk(fig.Spec, func(o map[string]any) {
				if _, ok := object(o["encoding"])["tooltip"]; ok {
					tips++
				}
				if url, ok := o["url"]; ok {
					t.Errorf("spec loads %v, want no network", url)
				}
			})
			if tips == 0 {
				t.Error("no layer answers to the pointer")
			}
			body, err := json.Marshal(fig.Spec)
			if most := 150_000; err != nil || len(body) > most {
				t.Errorf("spec has %d bytes, err %v, want at most %d", len(body), err, most)
			}
		})
	}
}

// scales collects, for a channel, what each name of the legend is mapped to.
func scales(spec map[string]any, channel string) map[string]string {
	got := make(map[string]string)
	walk(spec, func(o map[string]any) {
		scale := object(object(object(o["encoding"])[channel])["scale"])
		for i, name := range array(scale["domain"]) {
			if s, ok := name.(string); ok {
				got[s] = fmt.Sprint(array(scale["range"])[i])
			}
		}
	})
	return got
}

// TestRunsDifferBesideColour holds runs to a dash and a marker of their own, and modalities to a colour of their own.
func TestRunsDifferBesideColour(t *testing.T) {
	fig, err := viz.Accuracy(twoRuns())
	if err != nil {
		t.Fatal(err)
	}
	color, dash, shape := scales(fig.Spec, "color"), scales(fig.Spec, "strokeDash"), scales(fig.Spec, "shape")
	for _, m := range []string{"fused", "audio", "visual"} {
		a, b := "joint: "+m, "inforeg: "+m
		if color[a] == "" || color[a] != color[b] {
			t.Errorf("%s: colours %q and %q, want one for both runs", m, color[a], color[b])
		}
		if dash[a] == "" || dash[a] == dash[b] || shape[a] == "" || shape[a] == shape[b] {
			t.Errorf(
				"%s: dashes %q and %q, markers %q and %q, want them to differ", m, dash[a], dash[b], shape[a], shape[b],
			)
		}
	}
	if color["joint: audio"] == color["joint: visual"] || color["joint: fused"] != "#000000" {
		t.Errorf("colours %v, want one for each modality and black for fused", color)
	}
}

// TestSpecKeepsEnds holds the data of a long series to its bound and to its last point, and the log axis to its type.
func TestSpecKeepsEnds(t *testing.T) {
	fig, err := viz.Loss(noisyLosses())
	if err != nil {
		t.Fatal(err)
	}
	counts, last := make(map[string]int), make(map[string]float64)
	walk(fig.Spec, func(o map[string]any) {
		if name, ok := o["series"].(string); ok {
			counts[name]++
			last[name] = o["x"].(float64)
		}
	})
	for _, name := range []string{"joint: loss", "inforeg: loss"} {
		if counts[name] == 0 || counts[name] > 1000 || last[name] != 3000 {
			t.Errorf("%s: %d rows, the last at %v, want 1 to 1000 and 3000", name, counts[name], last[name])
		}
	}
	for linear, want := range map[bool]any{false: "log", true: nil} {
		figure := twoTraces()
		figure.Linear = linear
		fig, err := viz.Trace(figure)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		walk(fig.Spec, func(o map[string]any) {
			if y := object(object(o["encoding"])["y"]); y["field"] == "y" {
				seen++
				if got := object(y["scale"])["type"]; got != want {
					t.Errorf("linear %v: y scale %v, want %v", linear, got, want)
				}
			}
		})
		if seen == 0 {
			t.Errorf("linear %v: no layer of y", linear)
		}
	}
}

// TestBandsAreNotStacked guards a default of Vega-Lite: areas of several series are stacked, on either axis, unless
// both say otherwise.
func TestBandsAreNotStacked(t *testing.T) {
	fig, err := viz.Trace(twoTraces())
	if err != nil {
		t.Fatal(err)
	}
	areas := 0
	walk(fig.Spec, func(o map[string]any) {
		if object(o["mark"])["type"] != "area" {
			return
		}
		areas++
		for _, channel := range []string{"x", "y"} {
			if got := object(object(o["encoding"])[channel])["stack"]; got != false {
				t.Errorf("stack of %s is %v, want false", channel, got)
			}
		}
	})
	if areas != 1 {
		t.Errorf("%d layers of areas, want 1", areas)
	}
}
