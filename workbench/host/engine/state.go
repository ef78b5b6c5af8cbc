package engine

import "github.com/gomlx/gomlx/core/tensors"

// State is what the optimizer works on, in the order of the engine's variables. Its tensors never change:
// a step makes new ones.
type State struct {
	Vars     []*tensors.Tensor // every variable
	Momentum []*tensors.Tensor // trainable variables
	// trainable variables at the start of the epoch, if the method asks; may share tensors with vars
	Start   []*tensors.Tensor
	Carried []*tensors.Tensor // of the method
}

// Lists are all tensors of a state; start may repeat some of vars.
func (s State) Lists() [4][]*tensors.Tensor {
	return [4][]*tensors.Tensor{s.Vars, s.Momentum, s.Start, s.Carried}
}

// Drop frees the tensors of s that none of the others holds. Without it, memory would wait for the garbage
// collector, which does not know how large tensors are.
func (s State) Drop(others ...State) {
	kept := map[*tensors.Tensor]bool{}
	for _, other := range others {
		for _, list := range other.Lists() {
			for _, t := range list {
				kept[t] = true
			}
		}
	}
	for _, list := range s.Lists() {
		for _, t := range list {
			if !kept[t] {
				kept[t] = true
				Free(t)
			}
		}
	}
}

// Free gives back the memory of tensors, which nothing may use any more.
func Free(list ...*tensors.Tensor) {
	for _, t := range list {
		_ = t.FinalizeAll() // an error would say that it was freed before
	}
}
