package models

import . "github.com/gomlx/gomlx/core/graph"

// CrossEntropy is -log softmax(logits)[label] for each row: logits [B, C], labels [B] of integers; [B], in nats.
// A label outside 0..C-1 gives the log of the sum alone: loaders check labels.
func CrossEntropy(logits, labels *Node) *Node {
	dims := logits.Shape().Dimensions
	highest := StopGradient(ReduceAndKeep(logits, ReduceMax, 1)) // [B, 1]
	shifted := Sub(logits, BroadcastToDims(highest, dims...))
	chosen := ReduceSum(Mul(OneHot(labels, dims[1], logits.DType()), shifted), 1)
	losses := Sub(Log(ReduceSum(Exp(shifted), 1)), chosen)
	losses.AssertDims(dims[0])
	return losses
}

// SGD is one update of a variable as PyTorch's SGD makes it: weight decay is added to the gradient, the
// buffer becomes momentum times itself plus that, and the variable moves by lr times the buffer. With a
// buffer of zeros the first step is PyTorch's. lr, momentum and decay are scalars.
func SGD(param, grad, buffer, lr, momentum, decay *Node) (newParam, newBuffer *Node) {
	newBuffer = Add(Mul(buffer, momentum), Add(grad, Mul(param, decay)))
	return Sub(param, Mul(newBuffer, lr)), newBuffer
}
