package models

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// Init draws first values for every variable: convolutions from Kaiming's normal distribution by fan-out,
// linear weights from Xavier's, biases 0, norm scales 1 and shifts 0, as the paper's code does; the vectors of
// tokens and positions and the class token, which are not in the paper, from a normal one of deviation 0.02. Each
// variable has a stream of its own, keyed by seed and name, so that an encoder starts from the same weights whatever
// stands beside it.
func (m *Multimodal) Init(seed uint64) map[string][]float32 {
	values := map[string][]float32{}
	for _, v := range m.Variables() {
		x := make([]float32, v.Size())
		switch v.Role {
		case ConvWeight, LinearWeight, EmbeddingWeight, PositionWeight, ClassWeight:
			h := fnv.New64a()
			h.Write([]byte(v.Name))
			r := rand.New(rand.NewPCG(seed, h.Sum64()))
			for i, std := 0, v.initialDeviation(); i < len(x); i++ {
				x[i] = float32(r.NormFloat64() * std)
			}
		case NormScale, RunningVar:
			for i := range x {
				x[i] = 1
			}
		}
		values[v.Name] = x
	}
	return values
}

// initialDeviation is the standard deviation of a weight's first values.
func (v Variable) initialDeviation() float64 {
	n := len(v.Shape)
	switch v.Role {
	case LinearWeight:
		return math.Sqrt(2 / float64(v.Shape[0]+v.Shape[1]))
	case EmbeddingWeight, PositionWeight, ClassWeight:
		return 0.02
	}
	return math.Sqrt(2 / float64(v.Size()/v.Shape[n-2])) // fan-out: kernel positions times output channels
}
