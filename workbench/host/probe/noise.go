package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// permutedPairs is how many pairs of batch gradients are permuted, for what chance gives. The mean of so many has a
// standard error of a sixth of the spread of one.
const permutedPairs = 32

// noise measures noise and signal of the gradient on batches of the probe samples, one sample smaller where the run's
// are odd: the mean over the batches, and its standard error. S over |G|² is the noise scale of McCandlish. The
// samples' gradients are the coupled ones, which SGD averages, and their mean square is estimated by one draw of
// balanced signs for each batch. (Shares will not do: with batch statistics most of each cancels in the sum, so that
// the signal that they leave is far below 0.)
func (now *Moment) noise() ([]wire.Record, error) {
	have, size := now.Set.Len(data.Train), now.Base.Batch()/2*2 // balanced signs want an even number
	batches := max(1, min(now.Base.Whole("probe_samples"), have)/size)
	// whole batches of the run's size, as noise is that of such a batch; at least one
	b, err := now.Set.Read(data.Train, data.Spread(have, batches*size), 0)
	if err != nil {
		return nil, err
	}
	p, err := inforeg.Probe{BN: inforeg.BNCoupled, Estimator: inforeg.Balanced, Draws: 1}.Complete()
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(uint64(now.Base.Seed()), uint64(now.Step)|1<<61))
	noise, signal := map[string][]float64{}, map[string][]float64{}
	for i := range batches {
		rows, err := inforeg.Signs(p.Estimator, size, p.Draws, random)
		if err != nil {
			return nil, err
		}
		sums, err := now.Engine.SumNorms(now.State.Vars, now.Slice(b, i*size, (i+1)*size), p, rows)
		if err != nil {
			return nil, err
		}
		for m, list := range sums {
			// The list has two rows: of signs, from which the mean squared norm is estimated, and of ones, the sum of
			// the gradients. Its square over size² is that of the batch's gradient.
			mean := inforeg.PerDraw(p.Estimator, list, size)[0]
			s, g := inforeg.NoiseSignal(mean, list[len(list)-1]/float64(size*size), size)
			noise[m], signal[m] = append(noise[m], s), append(signal[m], g)
		}
	}
	var records []wire.Record
	for _, m := range now.Engine.Model.Modalities {
		for _, part := range []struct {
			kind   string
			values []float64
		}{{wire.KindNoise, noise[m.Name]}, {wire.KindSignal, signal[m.Name]}} {
			rec := now.blank(part.kind, m.Name)
			mean, se := inforeg.MeanError(part.values)
			rec.Value, rec.SE, rec.Loss, rec.Labels, rec.BN, rec.N = mean, record.Known(se), p.Loss, p.Labels, p.BN,
				batches*size
			rec.Way = p.Estimator
			records = append(records, rec)
		}
	}
	return records, nil
}

// cosine gives the mean and the matrix of the cosines between the last batch gradients of each encoder, whole and
// layer by layer; beside them the same at twice the batch, and what chance gives. Its standard error would need to
// know how dependent the pairs are, so it has none.
func (now *Moment) cosine() ([]wire.Record, error) { return now.Cosines(0) }

// Cosines gives cosines, see the probe cosine, of the last k gradients; 0: of all that are kept. It gives none, and no
// error, where fewer than two are kept and k is 0: a schedule may ask before there are.
func (now *Moment) Cosines(k int) ([]wire.Record, error) {
	names := inforeg.ModalityNames(now.Engine.Model)
	kept := len(now.Ring[names[0]])
	switch {
	case k == 0 && kept < 2:
		return nil, nil
	case k == 1 || k < 0:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("cosine of %d batch gradients, want at least 2", k),
			Hint:    "leave the number out to take all that are kept",
		}
	case k > kept:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("cosine of %d batch gradients: %d are kept, of the last steps", k, kept),
			Hint:    fmt.Sprintf("ask for 2 to %d; a run keeps %d at most", record.CosineBatches, record.CosineBatches),
		}
	case k == 0:
		k = kept
	}
	var records []wire.Record
	random := rand.New(rand.NewPCG(uint64(now.Base.Seed()), uint64(now.Step)|1<<62))
	for _, name := range names {
		// the last k, oldest first; whole gradients of small variables, sketches of large ones
		vectors := now.Ring[name][kept-k:]
		matrix, err := inforeg.CosineMatrix(vectors)
		if err != nil {
			return nil, err
		}
		// each variable has its own span of the vector, so that a layer's cosine needs nothing further
		spans := inforeg.SketchSpans(now.Engine.Model, name)
		rec := now.blank(inforeg.KindCosine, name)
		rec.Value, rec.Matrix, rec.N, rec.Parts = inforeg.MeanCosine(matrix), matrix, k, map[string]float64{}
		for _, span := range spans {
			parts := make([][]float32, k)
			for i, v := range vectors {
				parts[i] = v[span.From:span.To]
			}
			part, err := inforeg.CosineMatrix(parts)
			if err != nil {
				return nil, err
			}
			rec.Parts[span.Name] = inforeg.MeanCosine(part)
			if span.Folded {
				// said of the whole if of any part: only large variables are folded
				rec.Way = fmt.Sprintf("count sketch, error %.3f", 1/math.Sqrt(inforeg.SketchSize))
			}
		}
		list := []wire.Record{rec}
		if pairs := inforeg.PairSums(vectors); len(pairs) >= 2 {
			twice := now.blank(wire.KindTwice, name)
			if twice.Matrix, err = inforeg.CosineMatrix(pairs); err != nil {
				return nil, err
			}
			twice.Value, twice.N = inforeg.MeanCosine(twice.Matrix), len(pairs)
			list = append(list, twice)
		}
		permuted := now.blank(wire.KindPermuted, name)
		mean, sd := inforeg.PermutedCosine(vectors, permutedPairs, random)
		permuted.Value, permuted.SE, permuted.N = mean, record.Known(sd), permutedPairs
		for _, rec := range append(list, permuted) {
			rec.Loss, rec.Labels, rec.BN = "total", "observed", "batch"
			// fewer than all that were kept: that is another number, and says so
			if k != min(kept, record.CosineBatches) {
				rec.Way = strings.TrimPrefix(rec.Way+fmt.Sprintf(", last %d", k), ", ")
			}
			records = append(records, rec)
		}
	}
	return records, nil
}
