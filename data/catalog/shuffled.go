package catalog

import (
	"math/rand/v2"

	"github.com/primewindow/primewindow/data"
)

// shuffled is a set whose training samples carry each other's labels, by a permutation that the seed fixes: what is
// learnt from it is memory. A trace that rises here rises for other reasons than information about the class.
type shuffled struct {
	data.Dataset
	from []int // whose label a training sample carries
}

// Shuffle is a set whose training samples carry each other's labels, by a permutation that the seed fixes.
func Shuffle(set data.Dataset, seed int) data.Dataset {
	return shuffled{set, rand.New(rand.NewPCG(uint64(seed), 1<<60)).Perm(set.Len(data.Train))}
}

// Read gives the samples of the set with the permuted labels.
func (s shuffled) Read(split data.Split, indices []int, draw uint64) (*data.Batch, error) {
	b, err := s.Dataset.Read(split, indices, draw)
	if err != nil || split != data.Train {
		return b, err
	}
	for i, index := range b.Indices {
		_, label := s.Dataset.Identity(split, s.from[index])
		b.Labels[i] = int32(label)
	}
	return b, nil
}

// Identity gives a sample's name and its permuted label.
func (s shuffled) Identity(split data.Split, index int) (id string, label int) {
	id, label = s.Dataset.Identity(split, index)
	if split == data.Train {
		_, label = s.Dataset.Identity(split, s.from[index])
	}
	return id, label
}
