package viz_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/viz/tsne"
)

// spots is a map of n points of two classes.
func spots(n int) viz.EmbeddingPanel {
	p := viz.EmbeddingPanel{
		Name:    "audio",
		Quality: tsne.Quality{Points: n, Neighbors: 5, AccuracyFeatures: math.NaN(), AccuracyMap: math.NaN()},
	}
	for i := range n {
		p.Points = append(p.Points, [2]float64{float64(i % 7), float64(i)})
		p.Labels = append(p.Labels, i%2)
	}
	return p
}

func TestEmbeddingErrors(t *testing.T) {
	many := make([]string, 37)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	two := []string{"a", "b"}
	change := func(f func(*viz.EmbeddingPanel)) []viz.EmbeddingPanel {
		p := spots(10)
		f(&p)
		return []viz.EmbeddingPanel{p}
	}
	for _, tt := range []struct {
		name    string
		classes []string
		panels  []viz.EmbeddingPanel
		want    string
		reason  string
	}{
		{"nothing", two, nil, "viz: embedding: no panels, want at least one", "an empty figure says nothing"},
		{
			"many panels", two, make([]viz.EmbeddingPanel, 13), "viz: embedding: 13 panels, want at most 12",
			"a page has an end",
		},
		{
			"many classes", many, change(func(*viz.EmbeddingPanel) {}), "viz: embedding: 37 classes, want at most 36",
			"two would look alike",
		},
		{
			"same class", []string{"a", "a"}, change(func(*viz.EmbeddingPanel) {}),
			`viz: embedding: class 1: name "a", want one of its own`, "they go by their names",
		},
		{
			"no name", []string{"a", ""}, change(func(*viz.EmbeddingPanel) {}),
			`viz: embedding: class 1: name "", want one of its own`, "the legend names it",
		},
		{
			"empty", two, []viz.EmbeddingPanel{{Name: "audio"}},
			`viz: embedding: panel "audio": 0 points, want 1 to 20000`, "an empty panel says nothing",
		},
		{
			"NaN", two, change(func(p *viz.EmbeddingPanel) { p.Points[3][1] = math.NaN() }),
			`viz: embedding: panel "audio": point 3 at (3, NaN), want finite values`, "has no place",
		},
		{
			"few labels", two, change(func(p *viz.EmbeddingPanel) { p.Labels = p.Labels[1:] }),
			`viz: embedding: panel "audio": 9 labels, want 10: 10 points of 2 classes`, "one each",
		},
		{
			"labels of no class", nil, change(func(*viz.EmbeddingPanel) {}),
			`viz: embedding: panel "audio": 10 labels, want 0: 10 points of 0 classes`,
			"the legend could not name them",
		},
		{
			"label", two, change(func(p *viz.EmbeddingPanel) { p.Labels[2] = 2 }),
			`viz: embedding: panel "audio": label 2 is 2, want 0 to 1`, "no such class",
		},
		{
			"negative label", two, change(func(p *viz.EmbeddingPanel) { p.Labels[2] = -1 }),
			`viz: embedding: panel "audio": label 2 is -1, want 0 to 1`, "no such class",
		},
		{
			"samples", two, change(func(p *viz.EmbeddingPanel) { p.Samples = []string{"x"} }),
			`viz: embedding: panel "audio": 1 samples, want 10 as there are points`, "one each",
		},
		{
			"perplexity", two, change(func(p *viz.EmbeddingPanel) { p.Perplexity = math.NaN() }),
			`viz: embedding: panel "audio": perplexity NaN, want 0 or more`, "it is written beneath",
		},
		{
			"no quality", two, change(func(p *viz.EmbeddingPanel) { p.Quality = tsne.Quality{} }),
			`viz: embedding: panel "audio": quality of 0 points with 0 neighbors, want of 10 with at least 1`,
			"a map without it may say anything",
		},
		{
			"another's quality", two, change(func(p *viz.EmbeddingPanel) { p.Quality.Points = 9 }),
			`viz: embedding: panel "audio": quality of 9 points with 5 neighbors, want of 10 with at least 1`,
			"of another map",
		},
		{
			"trustworthiness", two, change(func(p *viz.EmbeddingPanel) { p.Quality.Trustworthiness = math.NaN() }),
			`viz: embedding: panel "audio": trustworthiness NaN, want 0 to 1`, "it is always known",
		},
		{
			"accuracy", two, change(func(p *viz.EmbeddingPanel) { p.Quality.AccuracyMap = 96 }),
			`viz: embedding: panel "audio": accuracy in the map 96, want 0 to 1`, "a share, not percent",
		},
		{
			"KL", two, change(func(p *viz.EmbeddingPanel) { p.Quality.KL = math.Inf(1) }),
			`viz: embedding: panel "audio": KL +Inf, want a finite value or NaN`, "only NaN stands for unknown",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := viz.Embedding(viz.EmbeddingFigure{Classes: tt.classes, Panels: tt.panels})
			if err == nil || err.Error() != tt.want || f != nil {
				t.Errorf("Embedding: %v, error\n%v, want\n%s\nreason: %s", f, err, tt.want, tt.reason)
			}
		})
	}
}

