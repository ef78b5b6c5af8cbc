package engine

import "github.com/gomlx/gomlx/core/tensors"

// State is what the optimizer works on, in the order of the engine's variables. Its tensors never change: a step makes
// new ones. So a state is cheap to copy and to keep: a copy is four slices. Whoever replaces one drops what the new one
// does not share.
type State struct {
	Vars     []*tensors.Tensor // every variable, in the order of Engine.Vars
	Momentum []*tensors.Tensor // of the optimizer, by trainable variable
	// trainable variables at the start of the interval of the window test, if the method asks, else nil; shares tensors
	// with Vars until the first step of the interval
	Start   []*tensors.Tensor
	Carried []*tensors.Tensor // of the method, in the order of Engine.Carried
}

// Lists are all tensors of a state; start may repeat some of vars. The order is that of the inputs of a step.
func (s State) Lists() [4][]*tensors.Tensor {
	return [4][]*tensors.Tensor{s.Vars, s.Momentum, s.Start, s.Carried}
}

// Drop frees the tensors of s that none of the others holds. Without it, memory would wait for the garbage collector,
// which does not know how large tensors are. A tensor that s itself has twice, as in Vars and Start, is freed once.
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

// Free gives back the memory of tensors, which nothing may use any more. One that was freed already is left alone.
func Free(list ...*tensors.Tensor) {
	for _, t := range list {
		_ = t.FinalizeAll() // of one that is freed it does nothing; after an error there is nothing else to do
	}
}
