package probe

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
)

// FeatureRows are features of samples, [n, D] by modality, and the labels.
type FeatureRows struct {
	all    map[string][]float32
	labels []int32
}

// Add takes up a batch. It copies, and may be given to [Moment.Scores].
func (f *FeatureRows) Add(labels []int32, got engine.Rows) {
	if f.all == nil {
		f.all = map[string][]float32{}
	}
	f.labels = append(f.labels, labels...)
	for m, z := range got.Features {
		f.all[m] = append(f.all[m], z...)
	}
}

// Features gives each modality's features of samples, [n, D] by modality, and the labels.
func (now *Moment) Features(split data.Split, indices []int) (map[string][]float32, []int32, error) {
	var f FeatureRows
	err := now.Pass(now.State.Vars, split, indices, func(y []int32, got engine.Rows) error {
		f.Add(y, got)
		return nil
	})
	return f.all, f.labels, err
}

// linear measures what a fresh linear classifier makes of each encoder's frozen features: fitted to training
// samples by least squares, read on the split. Split logits understate a modality that the head neglects; this
// readout does not.
func (now *Moment) linear(split data.Split) ([]wire.Record, error) {
	n := now.Set.Len(split)
	if n == 0 {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("data %s has no samples in split %s", now.Base.Data(), split),
			Hint:    "choose another split",
		}
	}
	test, labels, err := now.Features(split, data.Positions(n))
	if err != nil {
		return nil, err
	}
	return now.LinearOn(split, FeatureRows{test, labels})
}

// LinearOn is what the probe linear measures, for whoever has the features of all the split's samples already. The
// training samples are the same each time; how many is asked of the present settings, as that may change in a run.
func (now *Moment) LinearOn(split data.Split, test FeatureRows) ([]wire.Record, error) {
	train, trainLabels, err := now.Features(
		data.Train, data.Spread(now.Set.Len(data.Train), now.Settings.Whole("linear_samples")),
	)
	if err != nil {
		return nil, err
	}
	var records []wire.Record
	for _, m := range now.Engine.Model.Modalities {
		predicted, err := leastSquares(train[m.Name], trainLabels, test.all[m.Name], now.Engine.Model.Classes)
		if err != nil {
			return nil, fmt.Errorf("linear probe of %s: %w", m.Name, err)
		}
		hits := 0
		for i, y := range test.labels {
			if predicted[i] == int(y) {
				hits++
			}
		}
		records = append(records, now.accuracy(m.Name, wire.ReadoutLinear, split, hits, len(test.labels)))
	}
	return records, nil
}

// leastSquares fits a ridge regression from features, [n, D], to one-hot labels, and classifies test's rows, [k, D].
// Features are centred; the ridge is a thousandth of their mean variance, which only keeps dead features from making
// the system singular. A closed form depends on the features alone: no learning rate, no number of steps and no seed
// can favour one encoder. It is computed in float64, at a cost of n·D² and D³.
func leastSquares(train []float32, labels []int32, test []float32, classes int) ([]int, error) {
	n := len(labels)
	d := len(train) / n
	x := mat.NewDense(n, d, nil)
	mean := make([]float64, d)
	for i := range n {
		for j := range d {
			mean[j] += float64(train[i*d+j]) / float64(n)
		}
	}
	for i := range n {
		for j := range d {
			x.Set(i, j, float64(train[i*d+j])-mean[j])
		}
	}
	// the classes' shares are the constant term: labels are centred by them
	share := make([]float64, classes)
	for _, y := range labels {
		share[y] += 1 / float64(n)
	}
	target := mat.NewDense(n, classes, nil)
	for i, y := range labels {
		for c := range classes {
			target.Set(i, c, -share[c])
		}
		target.Set(i, int(y), 1-share[y])
	}
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	// the last term is for features that are all dead
	ridge := 1e-3*mat.Trace(&gram)/float64(d) + 1e-12
	for j := range d {
		gram.SetSym(j, j, gram.At(j, j)+ridge)
	}
	var chol mat.Cholesky
	if !chol.Factorize(&gram) {
		return nil, fmt.Errorf("features of %d samples are not finite", n)
	}
	var moment, weights mat.Dense
	moment.Mul(x.T(), target)
	if err := chol.SolveTo(&weights, &moment); err != nil {
		return nil, err
	}
	k := len(test) / d
	predicted := make([]int, k)
	scores := make([]float32, classes)
	for i := range k {
		for c := range classes {
			sum := share[c]
			for j := range d {
				sum += (float64(test[i*d+j]) - mean[j]) * weights.At(j, c)
			}
			scores[c] = float32(sum)
		}
		predicted[i] = argMax(scores)
	}
	return predicted, nil
}
