package mosi

import (
	"fmt"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/npy"
)

// scoreNames are what the pickles call the sentiments, the older one first.
var scoreNames = []string{"labels", "regression_labels"}

// classLabels are what the newer pickles have beside them: 0 negative, 1 neutral, 2 positive.
const classLabels = "classification_labels"

// emotions is how many labels an utterance of CMU-MOSEI has where its emotions stand beside its sentiment.
const emotions = 7

// scores are the sentiments of a split, or the signs of classes where the file has those alone. Arrays that say the
// same thing twice must agree.
func (a aligned) scores(part string) ([]float32, error) {
	x, array, err := a.first(part, append(slices.Clone(scoreNames), classLabels)...)
	if err != nil {
		return nil, err
	}
	if array == part+"_"+classLabels {
		return a.classes(array, x)
	}
	scores, err := a.numbers(
		array, x, "a sentiment from -3 to 3", func(v float32) bool { return math.Abs(float64(v)) <= 3 },
	)
	if err != nil {
		return nil, err
	}
	for _, name := range scoreNames {
		other, ok := a.arrays[part+"_"+name]
		if !ok || part+"_"+name == array {
			continue
		}
		if !slices.Equal(other.Floats(), scores) {
			return nil, a.broken("%s and %s_%s differ, want one of them or the same in both", array, part, name)
		}
	}
	return scores, nil
}

// classes are -1, 0 and 1 for the classes 0, 1 and 2.
func (a aligned) classes(array string, x npy.Array) ([]float32, error) {
	list, err := a.numbers(
		array, x, "a class from 0, negative, to 2, positive",
		func(v float32) bool { return v == 0 || v == 1 || v == 2 },
	)
	if err != nil {
		return nil, err
	}
	signs := make([]float32, len(list))
	for i, v := range list {
		signs[i] = v - 1
	}
	return signs, nil
}

// numbers wants one number an utterance, [N] with any axes of 1 behind.
func (a aligned) numbers(array string, x npy.Array, want string, fits func(float32) bool) ([]float32, error) {
	if len(x.Shape) == 0 || x.Size() != x.Shape[0] {
		bad := &data.FormatError{
			File: a.path, Reason: fmt.Sprintf("%s of shape %v, want one number an utterance", array, x.Shape),
		}
		if n := len(x.Shape); n > 1 && x.Shape[n-1] == emotions {
			bad.Reason += "; these look like CMU-MOSEI's, a sentiment and six emotions"
			bad.Hint = "keep the sentiments where the file is made, in Python labels[..., :1]"
		}
		return nil, bad
	}
	list := x.Floats()
	for i, v := range list {
		if !fits(v) {
			return nil, a.broken("%s: row %d is %v, want %s", array, i, v, want)
		}
	}
	return list, nil
}
