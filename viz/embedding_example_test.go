package viz_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/viz/tsne"
)

// twoMaps are points of eight classes, of which the second map mixes some.
func twoMaps() viz.EmbeddingFigure {
	random := rand.New(rand.NewPCG(1, 1))
	f := viz.EmbeddingFigure{
		Title:   "Features of the test split after epoch 12, joint",
		Classes: []string{"zero", "one", "two", "three", "four", "five", "six", "seven"},
	}
	for i, name := range []string{"audio", "visual"} {
		p := viz.EmbeddingPanel{
			Name: name, Perplexity: 30,
			Quality: tsne.Quality{
				Points: 400, Neighbors: 10, KL: 0.563 + float64(i), Trustworthiness: 0.991, Continuity: 0.987,
				Preservation: 0.659, AccuracyFeatures: 0.964, AccuracyMap: 0.958,
			},
		}
		for s := range 400 {
			class := s % 8
			sin, cos := math.Sincos(2 * math.Pi * float64(class) / 8)
			spread := 3 + 6*float64(i)
			p.Points = append(
				p.Points, [2]float64{30*cos + spread*random.NormFloat64(), 20*sin + spread*random.NormFloat64()},
			)
			p.Labels = append(p.Labels, class)
			p.Samples = append(p.Samples, fmt.Sprintf("test/%d", s))
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func ExampleEmbedding() {
	x := make([][]float64, 60)
	labels := make([]int, 60)
	for i := range x {
		sin, cos := math.Sincos(float64(i))
		labels[i] = i % 2
		x[i] = []float64{sin, cos, 9 * float64(labels[i])}
	}
	m, err := tsne.New(x, tsne.Config{Perplexity: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.Run(nil); err != nil {
		fmt.Println(err)
		return
	}
	q, err := m.Quality(5, labels)
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := viz.Embedding(viz.EmbeddingFigure{
		Classes: []string{"even", "odd"},
		Panels:  []viz.EmbeddingPanel{{Name: "audio", Points: m.Points(), Labels: labels, Perplexity: 10, Quality: q}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text[:43])
	// Output:
	// Maps: audio, 60 points of 2 classes, perple
}
