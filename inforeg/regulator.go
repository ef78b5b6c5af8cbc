package inforeg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// Gaps are how far each modality is ahead (paper eqs. 9 and 10): the mean over the modalities with a lower
// score of the distance to it, and 0 for the lowest one. Scores and results are scalars, by modality.
func Gaps(modalities []string, scores map[string]*Node) map[string]*Node {
	gaps := make(map[string]*Node, len(modalities))
	for _, m := range modalities {
		zero := ZerosLike(scores[m])
		sum, count := zero, zero
		for _, other := range modalities {
			if other == m {
				continue
			}
			ahead := GreaterThan(scores[m], scores[other])
			sum = Add(sum, Where(ahead, Sub(scores[m], scores[other]), zero))
			count = Add(count, Where(ahead, OnesLike(zero), zero))
		}
		gaps[m] = Div(sum, Max(count, OnesLike(count)))
	}
	return gaps
}

// Strength is α = exp(β tanh Δ) (paper eq. 16). At Δ = 0 it is 1, not 0: that a modality which leads by
// nothing is not regulated is the gate Δ > 0 of algorithm 1, so the penalty begins with a jump, and β = 0
// leaves a penalty of strength 1.
func Strength(gap, beta *Node) *Node { return Exp(Mul(beta, Tanh(gap))) }

// Penalty adds the gradient of P = α/2 ‖w - w₀‖² (paper eq. 12) to the gradients of a modality's encoder,
// where w₀ are the weights at the start of the epoch and strength, a scalar treated as a constant, is α where
// the penalty acts and 0 where it does not. The gradient is α (w - w₀); eq. 30 prints it with the other sign
// and one more power of the learning rate. It returns P.
func Penalty(s *Step, modality string, strength *Node) *Node {
	strength = StopGradient(strength)
	var squares *Node
	for _, v := range EncoderVariables(s.Model, modality) {
		moved := Sub(s.Vars[v.Name], s.StartAt[v.Name])
		s.Grads[v.Name] = Add(s.Grads[v.Name], Mul(strength, moved))
		if sq := SquaredNorm(moved); squares == nil {
			squares = sq
		} else {
			squares = Add(squares, sq)
		}
	}
	return MulScalar(Mul(strength, squares), 0.5)
}

// ModalityNames lists a model's modalities in its order.
func ModalityNames(m *models.Multimodal) []string {
	names := make([]string, len(m.Modalities))
	for i, mod := range m.Modalities {
		names[i] = mod.Name
	}
	return names
}
