package tsne_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz/tsne"
)

// circles are 20 points on each of three circles each in a plane of its own.
func circles() (x [][]float64, classes []int) {
	for c := range 3 {
		for i := range 20 {
			row := make([]float64, 6)
			row[2*c], row[2*c+1] = math.Sincos(2 * math.Pi * (float64(i) + 0.1*float64(c)) / 20)
			x, classes = append(x, row), append(classes, c)
		}
	}
	return x, classes
}

func ExampleNew() {
	x, _ := circles()
	m, err := tsne.New(x, tsne.Config{Perplexity: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(m.Points()), m.Steps())
	if m, err = tsne.New(x, tsne.Config{}); err == nil {
		fmt.Println("perplexity", m.Perplexity(), "suits 60 points")
	}
	_, err = tsne.New(x, tsne.Config{Perplexity: 30})
	fmt.Println(err)
	// Output:
	// 60 0
	// perplexity 19 suits 60 points
	// tsne: 60 points for perplexity 30, want at least 91; 19 fits
}

func ExampleMap_Step() {
	x, _ := circles()
	m, err := tsne.New(x, tsne.Config{Perplexity: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.Step(120, func(p tsne.Progress) bool {
		fmt.Printf("step %d of %d\n", p.Step, p.Of)
		return true
	}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// step 50 of 750
	// step 100 of 750
	// step 120 of 750
}

func ExampleMap_Run() {
	x, _ := circles()
	first, err := tsne.New(x, tsne.Config{Perplexity: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := first.Run(nil); err != nil {
		fmt.Println(err)
		return
	}
	// The map of a later epoch begins at that of an earlier one.
	next, err := tsne.New(x, tsne.Config{Perplexity: 8, Start: first.Points()})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := next.Run(nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(first.Steps(), next.Steps())
	// Output:
	// 750 750
}

func ExampleMap_Quality() {
	x, classes := circles()
	m, err := tsne.New(x, tsne.Config{Perplexity: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := m.Run(nil); err != nil {
		fmt.Println(err)
		return
	}
	q, err := m.Quality(4, classes)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("accuracy %.2f in the features, %.2f in the map; trustworthiness above 0.9: %t\n",
		q.AccuracyFeatures, q.AccuracyMap, q.Trustworthiness > 0.9)
	// Output:
	// accuracy 1.00 in the features, 1.00 in the map; trustworthiness above 0.9: true
}

func ExampleMeasure() {
	x, _ := circles()
	places := make([][2]float64, len(x)) // the first circle's plane: the others fall on its middle
	for i, row := range x {
		places[i] = [2]float64{row[0], row[1]}
	}
	q, err := tsne.Measure(x, places, 4, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d neighbours: preservation below 0.6: %t\n", q.Neighbors, q.Preservation < 0.6)
	// Output:
	// 4 neighbours: preservation below 0.6: true
}
