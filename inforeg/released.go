package inforeg

import "github.com/primewindow/primewindow/models"

// Released accumulates the number that the published code calls the Fisher trace: over the steps of an epoch,
// for each convolution and linear weight of an encoder, the squared gradient handed to the optimizer, averaged
// over the tensor's elements; then summed over tensors. It is neither eq. 7 nor a trace: the gradients are of
// the batch mean, taken after modulation and penalty; batch norm is in training mode; a small layer weighs as
// much as a large one; and it grows with the number of steps in an epoch. BatchSquare beside it is the mean
// over the steps of the squared norm of the whole encoder's batch gradient.
type Released struct {
	Sum         float64 `json:"sum"`
	SquareSum   float64 `json:"square_sum"`
	Accumulated int     `json:"steps"`
}

// Add takes one step's squared gradient norms, [trainable variables of the model] in its order, into account
// for the encoder whose variables have the given prefix.
func (r *Released) Add(trainable []models.Variable, prefix string, gradSquares []float32) {
	for i, v := range trainable {
		if len(v.Name) < len(prefix) || v.Name[:len(prefix)] != prefix {
			continue
		}
		square := float64(gradSquares[i])
		r.SquareSum += square
		if v.Role == models.ConvWeight || v.Role == models.LinearWeight {
			r.Sum += square / float64(v.Size())
		}
	}
	r.Accumulated++
}

// BatchSquare is the mean squared norm of the batch gradients so far; 0 before the first.
func (r Released) BatchSquare() float64 {
	if r.Accumulated == 0 {
		return 0
	}
	return r.SquareSum / float64(r.Accumulated)
}