// TestEmbeddingDraws draws what is unusual and may be drawn.
func TestEmbeddingDraws(t *testing.T) {
	one, plain, far, long := spots(1), spots(20), spots(20), spots(30)
	plain.Labels = nil
	far.Points[0], far.Points[1] = [2]float64{1e300, -1e300}, [2]float64{-1e300, 1e300}
	long.Name = strings.Repeat("a name that goes on ", 20)
	many := make([]string, 36)
	for i := range many {
		many[i] = fmt.Sprintf("class %d", i)
	}
	two := []string{"a", "b"}
	for _, tt := range []struct {
		name   string
		figure viz.EmbeddingFigure
		reason string
	}{
		{"one point", viz.EmbeddingFigure{Classes: two, Panels: []viz.EmbeddingPanel{one}}, "the square needs a side"},
		{"no classes", viz.EmbeddingFigure{Panels: []viz.EmbeddingPanel{plain}}, "no legend"},
		{
			"extremes", viz.EmbeddingFigure{Classes: two, Panels: []viz.EmbeddingPanel{far}},
			"the square's side is near the greatest number",
		},
		{
			"all classes", viz.EmbeddingFigure{Classes: many, Panels: []viz.EmbeddingPanel{spots(9)}},
			"a legend of several columns",
		},
		{
			"long",
			viz.EmbeddingFigure{
				Title: long.Name, Classes: []string{long.Name},
				Panels: []viz.EmbeddingPanel{
					{Name: long.Name, Points: one.Points, Labels: []int{0}, Quality: one.Quality},
				},
			},
			"texts are shortened to fit",
		},
		{
			"seven", viz.EmbeddingFigure{Classes: two, Panels: []viz.EmbeddingPanel{one, one, one, one, one, one, one}},
			"three rows",
		},
		{
			"crowd", viz.EmbeddingFigure{Classes: two, Panels: []viz.EmbeddingPanel{spots(8000)}},
			"as large as the largest set",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := viz.Embedding(tt.figure)
			if err != nil {
				t.Fatalf("%v; reason to draw: %s", err, tt.reason)
			}
			checkSpec(t, f.Spec)
			if size := decode(t, f.PNG).Bounds().Size(); size.X != 2*f.Width || size.Y != 2*f.Height {
				t.Errorf("picture is %v, want twice %d × %d", size, f.Width, f.Height)
			}
		})
	}
}

// TestEmbeddingSpec holds a spec to one scale both ways, every point, and the scores beneath.
func TestEmbeddingSpec(t *testing.T) {
	figure, same := twoMaps(), twoMaps()
	fig, err := viz.Embedding(figure)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(same, figure); diff != "" {
		t.Errorf("Embedding changed its figure: (-was +is)\n%s", diff)
	}
	views := array(fig.Spec["concat"])
	if len(views) != 2 {
		t.Fatalf("%d views, want 2", len(views))
	}
	for i, v := range views {
		view := object(v)
		if n := len(array(object(view["data"])["values"])); n != 400 {
			t.Errorf("view %d: %d points, want 400", i, n)
		}
		var sides [2]float64
		for a, channel := range []string{"x", "y"} {
			domain := array(object(object(object(view["encoding"])[channel])["scale"])["domain"])
			sides[a] = domain[1].(float64) - domain[0].(float64)
		}
		// domains are sums, hence rounded
		if math.Abs(sides[0]-sides[1]) > 1e-9*sides[0] || view["width"] != view["height"] {
			t.Errorf(
				"view %d: %v by %v units on %v by %v, want squares", i, sides[0], sides[1], view["width"],
				view["height"],
			)
		}
		beneath := fmt.Sprint(object(object(object(view["encoding"])["x"])["axis"])["title"])
		for _, want := range []string{
			"perplexity 30", "KL", "trustworthiness 0.991", "continuity 0.987", "65.9% of 10 neighbours kept",
			"96.4% in the features", "95.8% in the map",
		} {
			if !strings.Contains(beneath, want) || !strings.Contains(fig.Text, want) {
				t.Errorf("view %d: beneath stands %s, and the text is %s; want %q in both", i, beneath, fig.Text, want)
			}
		}
	}
	color, shape := scales(fig.Spec, "color"), scales(fig.Spec, "shape")
	looks := make(map[string]string)
	for _, class := range figure.Classes {
		look := color[class] + shape[class]
		if was, ok := looks[look]; ok || color[class] == "" || shape[class] == "" {
			t.Errorf("class %s is drawn as %q, like %q, want a look of its own", class, look, was)
		}
		looks[look] = class
	}
}

// TestNotesBeneath: notes of maps and matrices stand in the sentence, in the spec and in room of their own.
func TestNotesBeneath(t *testing.T) {
	note := "InfoReg acted on audio from epoch 2 to 4 with seed 1."
	maps, matrices := twoMaps(), twoMatrices()
	for _, width := range []viz.Width{viz.Screen, viz.Column, viz.Page} {
		maps.Width, matrices.Width = width, width
		for name, draw := range map[string]func(notes []string) (*viz.Figure, error){
			"maps": func(notes []string) (*viz.Figure, error) { maps.Notes = notes; return viz.Embedding(maps) },
			"matrices": func(notes []string) (*viz.Figure, error) {
				matrices.Notes = notes
				return viz.Cosine(matrices)
			},
		} {
			plain, err := draw(nil)
			if err != nil {
				t.Fatal(err)
			}
			noted, err := draw([]string{note})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(noted.Text, note) || noted.Height <= plain.Height {
				t.Errorf(
					"%s, width %v: text %q, %d high, without the note %d", name, width, noted.Text, noted.Height,
					plain.Height,
				)
			}
			var words []string
			for _, line := range array(object(noted.Spec["title"])["subtitle"]) {
				words = append(words, line.(string))
			}
			if !strings.Contains(strings.Join(words, " "), note) {
				t.Errorf("%s, width %v: subtitle %q lacks the note", name, width, words)
			}
		}
	}
}
