package viz

import (
	"fmt"
	"math"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
	"github.com/primewindow/primewindow/viz/tsne"
)

// EmbeddingFigure is maps of points on the plane, such as those of viz/tsne. Classes are the names in the legend; nil
// where points have none.
type EmbeddingFigure struct {
	Title   string
	Classes []string
	Panels  []EmbeddingPanel
	Notes   []string // sentences beneath, for example which run of several is shown
	Width   Width
}

// EmbeddingPanel is one map. Labels are each point's index in Classes; Samples name the points under the pointer and
// may be nil. Perplexity is 0 where there is none; a Quality's NaN is left out.
type EmbeddingPanel struct {
	Name       string
	Points     [][2]float64
	Labels     []int
	Samples    []string
	Perplexity float64
	Quality    tsne.Quality
}

// maxClasses is how many pairs of colour and marker there are, maxScatter the most points of a map.
const (
	maxClasses = 36
	maxScatter = 20_000
)

// Embedding draws an EmbeddingFigure: each map in a square of its own, one unit as long across as up, without ticks,
// since only who lies near whom means anything. Colour and marker say the class. Beneath stand the numbers of its
// Quality, which say how far it may be believed. Up to three maps stand in a row, and four in two rows. It returns an
// error that names the panel that cannot be drawn.
func Embedding(f EmbeddingFigure) (*Figure, error) {
	if len(f.Panels) == 0 {
		return nil, fmt.Errorf("viz: embedding: no panels, want at least one")
	}
	if len(f.Panels) > maxPanels {
		return nil, fmt.Errorf("viz: embedding: %d panels, want at most %d", len(f.Panels), maxPanels)
	}
	if len(f.Classes) > maxClasses {
		return nil, fmt.Errorf("viz: embedding: %d classes, want at most %d", len(f.Classes), maxClasses)
	}
	if err := f.Width.Check("embedding"); err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for i, c := range f.Classes {
		if c == "" || seen[c] {
			return nil, fmt.Errorf("viz: embedding: class %d: name %q, want one of its own", i, c)
		}
		seen[c] = true
	}
	for _, p := range f.Panels {
		if err := p.check(len(f.Classes)); err != nil {
			return nil, err
		}
	}
	at := arrangeEmbedding(f)
	fig, err := page.Picture(
		page.Canvas{Width: at.width, Height: at.height, Print: f.Width}, func(p *page.Pen) { drawEmbedding(p, f, at) },
	)
	if err != nil {
		return nil, err
	}
	fig.Spec, fig.Text = embeddingSpec(f, at), embeddingSentence(f)
	return fig, nil
}

func (p EmbeddingPanel) check(classes int) error {
	where := fmt.Sprintf("viz: embedding: panel %q", p.Name)
	n := len(p.Points)
	if n == 0 || n > maxScatter {
		return fmt.Errorf("%s: %d points, want 1 to %d", where, n, maxScatter)
	}
	for i, at := range p.Points {
		if !page.Drawable(at[0]) || !page.Drawable(at[1]) {
			return fmt.Errorf("%s: point %d at (%v, %v), want finite values", where, i, at[0], at[1])
		}
	}
	labels := n
	if classes == 0 {
		labels = 0
	}
	if len(p.Labels) != labels {
		return fmt.Errorf("%s: %d labels, want %d: %d points of %d classes", where, len(p.Labels), labels, n, classes)
	}
	for i, l := range p.Labels {
		if l < 0 || l >= classes {
			return fmt.Errorf("%s: label %d is %d, want 0 to %d", where, i, l, classes-1)
		}
	}
	if p.Samples != nil && len(p.Samples) != n {
		return fmt.Errorf("%s: %d samples, want %d as there are points", where, len(p.Samples), n)
	}
	if !(p.Perplexity >= 0 && p.Perplexity <= page.Limit) {
		return fmt.Errorf("%s: perplexity %v, want 0 or more", where, p.Perplexity)
	}
	q := p.Quality
	if q.Points != n || q.Neighbors < 1 {
		return fmt.Errorf(
			"%s: quality of %d points with %d neighbors, want of %d with at least 1", where, q.Points, q.Neighbors, n,
		)
	}
	for _, score := range []struct {
		name    string
		value   float64
		unknown bool // may be NaN
	}{
		{"trustworthiness", q.Trustworthiness, false},
		{"continuity", q.Continuity, false},
		{"preservation", q.Preservation, false},
		{"accuracy in the features", q.AccuracyFeatures, true},
		{"accuracy in the map", q.AccuracyMap, true},
	} {
		if score.unknown && math.IsNaN(score.value) {
			continue
		}
		if !(score.value >= 0 && score.value <= 1) {
			return fmt.Errorf("%s: %s %v, want 0 to 1", where, score.name, score.value)
		}
	}
	if math.IsInf(q.KL, 0) {
		return fmt.Errorf("%s: KL %v, want a finite value or NaN", where, q.KL)
	}
	return nil
}

// scores are the numbers beneath a map.
func (p EmbeddingPanel) scores() []string {
	q := p.Quality
	var list []string
	if p.Perplexity > 0 {
		list = append(list, "perplexity "+page.Number(p.Perplexity))
	}
	if !math.IsNaN(q.KL) {
		list = append(list, fmt.Sprintf("KL %.3f nats", q.KL))
	}
	list = append(list,
		fmt.Sprintf("trustworthiness %.3f", q.Trustworthiness),
		fmt.Sprintf("continuity %.3f", q.Continuity),
		fmt.Sprintf("%.1f%% of %d neighbours kept", 100*q.Preservation, q.Neighbors),
	)
	if !math.IsNaN(q.AccuracyFeatures) {
		list = append(list, fmt.Sprintf("%d-NN accuracy %.1f%% in the features", q.Neighbors, 100*q.AccuracyFeatures))
	}
	if !math.IsNaN(q.AccuracyMap) {
		list = append(list, fmt.Sprintf("%.1f%% in the map", 100*q.AccuracyMap))
	}
	return list
}

// caption are the scores in lines of at most a width.
func (p EmbeddingPanel) caption(width float64) []string {
	return page.Joined(page.SmallSize, width, " · ", p.scores())
}

func embeddingSentence(f EmbeddingFigure) string {
	parts := make([]string, len(f.Panels))
	for i, p := range f.Panels {
		of := ""
		if len(f.Classes) > 0 {
			of = fmt.Sprintf(" of %d classes", len(f.Classes))
		}
		parts[i] = fmt.Sprintf("%s, %d points%s, %s", p.Name, len(p.Points), of, strings.Join(p.scores(), ", "))
	}
	title := f.Title
	if title == "" {
		title = "Maps"
	}
	return strings.Join(append([]string{title + ": " + strings.Join(parts, "; ") + "."}, f.Notes...), " ")
}
