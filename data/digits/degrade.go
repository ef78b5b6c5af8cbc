package digits

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/primewindow/primewindow/data"
)

const (
	noiseDeviation = 0.5  // of the pixel range
	keptEnergy     = 0.25 // of the variance
)

// degrade makes the splits' images harder, in place: x[split] holds the images of its samples side by side.
func degrade(x map[data.Split][]float32, o options) error {
	switch o.degrade {
	case degradeNoise:
		for number, split := range data.Splits {
			addNoise(x[split], o.seed, uint64(number))
		}
	case degradePCA:
		p, err := leadingComponents(x[data.Train], imageSize, keptEnergy)
		if err != nil {
			return err
		}
		for _, split := range data.Splits {
			p.project(x[split])
		}
	}
	return nil
}

// addNoise adds independent normal noise to the images of the number-th split. Values may leave [0, 1].
func addNoise(x []float32, seed, number uint64) {
	for i := range len(x) / imageSize {
		rng := newStream(seed, forNoise, number, uint64(i))
		for k := range imageSize {
			x[i*imageSize+k] += float32(noiseDeviation * rng.NormFloat64())
		}
	}
}

// components are the leading principal components of vectors of length len(mean).
type components struct {
	mean    []float64
	vectors *mat.Dense // [len(mean), number of components], orthonormal columns
}

// leadingComponents returns the fewest principal components of the vectors of the given size side by side in x that
// hold at least a share of their variance.
func leadingComponents(x []float32, size int, share float64) (*components, error) {
	n := len(x) / size
	c := &components{mean: make([]float64, size)}
	for i, v := range x {
		c.mean[i%size] += float64(v) / float64(n)
	}
	centred := mat.NewDense(n, size, nil)
	for i, v := range x {
		centred.Set(i/size, i%size, float64(v)-c.mean[i%size])
	}
	var covariance mat.SymDense
	covariance.SymOuterK(1/float64(n), centred.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&covariance, true) {
		return nil, fmt.Errorf("digits: no principal components of %d images: the eigenvalues do not converge", n)
	}
	values := eigen.Values(nil) // ascending
	total, kept := 0.0, 0.0
	for _, v := range values {
		total += v
	}
	first := size
	for first > 0 && kept < share*total {
		first--
		kept += values[first]
	}
	if first == size { // no variance at all
		first--
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	c.vectors = mat.DenseCopyOf(vectors.Slice(0, size, first, size))
	return c, nil
}

// project replaces each vector of x by its mean plus what the components hold of the rest.
func (c *components) project(x []float32) {
	size, number := c.vectors.Dims()
	for ; len(x) >= size; x = x[size:] {
		scores := make([]float64, number)
		for k := range size {
			for j := range scores {
				scores[j] += (float64(x[k]) - c.mean[k]) * c.vectors.At(k, j)
			}
		}
		for k := range size {
			v := c.mean[k]
			for j, s := range scores {
				v += s * c.vectors.At(k, j)
			}
			x[k] = float32(v)
		}
	}
}
